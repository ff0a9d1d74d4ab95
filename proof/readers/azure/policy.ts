import { XMLParser } from "fast-xml-parser";
import { within } from "../../requests.ts";
import type { Json } from "../json.ts";
import { bytes, evaluate, UnreadableError } from "./csharp.ts";

/** An element of a policy document. */
export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
});

export function parsePolicy(xml: string): Node | undefined {
  return (parser.parse(xml) as Json[]).flatMap(toNode)[0];
}

function toNode(raw: Json): Node[] {
  const name = Object.keys(raw).find((key) => key !== ":@") ?? "";
  if (name === "#text" || name.startsWith("?")) return [];
  const inner = raw[name] as Json[];
  return [
    { name, attributes: raw[":@"] ?? {}, children: inner.flatMap(toNode), text: inner.map((one) => String(one["#text"] ?? "")).join("") },
  ];
}

/** A request as API Management's expressions see it. */
export interface ApimRequest {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly host: string;
  readonly scheme?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly address: string;
  readonly subscription: string | undefined;
  readonly certificate: readonly string[] | undefined;
  /** SHA-256 of the certificate, hexadecimal. */
  readonly certificateHash?: string;
  readonly bodyBytes?: number;
  readonly token?: { readonly provider: string; readonly text: string; readonly claims: Json };
}

/** What the policies did with a request. */
export interface Run {
  /** Status of an answer of the gateway's own; undefined when the request goes on to the backend. */
  status: number | undefined;
  /** Headers as the backend gets them, or as the answer has them. */
  headers: Record<string, string>;
  backend: string | undefined;
  path: string | undefined;
  timeoutMs: number | undefined;
  /** Limits met on the way. */
  limits: { element: string; calls: number; seconds: number; key: string }[];
  variables: Map<string, unknown>;
}

/** Extended key usage clientAuth (1.3.6.1.5.5.7.3.2) in DER. */
const CLIENT_AUTH = "06082b06010505070302";

class Answered extends Error {}

export interface Policies {
  readonly api: Node;
  /** By the name they are included by. */
  readonly fragments: Readonly<Record<string, Node>>;
  /** Which provider signs what an openid configuration or a set of keys verifies. */
  readonly signerOf: (validation: Node) => string | undefined;
}

/** Runs the inbound section over a request. */
export function runInbound(policies: Policies, request: ApimRequest, section = "inbound"): Run {
  const run: Run = {
    status: undefined,
    headers: { ...request.headers },
    backend: undefined,
    path: undefined,
    timeoutMs: undefined,
    limits: [],
    variables: new Map(),
  };
  const context = contextOf(request, run);
  const inbound = policies.api.children.find(({ name }) => name === section);
  if (inbound === undefined) throw new Error(`no ${section} section`);
  try {
    for (const child of inbound.children) step(policies, child, run, context, request);
    const forward = policies.api.children.find(({ name }) => name === "backend");
    for (const child of forward?.children ?? []) findTimeout(child, run, context);
  } catch (error) {
    if (!(error instanceof Answered)) throw error;
  }
  return run;
}

function findTimeout(node: Node, run: Run, context: Json): void {
  if (node.name === "forward-request") {
    const value = node.attributes["timeout-ms"];
    run.timeoutMs = value === undefined ? Number(node.attributes.timeout ?? 300) * 1000 : Number(evaluate(value, context));
  }
  for (const child of node.children) findTimeout(child, run, context);
}

function contextOf(request: ApimRequest, run: Run): Json {
  const variables = new Proxy({} as Json, {
    get: (_, name: string) => {
      if (name === "GetValueOrDefault") return (key: string, otherwise: unknown) => run.variables.get(key) ?? otherwise;
      if (name === "ContainsKey") return (key: string) => run.variables.has(key);
      return run.variables.get(name);
    },
  });
  const find = (name: string) => Object.entries(run.headers).find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1];
  const headers = {
    GetValueOrDefault: (name: string, otherwise: string) => find(name) ?? otherwise,
    [Symbol.iterator]: () =>
      Object.entries(run.headers)
        .map(([Key, value]) => ({ Key, Value: [value] }))
        [Symbol.iterator](),
    ContainsKey: (name: string) => find(name) !== undefined,
  };
  return {
    Variables: variables,
    RequestId: "request-id",
    Elapsed: { TotalMilliseconds: 1 },
    Deployment: { ServiceName: "service" },
    Subscription: request.subscription === undefined ? null : { Id: request.subscription },
    LastError: { Reason: "", Source: "" },
    Response: { StatusCode: 200, Headers: headers },
    Request: {
      Method: request.method,
      IpAddress: request.address,
      Body: request.bodyBytes === undefined ? null : {},
      Headers: headers,
      Certificate: request.certificate === undefined ? null : { RawData: bytes(`30${CLIENT_AUTH}`, request.certificateHash ?? "00") },
      OriginalUrl: { Path: request.path, QueryString: request.query ?? "", Host: request.host, Scheme: request.scheme ?? "https" },
      Url: { Path: request.path, QueryString: request.query ?? "", Host: request.host },
    },
    tokenOf: request.token,
  };
}

function step(policies: Policies, node: Node, run: Run, context: Json, request: ApimRequest): void {
  const value = (name: string) => evaluate(node.attributes[name] ?? "", context);
  switch (node.name) {
    case "set-variable": {
      let result: unknown;
      try {
        result = evaluate(node.attributes.value ?? "", withJwt(context, request));
      } catch (error) {
        if (error instanceof UnreadableError) throw error;
        // An expression that throws ends the request in on-error.
        run.status = 500;
        throw new Answered();
      }
      run.variables.set(node.attributes.name ?? "", result);
      return;
    }
    case "choose":
      for (const branch of node.children) {
        if (branch.name === "when" && evaluate(branch.attributes.condition ?? "", context) !== true) continue;
        for (const child of branch.children) step(policies, child, run, context, request);
        return;
      }
      return;
    case "include-fragment": {
      const fragment = policies.fragments[node.attributes["fragment-id"] ?? ""];
      if (fragment === undefined) throw new Error(`no fragment ${node.attributes["fragment-id"]}`);
      for (const child of fragment.children) step(policies, child, run, context, request);
      return;
    }
    case "return-response": {
      const code = node.children.find(({ name }) => name === "set-status")?.attributes.code ?? "200";
      run.status = Number(evaluate(code, context));
      run.headers = {};
      for (const child of node.children) if (child.name === "set-header") setHeader(child, run, context);
      throw new Answered();
    }
    case "ip-filter": {
      const inside = node.children.some((child) =>
        child.name === "address" ? child.text.trim() === request.address : inRange(request.address, child.attributes),
      );
      if (inside === (node.attributes.action === "forbid")) end(run, 403);
      return;
    }
    case "validate-jwt": {
      const text = String(value("token-value"));
      const signer = policies.signerOf(node);
      const list = (name: string) =>
        node.children.find((child) => child.name === name)?.children.map((child) => String(evaluate(child.text, context))) ?? [];
      const { token } = request;
      const audiences = list("audiences");
      const issuers = list("issuers");
      const valid =
        token !== undefined &&
        text === token.text &&
        signer === token.provider &&
        node.attributes["require-signed-tokens"] !== "false" &&
        audiences.includes(String(token.claims.aud)) &&
        issuers.includes(String(token.claims.iss)) &&
        (node.attributes["require-expiration-time"] === "true" || token.claims.exp !== undefined);
      if (!valid) end(run, Number(node.attributes["failed-validation-httpcode"] ?? 401));
      return;
    }
    case "validate-client-certificate": {
      const identities = node.children.flatMap(({ children }) => children);
      const fits = (name: string | undefined) => name === undefined || request.certificate?.includes(name) === true;
      if (
        request.certificate === undefined ||
        !identities.some(({ attributes }) => attributes["issuer-thumbprint"] !== undefined && fits(attributes["dns-name"]))
      )
        end(run, 403);
      return;
    }
    case "rate-limit-by-key":
    case "quota-by-key":
      run.limits.push({
        element: node.name,
        calls: Number(node.attributes.calls),
        seconds: Number(node.attributes["renewal-period"]),
        key: String(value("counter-key")),
      });
      return;
    case "set-header":
      setHeader(node, run, context);
      return;
    case "set-backend-service":
      run.backend = String(node.attributes["backend-id"] === undefined ? value("base-url") : value("backend-id"));
      return;
    case "rewrite-uri":
      run.path = String(value("template"));
      return;
    case "limit-concurrency":
    case "retry":
      for (const child of node.children) step(policies, child, run, context, request);
      return;
    default:
      throw new Error(`policy <${node.name}>`);
  }
}

function end(run: Run, status: number): never {
  run.status = status;
  throw new Answered();
}

function withJwt(context: Json, request: ApimRequest): Json {
  // `AsJwt` is a method of strings; the text of the request's token is the only one there is.
  const { token } = request;
  Object.defineProperty(evaluate('@("".constructor.prototype)', {}) as object, "AsJwt", {
    configurable: true,
    value: () =>
      token
        ? {
            Issuer: token.claims.iss,
            Audiences: evaluate(`@(new string[] { ${JSON.stringify(String(token.claims.aud))} })`, {}),
            Algorithm: "",
          }
        : null,
  });
  return context;
}

function setHeader({ attributes, children }: Node, run: Run, context: Json): void {
  const name = (attributes.name ?? "").toLowerCase();
  const action = String(evaluate(attributes["exists-action"] ?? "override", context));
  const existing = Object.keys(run.headers).find((key) => key.toLowerCase() === name);
  if (action === "delete") {
    if (existing !== undefined) delete run.headers[existing];
    return;
  }
  if (action === "skip" && existing !== undefined) return;
  const text = children
    .filter((child) => child.name === "value")
    .map((child) => String(evaluate(child.text, context)))
    .join(",");
  if (existing !== undefined && existing !== name) {
    const before = run.headers[existing] as string;
    delete run.headers[existing];
    run.headers[name] = before;
  }
  run.headers[name] = action === "append" && existing !== undefined ? `${run.headers[name]},${text}` : text;
}

function inRange(address: string, { from = "", to = "" }: Readonly<Record<string, string>>): boolean {
  const number = (text: string) => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return !address.includes(":") && number(address) >= number(from) && number(address) <= number(to) && within(address, "0.0.0.0/0");
}

import type { Route } from "../../../components/spec/model.ts";
import { within } from "../../addresses.ts";
import type { ProbeRequest } from "../../requests.ts";
import type { Outcome } from "../../verdicts.ts";
import { sha256 } from "../envoy/rbac.ts";
import { type Json, parsed } from "../json.ts";
import type { Resources } from "../resources.ts";

/** An API of either flavour opened: its definition, and what its authorizer decides by. */
export interface AwsApi {
  readonly flavour: "rest" | "http";
  readonly resources: Resources;
  readonly inputs: Json;
  readonly body: Json;
  /** The authorizer's decision table; undefined for HTTP APIs. */
  readonly policy: Json;
  /** Consumers by the digest of their keys. */
  readonly consumers: Readonly<Record<string, { readonly consumer: string; readonly plan?: string }>>;
  /** The value of a consumer's current key. */
  readonly keyOf: (consumer: string) => string | undefined;
}

export function openApi(resources: Resources): AwsApi {
  const rest = resources.of("aws:apigateway/restApi:RestApi")[0];
  const inputs = (rest ?? resources.of("aws:apigatewayv2/api:Api")[0])?.inputs ?? {};
  const assets = resources.named("aws:lambda/function:Function", "-authorizer")?.inputs.code?.assets ?? {};
  return {
    flavour: rest ? "rest" : "http",
    resources,
    inputs,
    body: parsed(inputs.body ?? "{}"),
    policy: assets["policy.json"] ? parsed(assets["policy.json"].text) : undefined,
    consumers: assets["consumers.json"] ? parsed(assets["consumers.json"].text) : {},
    keyOf: (consumer) => currentKey(resources, consumer),
  };
}

/** The key of a consumer with the highest generation. */
function currentKey(resources: Resources, consumer: string): string | undefined {
  const own = resources.of("aws:apigateway/apiKey:ApiKey").filter(({ name }) => name.includes(`-key-${consumer}-`));
  return own.sort((a, b) => generation(b.name) - generation(a.name))[0]?.inputs.value;
}

const generation = (name: string): number => Number(/-(\d+)$/.exec(name)?.[1]);

/** What becomes of a request at the API, behind everything in front of it. */
export function decideAtApi(api: AwsApi, request: ProbeRequest): Outcome {
  if (!policyAdmits(api.body["x-amazon-apigateway-policy"], request.address)) return 403;
  const found = pathOf(api.body.paths ?? {}, request.path);
  if (found === undefined) return 404;
  const [path, item] = found;
  const operation = item[request.method.toLowerCase()] ?? item["x-amazon-apigateway-any-method"];
  if (operation === undefined) return api.flavour === "rest" ? 403 : 404;
  const integration = operation["x-amazon-apigateway-integration"] ?? {};
  const key = `${request.method} ${path}`;
  const verdict = authorised(api, operation.security, key, request);
  if (verdict !== "forwarded") return verdict;
  if (integration.type === "mock") return Number(integration.responses?.default?.statusCode);
  return integration.type === "http_proxy" ? "forwarded" : 500;
}

/** A resource policy: allowed by a statement and denied by none. */
function policyAdmits(policy: Json, address: string): boolean {
  if (policy === undefined) return true;
  const holds = ({ Condition: condition = {} }: Json) =>
    Object.entries(condition as Record<string, Json>).every(([operator, keys]) => {
      const inside = ([keys["aws:SourceIp"] ?? keys["aws:VpcSourceIp"]].flat() as string[]).some((block) => within(address, block));
      if (operator === "IpAddress") return inside;
      if (operator === "NotIpAddress") return !inside;
      throw new Error(`policy condition ${operator}`);
    });
  const applies = (statement: Json) =>
    [statement.Action].flat().some((action) => ["execute-api:Invoke", "execute-api:*", "*"].includes(action)) && holds(statement);
  const statements = policy.Statement as Json[];
  return (
    statements.some((one) => one.Effect === "Allow" && applies(one)) && !statements.some((one) => one.Effect === "Deny" && applies(one))
  );
}

/** The most specific path of a definition: literals before parameters before `{proxy+}`. */
export function pathOf(paths: Json, request: string): [string, Json] | undefined {
  const parts = request.split("/").slice(1);
  const fits = (template: string) => {
    const pieces = template.split("/").slice(1);
    const greedy = /^\{.+\+\}$/.test(pieces.at(-1) ?? "");
    if (greedy ? parts.length < pieces.length : parts.length !== pieces.length) return false;
    return pieces.every((piece, index) => (piece.startsWith("{") ? parts[index] !== "" : piece === parts[index]));
  };
  const rank = (template: string) =>
    template
      .split("/")
      .map((piece) => (piece.endsWith("+}") ? 2 : piece.startsWith("{") ? 1 : 0))
      .join("");
  const found = Object.keys(paths)
    .filter(fits)
    .sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
  return found === undefined ? undefined : [found, paths[found]];
}

function authorised(api: AwsApi, security: Json, key: string, request: ProbeRequest): Outcome {
  const [entry] = (security ?? []) as Json[];
  if (entry === undefined) return "forwarded";
  const schemes = api.body.components?.securitySchemes ?? {};
  for (const [name, scopes] of Object.entries(entry as Record<string, string[]>)) {
    const scheme = schemes[name];
    const authorizer = scheme?.["x-amazon-apigateway-authorizer"];
    if (authorizer?.type === "request") {
      const verdict = decideByPolicy(api, key, request);
      if (verdict !== "forwarded") return verdict;
    } else if (authorizer?.type === "jwt") {
      const verdict = decideByJwt(authorizer.jwtConfiguration, name, scopes, request);
      if (verdict !== "forwarded") return verdict;
    } else if (scheme?.type !== "apiKey" || scheme["x-amazon-apigateway-authtype"] !== undefined)
      throw new Error(`security scheme ${name}`);
  }
  return "forwarded";
}

/** API Gateway's own JWT authorizer: issuer, audience, and any one of the scopes. */
function decideByJwt(configuration: Json, provider: string, scopes: readonly string[], { token }: ProbeRequest): Outcome {
  if (token === undefined || token.provider !== provider || token.claims.iss !== configuration?.issuer) return 401;
  if (!(configuration.audience as string[]).includes(String(token.claims.aud)) || token.algorithm !== "RS256") return 401;
  const granted = String(token.claims.scope ?? "").split(" ");
  return scopes.length === 0 || scopes.some((scope) => granted.includes(scope)) ? "forwarded" : 403;
}

/** The Lambda authorizer's table, judged as docs/adr/0101 says the program does. */
function decideByPolicy({ policy, consumers, keyOf }: AwsApi, route: string, request: ProbeRequest): Outcome {
  const rule = policy?.rules?.[policy.routes?.[route]];
  if (rule === undefined) return 403;
  if (rule.denyCidrs?.some((block: string) => within(request.address, block))) return 403;
  if (rule.allowCidrs?.length > 0 && !rule.allowCidrs.some((block: string) => within(request.address, block))) return 403;
  if (rule.anyOf === undefined) return "forwarded";
  const key = request.consumer === undefined ? undefined : (keyOf(request.consumer) ?? "a key nobody was given");
  const consumer = key === undefined ? undefined : consumers[sha256(key)];
  const holds = ({ jwt, apiKey, clientCertificate, ...more }: Json): boolean => {
    if (Object.keys(more).length > 0) throw new Error(`authorizer rule ${Object.keys(more)}`);
    if (jwt === undefined && apiKey === undefined && clientCertificate === undefined) return true;
    if (jwt && !tokenHolds(policy, jwt, request)) return false;
    if (apiKey && (consumer === undefined || (apiKey.plans && !(consumer.plan !== undefined && apiKey.plans.includes(consumer.plan)))))
      return false;
    if (
      clientCertificate &&
      (request.certificate === undefined ||
        (clientCertificate.subjectAltNames &&
          !clientCertificate.subjectAltNames.some((name: string) => request.certificate?.includes(name))))
    )
      return false;
    return true;
  };
  return (rule.anyOf as Json[]).some(holds) ? "forwarded" : 401;
}

function tokenHolds(policy: Json, { providers, scopes = [], claims = {} }: Json, { token }: ProbeRequest): boolean {
  const provider = token && providers.includes(token.provider) ? policy.providers?.[token.provider] : undefined;
  if (token === undefined || provider === undefined) return false;
  const { claims: own } = token;
  if (own.iss !== provider.issuer || !provider.audiences?.includes(own.aud) || !provider.algorithms?.includes(token.algorithm))
    return false;
  const granted = String(own.scope ?? "").split(" ");
  if (!scopes.every((scope: string) => granted.includes(scope))) return false;
  const at = (name: string) => name.split(".").reduce<unknown>((value, part) => (value as Json)?.[part], own);
  return Object.entries(claims as Record<string, string[]>).every(([name, values]) => values.includes(String(at(name))));
}

/** A path of the definition that requests for a route come to; routes in each other's way have several. */
export function pathOfRoute(api: AwsApi, { path }: Route): [string, Json] | undefined {
  const parts = path.segments.map((segment) => ("literal" in segment ? segment.literal : "a1"));
  const end = path.kind === "prefix" ? ["deep"] : path.trailingSlash || parts.length === 0 ? [""] : [];
  return pathOf(api.body.paths ?? {}, `/${[...parts, ...end].join("/")}`);
}

/** What the authorizer's table says of a route and a method. */
export const ruleOf = (api: AwsApi, route: Route, method: string): Json =>
  api.policy?.rules?.[api.policy.routes?.[`${method} ${pathOfRoute(api, route)?.[0]}`]];

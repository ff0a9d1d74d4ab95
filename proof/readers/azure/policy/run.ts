import ipaddr from "ipaddr.js";
import type { Json } from "../../json.ts";
import { type Answer, type ApimRequest, contextOf, provideJwt, type State } from "./context.ts";
import { evaluate, UnreadableError } from "./csharp.ts";
import type { Happening, Limit, Policies, Run } from "./happening.ts";
import { everything, isExpression, type Node } from "./nodes.ts";

/** The request has its answer. */
class Answered extends Error {}
const ANSWERED = new Answered();

/** A policy refused or failed: the rest happens in on-error. */
class PolicyError extends Error {
  readonly source: string;
  readonly reason: string;
  readonly status: number;

  constructor(source: string, reason: string, status: number) {
    super(`${source}: ${reason}`);
    this.source = source;
    this.reason = reason;
    this.status = status;
  }
}

/** Headers with names in lower case; those of one name joined by a comma. */
const lower = (headers: Readonly<Record<string, string>>): Record<string, string> => {
  const joined: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    joined[key] = joined[key] === undefined ? value : `${joined[key]},${value}`;
  }
  return joined;
};

/** Runs the policies over a request, section by section as the platform does. */
export function runPolicies(policies: Policies, request: ApimRequest, happening: Happening = {}): Run {
  return new Judgement(policies, request, happening).run();
}

class Judgement {
  readonly #policies: Policies;
  readonly #request: ApimRequest;
  readonly #happening: Happening;
  readonly #state: State;
  readonly #context: Json;
  readonly #limits: Limit[] = [];
  readonly #attempts: number[] = [];
  #section = "inbound";
  #own: Answer | undefined;
  #backend: string | undefined;
  #path: string | undefined;
  #concurrency: Run["concurrency"];

  constructor(policies: Policies, request: ApimRequest, happening: Happening) {
    this.#policies = policies;
    this.#request = request;
    this.#happening = happening;
    this.#state = { headers: lower(request.headers), variables: new Map(), answer: undefined, error: undefined, elapsedMs: 1 };
    this.#context = contextOf(request, this.#state);
    provideJwt(request);
  }

  run(): Run {
    try {
      const { refusal } = this.#happening;
      if (refusal) throw new PolicyError(refusal.source, refusal.reason, 500);
      for (const section of ["inbound", "backend", "outbound"]) this.#runSection(section);
    } catch (error) {
      this.#fail(error);
    }
    const own = this.#own;
    return {
      status: own?.status,
      reason: own?.reason ?? "",
      body: own?.body ?? "",
      headers: own?.headers ?? this.#state.headers,
      answer: own === undefined ? (this.#state.answer?.headers ?? {}) : {},
      backend: this.#backend,
      path: this.#path,
      attempts: this.#attempts,
      limits: this.#limits,
      concurrency: this.#concurrency,
      variables: this.#state.variables,
    };
  }

  #fail(error: unknown): void {
    if (error instanceof Answered) return;
    if (!(error instanceof PolicyError)) throw error;
    this.#state.error = { source: error.source, reason: error.reason };
    // What nothing else answers, the platform answers for itself.
    this.#own = { status: error.status, reason: "", headers: {}, body: "" };
    try {
      this.#runSection("on-error");
    } catch (second) {
      if (!(second instanceof Answered) && !(second instanceof PolicyError)) throw second;
    }
  }

  #runSection(name: string): void {
    this.#section = name;
    const section = this.#policies.api.children.find((child) => child.name === name);
    if (section === undefined) throw new Error(`no ${name} section`);
    this.#all(section);
    if (name === "backend" && this.#state.answer === undefined) throw new Error("the request is never sent to a backend");
  }

  #all({ children }: Node): void {
    for (const child of children) this.#step(child);
  }

  /** The value of an attribute or a text; an expression that throws ends the request in on-error. */
  #value(text: string, source: string): unknown {
    try {
      return evaluate(text, this.#context);
    } catch (error) {
      if (error instanceof UnreadableError) throw error;
      throw new PolicyError(source, "ExpressionValueEvaluationFailure", 500);
    }
  }

  #text(node: Node, attribute: string): string {
    return String(this.#value(node.attributes[attribute] ?? "", node.name));
  }

  #step(node: Node): void {
    switch (node.name) {
      case "set-variable":
        this.#state.variables.set(node.attributes.name ?? "", this.#value(node.attributes.value ?? "", node.name));
        return;
      case "choose":
        this.#choose(node);
        return;
      case "include-fragment": {
        const fragment = this.#policies.fragments[node.attributes["fragment-id"] ?? ""];
        if (fragment === undefined) throw new Error(`no fragment ${node.attributes["fragment-id"]}`);
        this.#all(fragment);
        return;
      }
      case "return-response":
        this.#answer(node);
        throw ANSWERED;
      case "ip-filter": {
        const inside = node.children.some((child) => inRange(this.#request.address, child));
        if (inside === (node.attributes.action === "forbid"))
          throw new PolicyError(node.name, inside ? "CallerIpBlocked" : "CallerIpNotAllowed", 403);
        return;
      }
      case "validate-jwt":
        this.#validateJwt(node);
        return;
      case "validate-client-certificate":
        if (!this.#certified(node)) throw new PolicyError(node.name, "CertificateValidationFailure", 403);
        return;
      case "rate-limit-by-key":
      case "quota-by-key":
        this.#limit(node);
        return;
      case "set-header":
        this.#setHeader(node, this.#section === "outbound" ? (this.#state.answer?.headers ?? {}) : this.#state.headers);
        return;
      case "set-backend-service":
        this.#backend = this.#text(node, "backend-id");
        return;
      case "rewrite-uri":
        this.#path = this.#text(node, "template");
        return;
      case "limit-concurrency":
        this.#concurrency = { key: this.#text(node, "key"), most: Number(node.attributes["max-count"]) };
        if (this.#happening.backend?.[0] === "QueueFull") throw new PolicyError(node.name, "ConcurrencyLimitExceeded", 429);
        this.#all(node);
        return;
      case "retry":
        this.#retry(node);
        return;
      case "forward-request":
        this.#forward(node);
        return;
      default:
        throw new Error(`policy <${node.name}>`);
    }
  }

  #choose({ children }: Node): void {
    for (const branch of children) {
      if (branch.name === "when" && this.#value(branch.attributes.condition ?? "", "choose") !== true) continue;
      this.#all(branch);
      return;
    }
  }

  #answer({ children }: Node): void {
    const answer: Answer = { status: 200, reason: "OK", headers: {}, body: "" };
    for (const child of children) {
      if (child.name === "set-status") {
        answer.status = Number(this.#text(child, "code"));
        answer.reason = this.#text(child, "reason");
      } else if (child.name === "set-header") this.#setHeader(child, answer.headers);
      else if (child.name === "set-body") answer.body = String(this.#value(child.text.trim(), child.name));
      else throw new Error(`<${child.name}> in an answer`);
    }
    this.#own = answer;
  }

  #validateJwt(node: Node): void {
    const signers = this.#policies.signersOf(node);
    const list = (name: string) =>
      node.children
        .filter((child) => child.name === name)
        .flatMap(({ children }) => children.map((child) => String(this.#value(child.text.trim(), node.name))));
    const { token } = this.#request;
    const valid =
      token !== undefined &&
      this.#text(node, "token-value") === token.text &&
      signers.includes(token.provider) &&
      node.attributes["require-signed-tokens"] !== "false" &&
      list("audiences").includes(String(token.claims.aud)) &&
      list("issuers").includes(String(token.claims.iss)) &&
      (token.claims.exp !== undefined || node.attributes["require-expiration-time"] === "false");
    if (!valid) throw new PolicyError(node.name, "TokenInvalid", Number(node.attributes["failed-validation-httpcode"] ?? 401));
  }

  #certified(node: Node): boolean {
    const { certificate, foreignCertificate = false } = this.#request;
    const identities = everything(node).filter(({ name }) => name === "identity");
    return (
      certificate !== undefined &&
      !foreignCertificate &&
      identities.some(
        ({ attributes }) =>
          this.#policies.authorities.has(attributes["issuer-thumbprint"] ?? "") &&
          (attributes["dns-name"] === undefined || certificate.includes(attributes["dns-name"])),
      )
    );
  }

  #limit(node: Node): void {
    const { attributes } = node;
    this.#limits.push({
      element: node.name,
      calls: Number(attributes.calls),
      seconds: Number(attributes["renewal-period"]),
      key: this.#text(node, "counter-key"),
      firstPeriodStart: attributes["first-period-start"],
    });
    if (this.#limits.length - 1 !== this.#happening.usedUp) return;
    const remaining = attributes["retry-after-variable-name"];
    if (remaining !== undefined) this.#state.variables.set(remaining, USED_UP_SECONDS);
    throw node.name === "quota-by-key"
      ? new PolicyError(node.name, "QuotaExceeded", 403)
      : new PolicyError(node.name, "RateLimitExceeded", 429);
  }

  #setHeader({ attributes, children, name: source }: Node, headers: Record<string, string>): void {
    const name = (attributes.name ?? "").toLowerCase();
    const action = String(this.#value(attributes["exists-action"] ?? "override", source));
    if (action === "delete") {
      delete headers[name];
      return;
    }
    if (action === "skip" && headers[name] !== undefined) return;
    const text = children.map((child) => String(this.#value(isExpression(child.text) ? child.text.trim() : child.text, source))).join(",");
    headers[name] = action === "append" && headers[name] !== undefined ? `${headers[name]},${text}` : text;
  }

  #retry(node: Node): void {
    for (let attempt = 0; ; attempt += 1) {
      let failure: PolicyError | undefined;
      try {
        this.#all(node);
      } catch (error) {
        if (!(error instanceof PolicyError)) throw error;
        failure = error;
      }
      this.#state.error = failure && { source: failure.source, reason: failure.reason };
      const again = attempt < Number(node.attributes.count) && this.#value(node.attributes.condition ?? "", node.name) === true;
      if (!again && failure) throw failure;
      if (!again) return;
    }
  }

  #forward(node: Node): void {
    const { backend = [200], backendMs = 0, answer = {} } = this.#happening;
    const given = node.attributes["timeout-ms"];
    this.#attempts.push(given === undefined ? Number(node.attributes.timeout ?? 300) * 1000 : Number(this.#value(given, node.name)));
    const what = backend[Math.min(this.#attempts.length, backend.length) - 1] ?? 200;
    this.#state.elapsedMs += backendMs;
    if (typeof what === "string") throw new PolicyError(node.name, what, 500);
    this.#state.answer = { status: what, reason: "", headers: lower(answer), body: "" };
  }
}

/** What the platform says a client has to wait for, in seconds. */
export const USED_UP_SECONDS = 7;

function inRange(address: string, { name, text, attributes: { from = "", to = "" } }: Node): boolean {
  if (name === "address") return text.trim() === address;
  if (!ipaddr.IPv4.isValid(address)) return false;
  const number = (one: string) => one.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  return number(address) >= number(from) && number(address) <= number(to);
}

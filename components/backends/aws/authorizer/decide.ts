import { createHash, timingSafeEqual } from "node:crypto";
import { clientOf, inBlocks } from "./addresses.ts";
import { calendarPeriod } from "./calendar.ts";
import type { Counters } from "./counters.ts";
import { type Claims, claimAt, claimedIssuer, KeysUnavailable, scopesOf, type TokenVerifier } from "./jwt.ts";
import type { AlternativePolicy, AuthorizerPolicy, ConsumerDigests, LimitPolicy, RulePolicy } from "./policy.ts";
import type { AuthorizedRequest, ClientCertificate } from "./request.ts";

/** What comes of a request. */
export type Decision =
  | { readonly kind: "allow"; readonly identity: Identity }
  /** No credential, or an invalid one: 401. */
  | { readonly kind: "unauthenticated" }
  /** 403. */
  | { readonly kind: "forbidden"; readonly reason: string }
  /** 429. */
  | { readonly kind: "limited"; readonly identity: Identity; readonly limit: string };

/** Who the request was found to come from. */
export interface Identity {
  readonly provider?: string;
  readonly claims?: Claims;
  readonly consumer?: string;
  readonly plan?: string;
  /** As presented; never logged. */
  readonly apiKey?: string;
  readonly certificate?: ClientCertificate;
}

export interface Deciders {
  readonly policy: AuthorizerPolicy;
  readonly consumers: ConsumerDigests;
  readonly verifiers: Readonly<Record<string, TokenVerifier>>;
  readonly counters: Counters | undefined;
  readonly now: () => number;
}

type Refusal = "unauthenticated" | "forbidden";

/** The order of docs/semantics.md: shape, client address, requirements, limits. */
export async function decide(request: AuthorizedRequest, by: Deciders): Promise<Decision> {
  const rule = by.policy.rules[by.policy.routes[request.route] ?? -1];
  if (rule === undefined) return { kind: "forbidden", reason: "route" };
  const refusal = refusedByShape(request, rule) ?? refusedByAddress(request, rule);
  if (refusal !== undefined) return { kind: "forbidden", reason: refusal };

  const certificate = request.clientCertificate();
  if (!certificateAdmitted(certificate, by.policy)) return { kind: "forbidden", reason: "client-certificate" };

  const base: Identity = certificate === undefined ? {} : { certificate };
  const outcome = rule.anyOf === undefined ? base : await anyOf(rule.anyOf, request, base, by);
  if (outcome === "unauthenticated") return { kind: "unauthenticated" };
  if (outcome === "forbidden") return { kind: "forbidden", reason: "entitlement" };

  const limit = await exhausted(request, rule, outcome, by);
  return limit === undefined ? { kind: "allow", identity: outcome } : { kind: "limited", identity: outcome, limit };
}

function refusedByShape(request: AuthorizedRequest, rule: RulePolicy): string | undefined {
  if (rule.bodyBytes === undefined) return undefined;
  const lengths = request.values("content-length");
  if (lengths.length === 0) return undefined;
  return lengths.length === 1 && /^[0-9]{1,15}$/.test(lengths[0] as string) && Number(lengths[0]) <= rule.bodyBytes
    ? undefined
    : "body-size";
}

function refusedByAddress(request: AuthorizedRequest, rule: RulePolicy): string | undefined {
  if (rule.denyCidrs.length > 0 && (request.clientIp === "" || inBlocks(request.clientIp, rule.denyCidrs))) return "client-address";
  if (rule.allowCidrs.length > 0 && !inBlocks(request.clientIp, rule.allowCidrs)) return "client-address";
  return undefined;
}

/** Names and fingerprints that every certificate must meet, on routes that do not ask for one as well. */
function certificateAdmitted(certificate: ClientCertificate | undefined, policy: AuthorizerPolicy): boolean {
  const wanted = policy.clientCertificate;
  if (wanted === undefined || certificate === undefined) return true;
  if (wanted.hashes.length > 0 && !wanted.hashes.includes(certificate.hash)) return false;
  return wanted.subjectAltNames.length === 0 || certificate.subjectAltNames.some((name) => wanted.subjectAltNames.includes(name));
}

async function anyOf(
  alternatives: readonly AlternativePolicy[],
  request: AuthorizedRequest,
  base: Identity,
  by: Deciders,
): Promise<Identity | Refusal> {
  let forbidden = false;
  let unavailable: KeysUnavailable | undefined;
  for (const alternative of alternatives) {
    try {
      const outcome = await allOf(alternative, request, base, by);
      if (typeof outcome === "object") return outcome;
      forbidden ||= outcome === "forbidden";
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      unavailable = error;
    }
  }
  if (unavailable) throw unavailable;
  return forbidden ? "forbidden" : "unauthenticated";
}

async function allOf(
  alternative: AlternativePolicy,
  request: AuthorizedRequest,
  base: Identity,
  by: Deciders,
): Promise<Identity | Refusal> {
  const parts: (Identity | Refusal)[] = [];
  if (alternative.clientCertificate) parts.push(byCertificate(alternative.clientCertificate, base.certificate));
  if (alternative.apiKey) parts.push(byKey(alternative.apiKey, request, by));
  // The token comes last: the others cost nothing.
  if (alternative.jwt && !parts.includes("unauthenticated")) parts.push(await byToken(alternative.jwt, request, by));
  if (parts.length === 0 || parts.includes("unauthenticated")) return "unauthenticated";
  if (parts.includes("forbidden")) return "forbidden";
  return Object.assign({}, base, ...(parts as Identity[])) as Identity;
}

function byCertificate(
  wanted: NonNullable<AlternativePolicy["clientCertificate"]>,
  certificate: ClientCertificate | undefined,
): Identity | Refusal {
  if (certificate === undefined) return "unauthenticated";
  const names = wanted.subjectAltNames;
  return names === undefined || certificate.subjectAltNames.some((name) => names.includes(name)) ? { certificate } : "forbidden";
}

function byKey(wanted: NonNullable<AlternativePolicy["apiKey"]>, request: AuthorizedRequest, by: Deciders): Identity | Refusal {
  const key = by.policy.apiKeyHeader === undefined ? undefined : request.only(by.policy.apiKeyHeader);
  if (key === undefined || key === "") return "unauthenticated";
  const digest = createHash("sha256").update(key).digest();
  let found: ConsumerDigests[string] | undefined;
  for (const [accepted, consumer] of Object.entries(by.consumers)) {
    if (timingSafeEqual(Buffer.from(accepted, "hex"), digest)) found = consumer;
  }
  if (found === undefined) return "unauthenticated";
  if (wanted.plans !== undefined && (found.plan === undefined || !wanted.plans.includes(found.plan))) return "forbidden";
  return { consumer: found.consumer, apiKey: key, ...(found.plan === undefined ? {} : { plan: found.plan }) };
}

async function byToken(
  wanted: NonNullable<AlternativePolicy["jwt"]>,
  request: AuthorizedRequest,
  by: Deciders,
): Promise<Identity | Refusal> {
  const token = /^Bearer +([^\s,]+)$/i.exec(request.only("authorization") ?? "")?.[1];
  if (token === undefined) return "unauthenticated";
  const issuer = claimedIssuer(token);
  const names = wanted.providers.filter((name) => by.policy.providers[name]?.issuer === issuer);
  for (const provider of names) {
    const claims = await by.verifiers[provider]?.verify(token);
    if (claims === undefined) continue;
    return entitled(wanted, claims) ? { provider, claims } : "forbidden";
  }
  return "unauthenticated";
}

function entitled(wanted: NonNullable<AlternativePolicy["jwt"]>, claims: Claims): boolean {
  const granted = scopesOf(claims);
  if (!wanted.scopes.every((scope) => granted.has(scope))) return false;
  return Object.entries(wanted.claims).every(([claim, accepted]) => {
    const value = claimAt(claims, claim);
    const values = (Array.isArray(value) ? value : [value]).map((entry) => (typeof entry === "object" ? undefined : String(entry)));
    return values.some((entry) => entry !== undefined && accepted.includes(entry));
  });
}

/** The first limit that has no room left: the consumer's plan, then the route's, then the gateway's. */
async function exhausted(request: AuthorizedRequest, rule: RulePolicy, identity: Identity, by: Deciders): Promise<string | undefined> {
  const plan = identity.plan === undefined ? undefined : by.policy.plans[identity.plan];
  if (plan === undefined && rule.limits.length === 0) return undefined;
  const { counters } = by;
  if (counters === undefined) throw new Error("there is a limit to keep and nothing to count with");
  if (plan?.rate && (await counters.take(`plan/${identity.consumer}`, plan.rate)) !== undefined) return "plan";
  if (plan?.quota) {
    const period = calendarPeriod(plan.quota.per, new Date(by.now()));
    if (!(await counters.count(`quota/${identity.consumer}/${period.name}`, plan.quota.requests, period.end + 86_400))) return "quota";
  }
  for (const limit of rule.limits) {
    if ((await counters.take(`${limit.id}/${bucketOf(limit, request, identity)}`, limit)) !== undefined) return limit.id;
  }
  return undefined;
}

function bucketOf(limit: LimitPolicy, request: AuthorizedRequest, identity: Identity): string {
  switch (limit.key) {
    case "all":
      return "";
    case "clientIp":
      return clientOf(request.clientIp);
    case "consumer":
      return identity.consumer ?? "";
    case "claim":
      return `${identity.provider ?? ""}/${JSON.stringify(claimAt(identity.claims ?? {}, limit.name ?? "") ?? null)}`;
    case "header":
      return JSON.stringify(request.values(limit.name ?? ""));
  }
}

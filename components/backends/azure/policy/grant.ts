import type { Alternative, Consumer, Route } from "../../../spec/model.ts";
import { alternativesOf } from "../../../spec/requirement.ts";
import { claimAt, claimText } from "./claims.ts";
import { type Expression, header, literal, literals, statements, switchOn, variable } from "./csharp.ts";
import type { Profiles } from "./profiles.ts";

/** Who may pass: consumers and plans by API key, and the alternatives of a requirement. */

/** Name of a consumer's subscription; the service may hold other subscriptions, so it carries the gateway's name. */
export const subscriptionId = (gateway: string, { name }: Pick<Consumer, "name">): string => `${gateway}-${name.toLowerCase()}`;

const usesKeys = ({ model }: Profiles): boolean => model.apiKeys !== undefined;

/**
 * The consumer of the subscription whose key stands in the header. The platform has checked the key before any policy runs; a key in the
 * query is not looked at when the header is there, and does not count when it is not. Subscriptions of others, the built-in one with access
 * to everything included, are nobody here.
 */
export function consumerExpression(profiles: Profiles): Expression | undefined {
  const { apiKeys, consumers, name } = profiles.model;
  if (!usesKeys(profiles) || apiKeys === undefined) return undefined;
  const asking = profiles.where((route) => alternativesOf(route).some(({ apiKey }) => apiKey !== undefined));
  return statements(
    `if (Array.IndexOf(${literals(asking)}, ${variable("profile")}) < 0 || ${header(apiKeys.header)} == "" || context.Subscription == null) { return ""; }`,
    switchOn(
      "context.Subscription.Id",
      Object.values(consumers).map((consumer) => ({ cases: [subscriptionId(name, consumer)], result: literal(consumer.name) })),
      `""`,
    ),
  );
}

/** The consumer's plan; empty without one. */
export function planExpression(profiles: Profiles): Expression | undefined {
  if (!usesKeys(profiles)) return undefined;
  const { consumers, plans } = profiles.model;
  return statements(
    switchOn(
      variable("consumer"),
      Object.keys(plans).map((plan) => ({
        cases: Object.values(consumers).flatMap((consumer) => (consumer.plan === plan ? [consumer.name] : [])),
        result: literal(plan),
      })),
      `""`,
    ),
  );
}

/** Sets of names that single routes ask of client certificates: id → names. */
export function nameSets(profiles: Profiles): Map<string, readonly string[]> {
  const sets = new Map<string, readonly string[]>();
  for (const route of profiles.model.routes) {
    for (const names of alternativesOf(route).map((item) => item.clientCertificate?.subjectAltNames)) {
      if (names && ![...sets.values()].some((known) => same(known, names))) sets.set(`n${sets.size + 1}`, names);
    }
  }
  return sets;
}

const same = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b);

type Stage = "without token" | "with token" | "named certificate";

/** Alternatives that can be judged at once come first; names of certificates are checked by a policy that ends the request when they do not fit. */
const stageOf = ({ jwt, clientCertificate }: Alternative): Stage =>
  clientCertificate?.subjectAltNames ? "named certificate" : jwt ? "with token" : "without token";

/**
 * `200` when an alternative without a token holds, `403` when one would but for what its bearer may do, else `401`. Public routes: `200`.
 * A request without a profile never gets here; were it to, it would be refused.
 */
export const firstGrantExpression = (profiles: Profiles): Expression =>
  statements(
    `var grant = "401";`,
    ...facts(profiles, false),
    profiles.select(
      (route) => (route.requirement.kind === "public" ? `grant = "200";` : judged(route, ["without token"], profiles)),
      `grant = "403";`,
      (result) => result,
      " break;",
    ),
    "return grant;",
  );

/** The same for alternatives with a token, after it has been verified; `200:<set>` where a certificate's names are still to be checked. */
export function finalGrantExpression(profiles: Profiles): Expression | undefined {
  const stages: readonly Stage[] = ["with token", "named certificate"];
  if (!profiles.model.routes.some((route) => alternativesOf(route).some((item) => stages.includes(stageOf(item))))) return undefined;
  return statements(
    `var grant = ${variable("grant")}; if (grant == "200") { return grant; }`,
    ...facts(profiles),
    ...claimFacts(profiles),
    profiles.select(
      (route) => judged(route, stages, profiles),
      "",
      (result) => result,
      " break;",
    ),
    "return grant;",
  );
}

/** What alternatives look at, read once. */
function facts(profiles: Profiles, verified = true): string[] {
  const { model } = profiles;
  const tokens = verified && Object.keys(model.jwtProviders).length > 0;
  return [
    ...(usesKeys(profiles) ? [`var consumer = ${variable("consumer")}; var plan = ${variable("plan")};`] : []),
    ...(model.tls.clientValidation ? ["var certified = context.Request.Certificate != null;"] : []),
    ...(tokens ? [`var verified = ${variable("verified")}; var scopes = ${variable("scopes")};`] : []),
  ];
}

/** Claims some route asks for, in a fixed order. */
const claimsAsked = ({ model }: Profiles): string[] =>
  [...new Set(model.routes.flatMap((route) => alternativesOf(route).flatMap(({ jwt }) => Object.keys(jwt?.claims ?? {}))))].sort();

const claimName = (claims: readonly string[], claim: string): string => `c${claims.indexOf(claim)}`;

/** The values of each claim asked for, as texts: a list's entries, or the claim itself. */
const claimFacts = (profiles: Profiles): string[] =>
  claimsAsked(profiles).map((claim, index) => {
    const [token, list, texts] = [`t${index}`, `l${index}`, `c${index}`];
    return [
      `var ${token} = ${claimAt(claim, `((JObject)context.Variables["claims"])`)};`,
      `var ${list} = ${token} is JArray ? ((JArray)${token}).ToList() : new List<JToken> { ${token} };`,
      `var ${texts} = new List<string>(); foreach (var x in ${list}) { if (x != null) { ${texts}.Add(${claimText("x")}); } }`,
    ].join(" ");
  });

/** Statements that judge a route's alternatives of these stages in turn; the first that holds decides. */
function judged(route: Route, stages: readonly Stage[], profiles: Profiles): string {
  const sets = nameSets(profiles);
  return stages
    .flatMap((stage) => alternativesOf(route).filter((item) => stageOf(item) === stage))
    .map((item) => {
      const names = item.clientCertificate?.subjectAltNames;
      const set = names && [...sets].find(([, known]) => same(known, names))?.[0];
      const grant = set === undefined ? "200" : `200:${set}`;
      const entitlement = entitled(item, claimsAsked(profiles));
      const granted = `grant = ${literal(grant)};`;
      return `if (!grant.StartsWith("200", StringComparison.Ordinal) && ${shown(item)}) { ${
        entitlement === "" ? granted : `if (${entitlement}) { ${granted} } else { grant = "403"; }`
      } }`;
    })
    .join(" ");
}

/** Every credential of the alternative is there and valid. */
function shown({ jwt, apiKey, clientCertificate }: Alternative): string {
  return [
    ...(jwt ? [`(${jwt.providers.map((name) => `verified == ${literal(name)}`).join(" || ")})`] : []),
    ...(apiKey ? [`consumer != ""`] : []),
    ...(clientCertificate ? ["certified"] : []),
  ].join(" && ");
}

/** The bearer of valid credentials may do this; empty when nothing more is asked. */
function entitled({ jwt, apiKey }: Alternative, claims: readonly string[]): string {
  return [
    ...(jwt?.scopes ?? []).map((scope) => `scopes.Contains(${literal(` ${scope} `)})`),
    ...Object.entries(jwt?.claims ?? {}).map(
      ([claim, values]) => `${claimName(claims, claim)}.Any(x => Array.IndexOf(${literals(values)}, x) >= 0)`,
    ),
    ...(apiKey?.plans ? [`Array.IndexOf(${literals(apiKey.plans)}, plan) >= 0`] : []),
  ].join(" && ");
}

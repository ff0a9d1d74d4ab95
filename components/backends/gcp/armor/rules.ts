import type { AccessLists, GatewayModel, RateLimit, Route } from "../../../spec/model.ts";
import { EDGE_HEADERS } from "../needs.ts";
import { methodIn, pathIs, quoted } from "./cel.ts";
import { type Threshold, thresholdOf } from "./windows.ts";

/** A rule of the security policy; the first one that matches decides. */
export interface ArmorRule {
  readonly priority: number;
  readonly description: string;
  readonly action: "allow" | "deny(403)" | "deny(404)" | "throttle";
  readonly match: { readonly expression: string } | { readonly ranges: readonly string[] };
  readonly limit?: { readonly threshold: Threshold; readonly key: "ALL" | "IP" | "HTTP_HEADER"; readonly header?: string };
}

/** Preconfigured rule sets (OWASP core rule set 3.3 and exploits of the day). */
export const WAF_RULE_SETS = [
  "sqli-v33-stable",
  "xss-v33-stable",
  "lfi-v33-stable",
  "rfi-v33-stable",
  "rce-v33-stable",
  "protocolattack-v33-stable",
  "sessionfixation-v33-stable",
  "java-v33-stable",
  "nodejs-v33-stable",
  "scannerdetection-v33-stable",
  "cve-canary",
] as const;

/** Addresses of one rule. */
const RANGES_PER_RULE = 10;
/** Comparisons in the expression of one rule (Cloud Armor's rules language reference). */
const SUBEXPRESSIONS_PER_RULE = 5;
const LAST = 2_147_483_647;

/** First priority of each kind; denials come before whatever admits. */
const FROM = {
  host: 100,
  edgeHeaders: 200,
  denied: 1000,
  strangers: 1900,
  waf: 2000,
  adaptive: 2900,
  spelling: 3000,
  routes: 4000,
  all: 9000,
} as const;

/**
 * Spellings of a path that Envoy would read as another one: escaped unreserved characters, separators and percent signs, dot segments, doubled
 * slashes, backslashes. Where limits are counted by path, none may get past them.
 */
export const RESPELLED = "(%(00|2[5dDeEfF]|3[0-9]|4[1-9a-fA-F]|5[0-9aAcCfF]|6[1-9a-fA-F]|7[0-9aAeE])|//|/[.][.]?(/|;|$)|\\\\)";

/** Every rule of a gateway, by priority; the last one is the default. */
export function armorRules(model: GatewayModel): ArmorRule[] {
  const limits = throttles(model);
  const byPath = limits.some(({ route }) => route !== undefined);
  return [
    otherHosts(model),
    forgedHeaders(),
    ...denied(model.access),
    ...(model.waf === "managed" ? waf() : []),
    ...(model.ddos === "advanced" ? [adaptive()] : []),
    ...(byPath ? [respelled()] : []),
    ...(limits.some(({ route }) => route !== undefined) ? strangers(model.access) : []),
    ...limits.flatMap((limit) => throttle(limit, model.access)),
    ...admission(model, limits),
  ];
}

function otherHosts({ hostname }: GatewayModel): ArmorRule {
  const host = "request.headers['host'].lower()";
  return {
    priority: FROM.host,
    description: "Another host",
    action: "deny(404)",
    match: { expression: `${host} != ${quoted(hostname)} && ${host} != ${quoted(`${hostname}:443`)}` },
  };
}

function forgedHeaders(): ArmorRule {
  return {
    priority: FROM.edgeHeaders,
    description: "Headers only the load balancer writes",
    action: "deny(403)",
    match: {
      expression: Object.values(EDGE_HEADERS)
        .map((name) => `has(request.headers['${name}'])`)
        .join(" || "),
    },
  };
}

const denied = ({ denyCidrs }: AccessLists): ArmorRule[] =>
  chunks(denyCidrs).map((ranges, index) => ({
    priority: FROM.denied + index,
    description: "Denied addresses",
    action: "deny(403)",
    match: { ranges },
  }));

const waf = (): ArmorRule[] =>
  WAF_RULE_SETS.map((set, index) => ({
    priority: FROM.waf + index * 10,
    description: `Maintained rules ${set}`,
    action: "deny(403)",
    match: {
      expression: set === "cve-canary" ? `evaluatePreconfiguredWaf('${set}')` : `evaluatePreconfiguredWaf('${set}', {'sensitivity': 1})`,
    },
  }));

const adaptive = (): ArmorRule => ({
  priority: FROM.adaptive,
  description: "Attacks Adaptive Protection has found",
  action: "deny(403)",
  match: { expression: "evaluateAdaptiveProtectionAutoDeploy()" },
});

const respelled = (): ArmorRule => ({
  priority: FROM.spelling,
  description: "Paths spelled in a way that escapes counting",
  action: "deny(403)",
  match: { expression: `request.path.matches(${quoted(RESPELLED)})` },
});

interface Counted {
  readonly limit: RateLimit;
  readonly route: Route | undefined;
  readonly index: number;
}

/** One limit each: `oneLimit` has refused documents with two for the same request. The most specific route stands first. */
function throttles(model: GatewayModel): Counted[] {
  const own = model.routes.flatMap((route) => route.rateLimits.map((limit) => ({ limit, route })));
  return [...own, ...model.rateLimits.map((limit) => ({ limit, route: undefined }))].map((entry, index) => ({ ...entry, index }));
}

/** Priorities that limits of routes have room for. */
export const MOST_ROUTE_LIMITS = 100;

function throttle({ limit, route, index }: Counted, access: AccessLists): ArmorRule[] {
  const threshold = thresholdOf(limit);
  if (threshold === undefined) throw new Error(`no window of Cloud Armor keeps ${limit.path}`);
  const counted = { action: "throttle", limit: { threshold, ...countedBy(limit) } } as const;
  if (route !== undefined)
    return [
      {
        priority: FROM.routes + index,
        description: `Limit of route ${route.name}`,
        match: { expression: `${pathIs(route.path)} && ${methodIn(route.methods)}` },
        ...counted,
      },
    ];
  return counters(limit, access).map((ranges, part) => ({
    priority: FROM.all + index + part,
    description: "Limit of the gateway",
    match: { ranges },
    ...counted,
  }));
}

/**
 * Whose requests a limit of the gateway counts, rule by rule: only those of the allow list, so that others use up nothing. Each rule counts apart, which is the
 * same where each address is counted by itself, since the first range that holds it decides; a count for all together has room in one rule.
 */
function counters({ key }: RateLimit, { allowCidrs }: AccessLists): readonly (readonly string[])[] {
  const parts = chunks(allowCidrs);
  return parts.length === 1 || (parts.length > 1 && key.kind === "clientIp") ? parts : [["*"]];
}

function countedBy({ key }: RateLimit): { key: "ALL" | "IP" | "HTTP_HEADER"; header?: string } {
  switch (key.kind) {
    case "gateway":
      return { key: "ALL" };
    case "clientIp":
      return { key: "IP" };
    case "consumer":
      return { key: "HTTP_HEADER", header: "x-api-key" };
    case "header":
      return { key: "HTTP_HEADER", header: key.header };
    case "jwtClaim":
      throw new Error("Cloud Armor does not read tokens");
  }
}

/** Keeps addresses that are not on the allow list from what routes count; Envoy alone does where the list is longer than an expression may be. */
function strangers({ allowCidrs }: AccessLists): ArmorRule[] {
  if (allowCidrs.length === 0 || allowCidrs.length > SUBEXPRESSIONS_PER_RULE) return [];
  const expression = allowCidrs.map((range) => `!inIpRange(origin.ip, ${quoted(range)})`).join(" && ");
  return [{ priority: FROM.strangers, description: "Addresses that are not allowed", action: "deny(403)", match: { expression } }];
}

/**
 * What is left. With an allow list everything else is denied, unless a limit of the gateway has taken every request before: then Envoy alone
 * keeps the list, as it does in every case.
 */
function admission({ access }: GatewayModel, limits: readonly Counted[]): ArmorRule[] {
  const whole = limits.find(({ route }) => route === undefined);
  const taken = whole && counters(whole.limit, access);
  if (access.allowCidrs.length === 0 || taken?.[0]?.[0] === "*")
    return [{ priority: LAST, description: "Everything else", action: "allow", match: { ranges: ["*"] } }];
  return [
    ...(taken ? [] : chunks(access.allowCidrs)).map(
      (ranges, index): ArmorRule => ({ priority: FROM.all + index, description: "Allowed addresses", action: "allow", match: { ranges } }),
    ),
    { priority: LAST, description: "Every other address", action: "deny(403)", match: { ranges: ["*"] } },
  ];
}

const chunks = (ranges: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ranges.length / RANGES_PER_RULE) }, (_, index) =>
    ranges.slice(index * RANGES_PER_RULE, (index + 1) * RANGES_PER_RULE),
  );

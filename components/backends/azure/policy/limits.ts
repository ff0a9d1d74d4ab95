import type { GatewayModel, Plan, Quota, RateLimit, Route } from "../../../spec/model.ts";
import { claimAt } from "./claims.ts";
import { expression, literal, literals, statements, variable } from "./csharp.ts";
import { choose, variableIs } from "./elements.ts";
import type { Profiles } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/** Longest window the platform counts over, in seconds. */
export const LONGEST_WINDOW_SECONDS = 300;

/** Keyed limits of one gateway; each is an element of its own, and their cost adds up on every request. */
export const MOST_LIMITS = 50;

export interface Window {
  readonly calls: number;
  readonly seconds: number;
}

/**
 * The window that keeps a token bucket's promise. The platform lets at most `calls` pass in any window of `seconds`; with `calls` no larger than
 * the burst, and `calls / seconds` no larger than the rate, no window of any length lets more pass than the bucket would.
 * Undefined where no window of 1 to 300 whole seconds does that and lets the declared rate through.
 */
export function windowOf({ requests, periodMs, burst }: Pick<RateLimit, "requests" | "periodMs" | "burst">): Window | undefined {
  const perSecond = (requests * 1000) / periodMs;
  const seconds = Math.floor(burst / perSecond + 1e-9);
  if (seconds < 1 || seconds > LONGEST_WINDOW_SECONDS) return undefined;
  const calls = Math.floor(perSecond * seconds + 1e-9);
  return calls < 1 ? undefined : { calls, seconds };
}

function rateLimit(limit: RateLimit, id: string, key: string | undefined): PolicyNode {
  const window = windowOf(limit);
  if (window === undefined) throw new Error(`${limit.path} has no window`);
  return element("rate-limit-by-key", {
    calls: String(window.calls),
    "renewal-period": String(window.seconds),
    "counter-key": expression(key === undefined ? id : `${id} + "/" + ${key}`),
    "retry-after-variable-name": "retryAfter",
  });
}

/** The consumer's plan, then the route's limits, then the gateway's. */
export function limits(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  return [
    ...planLimits(model),
    ...routeLimits(profiles),
    ...model.rateLimits.map((limit, index) => rateLimit(limit, literal(`gateway/${index}`), keyOf(limit, model))),
  ];
}

/** Plans that some consumer is on. */
const usedPlans = ({ plans, consumers, apiKeys }: GatewayModel): Plan[] =>
  apiKeys === undefined
    ? []
    : Object.values(plans).filter((plan) => Object.values(consumers).some((consumer) => consumer.plan === plan.name));

function planLimits(model: GatewayModel): PolicyNode[] {
  return choose(
    usedPlans(model).map(({ name, rateLimit: rate, quota }) => ({
      when: variableIs("plan", name),
      steps: [...(rate ? [rateLimit(rate, literal("plan"), variable("consumer"))] : []), ...(quota ? [quotaOf(quota)] : [])],
    })),
  );
}

const DAY_SECONDS = 86_400;
/** A Monday. */
const FIRST_PERIOD = "2024-01-01T00:00:00Z";

/** Calendar periods in UTC. Months differ in length, so theirs is a counter without end whose key names the month. */
function quotaOf({ requests, per }: Quota): PolicyNode {
  const consumer = `"quota/" + ${variable("consumer")}`;
  return element("quota-by-key", {
    calls: String(requests),
    "renewal-period": per === "month" ? "0" : String(per === "week" ? 7 * DAY_SECONDS : DAY_SECONDS),
    "counter-key": expression(per === "month" ? `${consumer} + "/" + DateTime.UtcNow.ToString("yyyy-MM")` : consumer),
    ...(per === "month" ? {} : { "first-period-start": FIRST_PERIOD }),
  });
}

/** Routes with equal limits share their elements; each route has counters of its own. */
const routeLimits = (profiles: Profiles): PolicyNode[] =>
  choose(
    limitGroups(profiles).map(({ ids, limits: shared }) => ({
      when: expression(`Array.IndexOf(${literals(ids)}, ${variable("profile")}) >= 0`),
      steps: shared.map((limit, index) =>
        rateLimit(limit, `"route/" + ${variable("route")} + ${literal(`/${index}`)}`, keyOf(limit, profiles.model)),
      ),
    })),
  );

/** Profiles by the limits their routes have; those without any are left out. */
function limitGroups(profiles: Profiles): { ids: readonly string[]; limits: readonly RateLimit[] }[] {
  const withoutPath = ({ rateLimits }: Route) => JSON.stringify(rateLimits.map(({ path: _, ...limit }) => limit));
  const byId = new Map(profiles.representatives());
  return profiles
    .arms(withoutPath)
    .map(({ cases }) => ({ ids: cases, limits: byId.get(cases[0] as string)?.rateLimits ?? [] }))
    .filter(({ limits: shared }) => shared.length > 0);
}

/** What is counted apart, as C#; undefined for all requests together. */
function keyOf({ key }: RateLimit, model: GatewayModel): string | undefined {
  switch (key.kind) {
    case "gateway":
      return undefined;
    case "clientIp":
      return variable("clientKey");
    case "consumer":
      return variable("consumer");
    case "jwtClaim":
      return Object.keys(model.jwtProviders).length === 0 ? undefined : `${variable("verified")} + "/" + ${claimKey(key.claim)}`;
    case "header":
      return `context.Request.Headers.GetValueOrDefault(${literal(key.header)}, "")`;
  }
}

/** A claim as JSON, so that different values never share a counter. */
const claimKey = (claim: string): string => `JsonConvert.SerializeObject(${claimAt(claim, `((JObject)context.Variables["claims"])`)})`;

/** Seconds until a quota begins again, for `Retry-After`; an empty text when the request met no quota. */
export function quotaRetryExpression(model: GatewayModel) {
  const quotas = usedPlans(model).flatMap(({ name, quota }) => (quota ? [{ name, per: quota.per }] : []));
  if (quotas.length === 0) return undefined;
  const end = {
    day: "d.AddDays(1)",
    week: "d.AddDays(7 - (int)(d.Ticks / 864000000000L % 7))",
    month: "d.AddDays(1 - d.Day).AddMonths(1)",
  };
  return statements(
    `var now = DateTime.UtcNow; var d = now.Date; var end = d.AddDays(1);`,
    `switch (context.Variables.GetValueOrDefault<string>("plan", "")) { ${quotas
      .map(({ name, per }) => `case ${literal(name)}: end = ${end[per]}; break;`)
      .join(" ")} default: break; }`,
    "return Math.Ceiling(end.Subtract(now).TotalSeconds).ToString();",
  );
}

/** How many elements that count a gateway has. */
export const countedLimits = (profiles: Profiles): number =>
  profiles.model.rateLimits.length +
  usedPlans(profiles.model).reduce((sum, { rateLimit: rate, quota }) => sum + (rate ? 1 : 0) + (quota ? 1 : 0), 0) +
  limitGroups(profiles).reduce((sum, { limits: shared }) => sum + shared.length, 0);

import type { GatewayModel, RateLimit, Route } from "../../../components/spec/model.ts";
import type { ProbeRequest } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import { ROUTE_LIMITS } from "../route-limits.ts";
import { NOW } from "./policy/csharp.ts";
import type { Limit, Run } from "./policy/happening.ts";
import { USED_UP_SECONDS } from "./policy/run.ts";
import type { RunProbe } from "./requests.ts";
import { observeProblem } from "./shape.ts";

const DAY = 86_400;
const SECONDS = { day: DAY, week: 7 * DAY, month: 0 } as const;

/** Limits a request meets: those of the document and no others, at least as strict, counted apart by the right thing. */
export function observeLimits(run: RunProbe, request: ProbeRequest, route: Route, model: GatewayModel, o: Observations): void {
  const found = run(request);
  const { plan, asked } = planOf(request, route, model);
  const left = [...found.limits];
  const meets = (limit: Pick<RateLimit, "requests" | "periodMs" | "burst">, prefix: string): Limit | undefined => {
    const rate = (limit.requests * 1000) / limit.periodMs;
    const at = left.findIndex(
      ({ element, calls, seconds, key }) =>
        element === "rate-limit-by-key" && key.startsWith(prefix) && calls >= 1 && calls <= limit.burst && calls / seconds <= rate * 1.0001,
    );
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  if (asked && plan) observePlan(model, plan, request, left, meets, o);
  for (const limit of route.rateLimits)
    observeLimit(run, request, limit, meets(limit, `route/${route.name}/`), ROUTE_LIMITS[limit.key.kind], found, o);
  for (const limit of model.rateLimits)
    observeLimit(
      run,
      request,
      limit,
      meets(limit, "gateway/"),
      limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp",
      found,
      o,
    );
  o.same("limit.route", route.at, [], left);
  observeUsedUp(run, request, route, model, found, o);
}

function planOf(request: ProbeRequest, { requirement }: Route, model: GatewayModel): { plan: string | undefined; asked: boolean } {
  const plan = request.consumer === undefined ? undefined : model.consumers[request.consumer]?.plan;
  return { plan, asked: requirement.kind === "anyOf" && requirement.alternatives.some(({ apiKey }) => apiKey) };
}

function observePlan(
  model: GatewayModel,
  plan: string,
  { consumer = "?" }: ProbeRequest,
  left: Limit[],
  meets: (limit: RateLimit, prefix: string) => Limit | undefined,
  o: Observations,
): void {
  const { rateLimit, quota } = model.plans[plan] ?? {};
  if (rateLimit)
    o.holds(
      "plan.rateLimit",
      `plans.${plan}.rateLimit`,
      `${rateLimit.requests} per ${rateLimit.per} for ${consumer}`,
      meets(rateLimit as RateLimit, `plan/${consumer}`) !== undefined,
    );
  if (quota === undefined) return;
  const at = left.findIndex(({ element }) => element === "quota-by-key");
  const [kept] = at < 0 ? [] : left.splice(at, 1);
  const month = new Date(NOW).toISOString().slice(0, 7);
  o.same(
    "plan.quota",
    `plans.${plan}.quota`,
    [quota.requests, SECONDS[quota.per], `quota/${consumer}${quota.per === "month" ? `/${month}` : ""}`],
    [kept?.calls, kept?.seconds, kept?.key],
  );
  if (quota.per !== "month") {
    const start = new Date(kept?.firstPeriodStart ?? "");
    const begins = start.getTime() % (DAY * 1000) === 0 && (quota.per === "day" || start.getUTCDay() === 1) && start.getTime() < NOW;
    o.holds("plan.quota", `plans.${plan}.quota`, "periods begin at midnight UTC, weeks on a Monday", begins);
  }
}

/** Requests that differ in what is counted apart, and only in that. */
function apart({ key }: RateLimit, request: ProbeRequest): Parameters<RunProbe> | undefined {
  switch (key.kind) {
    case "gateway":
      return undefined;
    case "clientIp":
      return [{ ...request, address: other(request.address) }];
    case "consumer":
      return undefined;
    case "header":
      return [request, { headers: { [key.header]: "another" } }];
    case "jwtClaim": {
      const [name = "", ...more] = key.claim.split(".");
      if (request.token === undefined || more.length > 0 || name === "iss" || name === "aud") return undefined;
      return [{ ...request, token: { ...request.token, claims: { ...request.token.claims, [name]: "another" } } }];
    }
  }
}

/** The address next to it, in another /64 where it is IPv6. */
const other = (address: string): string =>
  address.includes(":") ? "2001:db8:77:9::1" : address.replace(/\d+$/, (last) => String((Number(last) + 1) % 256));

function observeLimit(
  run: RunProbe,
  request: ProbeRequest,
  limit: RateLimit,
  met: Limit | undefined,
  control: (typeof ROUTE_LIMITS)[keyof typeof ROUTE_LIMITS] | "limit.gateway" | "limit.gatewayClientIp",
  found: Run,
  o: Observations,
): void {
  o.holds(control, limit.path, `${limit.requests} per ${limit.per}, burst ${limit.burst}`, met !== undefined);
  if (met === undefined) return;
  const place = found.limits.indexOf(met);
  const elsewhere = apart(limit, request);
  const changed = elsewhere && run(...elsewhere);
  if (limit.key.kind === "gateway") {
    const same = run({ ...request, address: other(request.address) });
    if (same.status === undefined) o.same(control, limit.path, met.key, same.limits[place]?.key);
  } else if (limit.key.kind === "consumer")
    o.holds(control, limit.path, "counted for the consumer", met.key.endsWith(`/${request.consumer ?? ""}`));
  else if (changed && changed.status === undefined)
    o.holds(control, limit.path, "what differs is counted apart", changed.limits[place]?.key !== met.key);
}

/** 429 as a problem that says when to come back, whichever limit it is. */
function observeUsedUp(run: RunProbe, request: ProbeRequest, route: Route, model: GatewayModel, found: Run, o: Observations): void {
  const { plan } = planOf(request, route, model);
  found.limits.forEach(({ element }, usedUp) => {
    const refused = run(request, { happening: { usedUp } });
    const at = `${route.at} limit ${usedUp}`;
    const quota = element === "quota-by-key" ? model.plans[plan ?? ""]?.quota : undefined;
    o.same("limit.route", at, 429, refused.status);
    observeProblem(model, refused, at, o, { route, retryAfter: quota ? untilNext(quota.per) : USED_UP_SECONDS });
  });
}

/** Seconds to the end of the calendar period it is. */
function untilNext(per: "day" | "week" | "month"): number {
  const now = new Date(NOW);
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()];
  const toMonday = 7 - ((now.getUTCDay() + 6) % 7);
  const end = per === "month" ? Date.UTC(year, month + 1) : Date.UTC(year, month, day + (per === "day" ? 1 : toMonday));
  return Math.ceil((end - NOW) / 1000);
}

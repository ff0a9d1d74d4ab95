import type { ControlId } from "../../components/backends/controls.ts";
import type { Alternative, GatewayModel, RateLimit, Route } from "../../components/spec/model.ts";
import { type ClientChange, clientsFrom } from "../clients.ts";
import type { ProbeContext } from "../context.ts";
import { flood, otherLimits, refillMs } from "../flood.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { describe, header } from "../wire/answer.ts";
import type { Request } from "../wire/client.ts";

/** A limit, and a route on which it counts. */
interface Target {
  readonly limit: RateLimit;
  readonly control: ControlId;
  readonly suffix: string;
  /** Candidates; the first one the run has the credentials for is used. */
  readonly routes: readonly Route[];
  /** The consumer whose plan the limit is of. */
  readonly consumer?: string;
}

const ROUTE_CONTROLS = {
  gateway: "limit.route",
  clientIp: "limit.routeClientIp",
  consumer: "limit.routeConsumer",
  jwtClaim: "limit.routeClaim",
  header: "limit.routeHeader",
} as const satisfies Record<RateLimit["key"]["kind"], ControlId>;

const SAFE = ["GET", "HEAD"];

/** A limit that stays used up for longer than this is not touched without leave. */
const LONGEST_REFILL_MS = 60_000;

/** Rate limits: where they end, that each client has a bucket of its own, and that nobody gets a new one by a header. */
export function limitProbes(model: GatewayModel): Probe[] {
  const http = model.routes.filter((route) => !route.grpc && route.methods.some((method) => SAFE.includes(method)));
  const plain = [...http].sort((a, b) => cost(a) - cost(b));
  const targets: Target[] = [
    ...http.flatMap((route) =>
      route.rateLimits.map((limit, index) => ({
        limit,
        control: ROUTE_CONTROLS[limit.key.kind],
        suffix: `@${route.name}${index > 0 ? `-${index + 1}` : ""}`,
        routes: [route],
      })),
    ),
    ...Object.values(model.consumers).flatMap(({ name, plan }): Target[] => {
      const limit = model.plans[plan ?? ""]?.rateLimit;
      if (limit === undefined) return [];
      const admits = ({ apiKey }: Alternative) => apiKey && (apiKey.plans === undefined || apiKey.plans.includes(plan ?? ""));
      const routes = plain.filter(({ requirement }) => requirement.kind === "anyOf" && requirement.alternatives.some(admits));
      return routes.length > 0 ? [{ limit, control: "plan.rateLimit", suffix: `@${name}`, routes, consumer: name }] : [];
    }),
    ...model.rateLimits.map(
      (limit, index): Target => ({
        limit,
        control: limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp",
        suffix: `@${limit.key.kind}${index > 0 ? `-${index + 1}` : ""}`,
        routes: plain,
      }),
    ),
  ];
  return targets.flatMap((target) => probesOf(model, target));
}

/** Routes that ask for nothing and count for nothing else come first. */
const cost = (route: Route) => route.rateLimits.length * 2 + (route.requirement.kind === "public" ? 0 : 1);

function probesOf(model: GatewayModel, target: Target): Probe[] {
  const { limit, control, suffix } = target;
  const what = `${limit.requests} requests per ${limit.per}, burst ${limit.burst}`;
  const probe = (id: string, title: string, run: Probe["run"]): Probe => ({
    id: `limit.${id}${suffix}`,
    control,
    title,
    attack: true,
    stage: "limits",
    run,
  });
  const kind = limit.key.kind;
  return [
    probe("over", `More than ${what} is refused with 429 and Retry-After`, async (context) => over(context, target)),
    ...(kind === "gateway"
      ? []
      : [
          probe("own-bucket", `Whoever is over the limit does not use up the others' share`, async (context) => ownBucket(context, target)),
        ]),
    ...((kind === "clientIp" && model.clientIp.trustedHops === 0) || (kind === "consumer" && model.clientIp.trustedHops === 0)
      ? [
          probe("forged-address", "A made-up client address in each request gives no new bucket", async (context) =>
            over(context, target, (index) => [
              ["X-Forwarded-For", madeUp(index)],
              ["X-Real-IP", madeUp(index)],
              ["True-Client-IP", madeUp(index)],
              ["Forwarded", `for=${madeUp(index)}`],
              ["X-Gateway-Consumer", `gateway-verify-${index}`],
            ]),
          ),
        ]
      : []),
  ];
}

const madeUp = (index: number) => `192.0.2.${(index % 250) + 1}`;

/** What one client of the limit sends; `value` tells clients apart that are counted by a claim or a header. */
interface Sender {
  readonly route: Route;
  readonly consumer: string | undefined;
  request(change: Partial<Request>): Promise<Request>;
}

/** @throws SkipProbe when no route can be called. */
async function senderOf(context: ProbeContext, target: Target, value = "gateway-verify-a", consumer = target.consumer): Promise<Sender> {
  const { limit } = target;
  if (refillMs(limit) > LONGEST_REFILL_MS && !context.settings.exhaustQuotas)
    throw new SkipProbe(`the limit would stay used up for ${Math.round(refillMs(limit) / 60_000)} minutes; allow it with exhaustQuotas`);
  let reason = "no route with GET is counted by it";
  for (const route of target.routes) {
    const alternative = fittingAlternative(context, route, target, consumer);
    if (alternative === undefined) {
      reason = context.credentials.reason(route) || reason;
      continue;
    }
    const key = consumer === undefined ? {} : { apiKey: context.settings.apiKeys[consumer] ?? null };
    if (consumer !== undefined && context.settings.apiKeys[consumer] === undefined)
      throw new SkipProbe(`no API key of "${consumer}" was given`);
    if (limit.key.kind === "jwtClaim" && alternative.jwt === undefined) continue;
    const claimed = limit.key.kind === "jwtClaim" ? { [limit.key.claim]: value } : undefined;
    const authorization = claimed ? { authorization: `Bearer ${await context.credentials.token(route, alternative, claimed)}` } : {};
    const admission = await context.credentials.admit(route, alternative, { ...key, ...authorization });
    const counted: Request["headers"] = limit.key.kind === "header" ? [[limit.key.header, value]] : [];
    // The first request shows that the route can be reached at all; with a limit used up by others it may have to wait.
    const first = context.requestFor(route, admission, { headers: counted });
    const method = SAFE.includes(first.method) ? first.method : "GET";
    return {
      route,
      consumer: consumer ?? admission.consumer,
      request: async (change) => ({
        ...first,
        method,
        ...change,
        via: { ...first.via, ...change.via },
        headers: [...(first.headers ?? []), ...(change.headers ?? [])],
      }),
    };
  }
  throw new SkipProbe(reason);
}

function fittingAlternative(context: ProbeContext, route: Route, { limit }: Target, consumer: string | undefined): Alternative | undefined {
  const satisfiable = context.credentials.satisfiable(route);
  if (route.requirement.kind === "public") return satisfiable;
  const plan = context.model.consumers[consumer ?? ""]?.plan;
  return route.requirement.alternatives.find((alternative) => {
    if (context.credentials.missing(alternative) !== undefined) return false;
    if (consumer !== undefined) return alternative.apiKey !== undefined && (alternative.apiKey.plans?.includes(plan ?? "") ?? true);
    return limit.key.kind === "jwtClaim" ? alternative.jwt !== undefined : true;
  });
}

/** Clients to spread the requests over, so that no narrower limit per address strikes first. @throws SkipProbe when another limit would. */
function spread(context: ProbeContext, { limit }: Target, others: readonly RateLimit[]): readonly ClientChange[] {
  const needed = limit.burst * 1.2 + 20;
  const narrow = others.filter((other) => other.burst * 0.9 < needed);
  const unavoidable = narrow.find(({ key }) => key.kind !== "clientIp");
  const tightest = narrow.find(({ key }) => key.kind === "clientIp");
  if (unavoidable || (tightest && limit.key.kind === "clientIp"))
    throw new SkipProbe(`the limit "${(unavoidable ?? tightest)?.path}" strikes first on every route tried`);
  if (tightest === undefined) return [{}];
  const clients = clientsFrom(context, Math.ceil(needed / (tightest.burst * 0.5)) + 1);
  if (clients === undefined)
    throw new SkipProbe(`the limit "${tightest.path}" strikes first, and this machine cannot call from several addresses`);
  return clients;
}

/** Fills the buckets of limits that would strike before this one. */
async function settle(context: ProbeContext, { limit }: Target, others: readonly RateLimit[]): Promise<void> {
  const wait = Math.max(...others.map((other) => context.ledger.waitFor(other, limit.burst * 1.2 + 20)), 0);
  if (wait > Math.max(context.settings.patienceMs, 1000))
    throw new SkipProbe(`other limits take ${wait} ms to allow for it, longer than the patience of ${context.settings.patienceMs} ms`);
  if (wait > 0) await context.wait(wait);
}

async function over(context: ProbeContext, target: Target, forged?: (index: number) => Request["headers"]): Promise<Verdict> {
  const sender = await senderOf(context, target);
  const others = otherLimits(context, target.limit, sender.route, sender.consumer);
  const clients = spread(context, target, others);
  await settle(context, target, others);
  const { admitted, refusal, allowed } = await flood(context, target.limit, (index) => {
    const client = clients[index % clients.length] ?? {};
    return sender.request({ ...client, headers: [...(client.headers ?? []), ...(forged?.(index) ?? [])] });
  });
  for (const other of others) context.ledger.spend(other, admitted);
  if (refusal === undefined) return failed(`expected 429 after ${allowed} requests, but ${admitted} came through`);
  const retryAfter = header(refusal, "retry-after");
  if (!/^\d+$/.test(retryAfter ?? ""))
    return failed(`expected Retry-After in seconds with ${describe(refusal)}, got ${retryAfter ?? "none"}`);
  return passed(`429 after ${admitted} requests, retry-after ${retryAfter}`);
}

/** Uses one client's bucket up, then asks as another. */
async function ownBucket(context: ProbeContext, target: Target): Promise<Verdict> {
  const sender = await senderOf(context, target);
  const other = await anotherClient(context, target, sender);
  const others = otherLimits(context, target.limit, sender.route, sender.consumer);
  const clients = spread(context, target, others);
  await settle(context, target, others);
  const { refusal, admitted } = await flood(context, target.limit, (index) => sender.request(clients[index % clients.length] ?? {}));
  for (const limit of others) context.ledger.spend(limit, admitted);
  if (refusal === undefined) return failed(`expected 429 for the first client, but ${admitted} requests came through`);
  const answer = await context.client.send(other);
  return answer.status === 429
    ? failed("another client was refused with 429, too")
    : passed(`the first client refused after ${admitted} requests, another one got status ${answer.status}`);
}

async function anotherClient(context: ProbeContext, target: Target, sender: Sender): Promise<Request> {
  const { limit } = target;
  if (limit.key.kind === "clientIp") {
    const clients = clientsFrom(context, 64);
    if (clients === undefined) throw new SkipProbe("this machine cannot call from several addresses");
    return sender.request(clients.at(-1) ?? {});
  }
  if (limit.key.kind === "consumer") {
    const model = context.model;
    const next = Object.keys(context.settings.apiKeys).find((name) => {
      if (name === sender.consumer) return false;
      const plan = model.consumers[name]?.plan;
      return (
        fittingAlternative(context, sender.route, target, name) !== undefined && (plan === undefined || model.plans[plan] !== undefined)
      );
    });
    if (next === undefined) throw new SkipProbe("no API key of another consumer that the route admits was given");
    return (await senderOf(context, { ...target, routes: [sender.route] }, "gateway-verify-a", next)).request({});
  }
  return (await senderOf(context, { ...target, routes: [sender.route] }, "gateway-verify-b")).request({});
}

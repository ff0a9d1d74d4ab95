import { randomUUID } from "node:crypto";
import type { Backend, GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { echoOf, withDirectives } from "../echo.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { describe } from "../wire/answer.ts";
import { echoRoute, recovered } from "./backends.ts";
import { directed } from "./timing.ts";

/** Requests one probe of weights sends: enough that a share of a tenth shows within a few points. */
const SAMPLE = 250;
/** More requests at the same time than this no probe sends. */
const MOST_PARALLEL = 200;

/** Envoy takes an endpoint out on its main thread and tells its workers, so a request right after the last error may still pass. */
const OPENS_WITHIN_MS = 1000;

/** Circuit breakers, health checks and weights. */
export function resilienceProbes(model: GatewayModel): Probe[] {
  return [
    ...Object.values(model.backends).flatMap((backend) => {
      const routes = model.routes.filter((route) => route.backends.every(({ name }) => name === backend.name));
      return [...breakerProbes(backend, routes), ...healthProbes(backend, routes)];
    }),
    ...model.routes.filter((route) => route.backends.length > 1 && !route.grpc).map(weightProbe),
  ];
}

function breakerProbes(backend: Backend, routes: readonly Route[]): Probe[] {
  const breaker = backend.circuitBreaker;
  if (breaker === undefined) return [];
  const { consecutiveErrors, ejectionTimeMs, maxRequests } = breaker;
  const probe = (id: string, title: string, run: Probe["run"]): Probe => ({
    id: `breaker.${id}@${backend.name}`,
    control: "backend.circuitBreaker",
    title,
    attack: false,
    stage: "alone",
    run,
  });
  return [
    probe(
      "opens",
      `After ${consecutiveErrors} errors in a row ${backend.name} gets no request for ${ejectionTimeMs} ms`,
      async (context) => {
        if (ejectionTimeMs + 2000 > context.settings.patienceMs)
          throw new SkipProbe(
            `it takes longer than the patience of ${context.settings.patienceMs} ms; give patienceMs ${ejectionTimeMs + 2000}`,
          );
        const { route } = await echoRoute(context, backend, routes);
        const nonce = randomUUID();
        for (let sent = 0; sent < consecutiveErrors; sent++)
          await directed(context, route, ["fail", "nonce"], ["fail:500:1000000", `nonce:${nonce}`]);
        const last = Date.now();
        const otherwise = await notRefused(context, route);
        await recovered(context, route);
        const took = Date.now() - last;
        if (otherwise !== undefined) return failed(otherwise);
        return took >= ejectionTimeMs * 0.8 ? passed(`503, open again after ${took} ms`) : failed(`open again after ${took} ms already`);
      },
    ),
    probe("requests", `More than ${maxRequests} requests at the same time are refused`, (context) =>
      crowd(context, backend, routes, maxRequests),
    ),
  ];
}

/** What was answered in place of the 503 of a gateway that sends the backend nothing; undefined as soon as one came. */
async function notRefused(context: ProbeContext, route: Route): Promise<string | undefined> {
  for (const deadline = Date.now() + OPENS_WITHIN_MS; ; await context.wait(50)) {
    const answer = await context.ask(route);
    if (answer.status === 503) return undefined;
    if (Date.now() >= deadline) return `expected 503 of the gateway within ${OPENS_WITHIN_MS} ms, got ${describe(answer)}`;
  }
}

async function crowd(context: ProbeContext, backend: Backend, routes: readonly Route[], most: number): Promise<Verdict> {
  const parallel = most + Math.max(10, Math.ceil(most / 4));
  if (parallel > MOST_PARALLEL) throw new SkipProbe(`it takes more than ${MOST_PARALLEL} requests at the same time`);
  const { route } = await echoRoute(context, backend, routes);
  await directed(context, route, ["delay"], []);
  const { request } = await context.admitted(route, { target: withDirectives(context.pathOf(route), "delay:600") });
  const answers = await Promise.all(Array.from({ length: parallel }, () => context.client.send(request)));
  const admitted = answers.filter((answer) => echoOf(answer) !== undefined).length;
  const refused = answers.filter(({ status }) => status === 503).length;
  await recovered(context, route);
  // One more per thread of the proxy may slip through.
  return refused > 0 && admitted <= most * 1.1 + 8
    ? passed(`${admitted} of ${parallel} answered, ${refused} refused with 503`)
    : failed(`expected at most ${most} of ${parallel} answered and the rest 503, got ${admitted} answered and ${refused} times 503`);
}

function healthProbes(backend: Backend, routes: readonly Route[]): Probe[] {
  const check = backend.healthCheck;
  if (check === undefined) return [];
  return [
    {
      id: `health.asked@${backend.name}`,
      control: "backend.healthCheck",
      title: `${backend.name} is asked for its health every ${check.intervalMs} ms`,
      attack: false,
      run: async (context) => {
        if (check.intervalMs + 500 > context.settings.patienceMs)
          throw new SkipProbe(
            `it takes longer than the patience of ${context.settings.patienceMs} ms; give patienceMs ${check.intervalMs + 500}`,
          );
        const { route } = await echoRoute(context, backend, routes);
        const path = `${backend.basePath}${check.path}`;
        const asked = async () => echoOf(await directed(context, route, [], []))?.received[path] ?? 0;
        const before = await asked();
        await context.wait(check.intervalMs + 500);
        const after = await asked();
        return after > before
          ? passed(`${after - before} requests to ${path}`)
          : failed(`expected requests to ${path}, the backend got none`);
      },
    },
  ];
}

/** Shares as the answering services show them; which service stands for which backend is not known, so the shares are compared by size. */
function weightProbe(route: Route): Probe {
  const total = route.backends.reduce((sum, { weight }) => sum + weight, 0);
  const shares = route.backends.map(({ weight }) => weight / total).sort((a, b) => b - a);
  return {
    id: `weights.shares@${route.name}`,
    control: "route.weights",
    title: `Requests are shared ${shares.map((share) => `${Math.round(share * 100)} %`).join(" to ")}`,
    attack: false,
    stage: "alone",
    run: async (context) => {
      const { echo } = await context.reach(route);
      if (echo === undefined)
        throw new SkipProbe(`the backends of "${route.name}" do not say who they are (docs/verify.md says how a test backend does)`);
      const counts = new Map<string, number>();
      let left = Math.min(SAMPLE, context.settings.rateLimitBudget);
      const sample = left;
      const worker = async () => {
        while (left-- > 0) {
          const service = echoOf(await context.ask(route))?.service ?? "";
          counts.set(service, (counts.get(service) ?? 0) + 1);
        }
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      const seen = [...counts.values()].sort((a, b) => b - a).map((count) => count / sample);
      const text = [...counts].map(([service, count]) => `${service} ${count}`).join(", ");
      const off = shares.findIndex((share, index) => Math.abs((seen[index] ?? 0) - share) > tolerance(share, sample));
      if (seen.length > shares.length || off >= 0)
        return failed(`expected ${shares.map((share) => Math.round(share * sample)).join(" to ")} of ${sample} requests, got ${text}`);
      return passed(text);
    },
  };
}

/** Five standard deviations of a fair draw: one false alarm in two million. */
const tolerance = (share: number, sample: number) => 5 * Math.sqrt((share * (1 - share)) / sample) + 0.005;

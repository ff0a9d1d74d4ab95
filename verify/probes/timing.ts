import { randomUUID } from "node:crypto";
import type { GatewayModel, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { type EchoAbility, echoOf, withDirectives } from "../echo.ts";
import { EXPECT, judge } from "../oracle/statuses.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { type Answer, describe } from "../wire/answer.ts";

/** Slow and failing backends: timeouts and retries. They need a backend that is slow or fails when asked to. */
export function timingProbes(model: GatewayModel): Probe[] {
  const http = model.routes.filter((route) => !route.grpc);
  const byTimeout = [...new Map(http.map((route) => [`${route.timeoutMs} ${route.backends[0]?.name}`, route])).values()];
  const byRetries = [...new Map(http.filter(({ retries }) => retries).map((route) => [JSON.stringify(route.retries), route])).values()];
  return [...byTimeout.flatMap(timeoutProbes), ...byRetries.flatMap(retryProbes)];
}

/** An admitted request to the route whose backend does what the directives say. @throws SkipProbe when it cannot. */
export async function directed(
  context: ProbeContext,
  route: Route,
  needs: readonly EchoAbility[],
  directives: readonly string[],
  method?: string,
): Promise<Answer> {
  const { echo, reached, detail } = await context.reach(route);
  if (!reached) throw new SkipProbe(`the route "${route.name}" cannot be reached: ${detail}`);
  const missing = needs.find((ability) => !echo?.abilities.includes(ability));
  if (missing !== undefined)
    throw new SkipProbe(`the backend of "${route.name}" does not understand "${missing}" (docs/verify.md says how a test backend does)`);
  return context.ask(route, {
    target: withDirectives(context.pathOf(route), ...directives),
    ...(method === undefined ? {} : { method }),
  });
}

function timeoutProbes(route: Route): Probe[] {
  const { timeoutMs } = route;
  return [
    {
      id: `timeout.over@${route.name}`,
      control: "route.timeout",
      title: `A backend that takes longer than ${timeoutMs} ms is answered for with 504`,
      attack: false,
      run: async (context) => {
        patient(context, timeoutMs * 1.2);
        const started = performance.now();
        const answer = await directed(context, route, ["delay"], [`delay:${timeoutMs + 2000}`]);
        const took = Math.round(performance.now() - started);
        const verdict = judge(EXPECT.tooSlow, answer, context.settings.exact);
        if (verdict.result !== "passed") return verdict;
        return took < timeoutMs * 0.9 ? failed(`504 after ${took} ms already`) : passed(`504 after ${took} ms`);
      },
    },
    {
      id: `timeout.within@${route.name}`,
      control: "route.timeout",
      title: `A backend that takes half of ${timeoutMs} ms is waited for`,
      attack: false,
      run: async (context) => {
        patient(context, timeoutMs / 2);
        const answer = await directed(context, route, ["delay"], [`delay:${Math.round(timeoutMs / 2)}`]);
        const { reached, detail } = await context.judgeReach(answer);
        return reached ? passed(detail) : failed(`expected an answer of the backend, got ${detail}`);
      },
    },
  ];
}

function patient({ settings }: ProbeContext, ms: number): void {
  if (ms > settings.patienceMs)
    throw new SkipProbe(`it takes longer than the patience of ${settings.patienceMs} ms; give patienceMs ${Math.ceil(ms)}`);
}

const STATUS = { unavailable: 503, gatewayError: 502 } as const;

function retryProbes(route: Route): Probe[] {
  const { retries } = route;
  const on = retries?.on.find((reason) => reason !== "connectFailure") as keyof typeof STATUS | undefined;
  if (retries === undefined || on === undefined) return [];
  const status = STATUS[on];
  const probe = (id: string, title: string, run: (context: ProbeContext, nonce: string) => Promise<Verdict>): Probe => ({
    id: `retry.${id}@${route.name}`,
    control: "backend.retries",
    title,
    attack: false,
    stage: "alone",
    run: (context) => run(context, randomUUID()),
  });
  const fail = (context: ProbeContext, nonce: string, times: number, method?: string) =>
    directed(context, route, ["fail", "nonce"], [`fail:${status}:${times}`, `nonce:${nonce}`], method);
  const unsafe = route.methods.find((method) => method === "POST" || method === "PATCH");
  return [
    probe("repeated", `A request that fails with ${status} is repeated up to ${retries.attempts} times`, async (context, nonce) => {
      const answer = await fail(context, nonce, retries.attempts);
      const attempt = echoOf(answer)?.attempt;
      return answer.status === 200 && attempt === retries.attempts + 1
        ? passed(`answered at attempt ${attempt}`)
        : failed(`expected an answer at attempt ${retries.attempts + 1}, got ${describe(answer)}`);
    }),
    probe("bounded", `A request that keeps failing is repeated ${retries.attempts} times and no more`, async (context, nonce) => {
      const answer = await fail(context, nonce, 100);
      const seen = (echoOf(await fail(context, nonce, 0))?.attempt ?? 0) - 1;
      return answer.status === status && seen === retries.attempts + 1
        ? passed(`status ${status} after ${seen} attempts`)
        : failed(`expected status ${status} after ${retries.attempts + 1} attempts, got ${describe(answer)} after ${seen}`);
    }),
    ...(unsafe === undefined || retries.nonIdempotent
      ? []
      : [
          probe("not-idempotent", `${unsafe}, which is not idempotent, is not repeated`, async (context, nonce) => {
            if (!context.settings.unsafeMethods)
              throw new SkipProbe(`an authorized ${unsafe} may change data behind the gateway; allow it with unsafeMethods`);
            const answer = await fail(context, nonce, 1, unsafe);
            return answer.status === status
              ? passed(`status ${status} after one attempt`)
              : failed(`expected status ${status} after one attempt, got ${describe(answer)}`);
          }),
        ]),
  ];
}

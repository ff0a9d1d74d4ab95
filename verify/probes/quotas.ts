import type { Alternative, GatewayModel, Plan, Route } from "../../components/spec/model.ts";
import type { ProbeContext } from "../context.ts";
import { failed, type Probe, passed, SkipProbe, type Verdict } from "../probe.ts";
import { describe, header } from "../wire/answer.ts";

/** Quotas: a consumer gets exactly as many requests as its plan has, and Retry-After says when the next period begins. */
export function quotaProbes(model: GatewayModel): Probe[] {
  const used = Object.values(model.plans).filter((plan) => Object.values(model.consumers).some((consumer) => consumer.plan === plan.name));
  return used.flatMap((plan): Probe[] =>
    plan.quota === undefined
      ? []
      : [
          {
            id: `quota.over@${plan.name}`,
            control: "plan.quota",
            title: `More than ${plan.quota.requests} requests per ${plan.quota.per} of one consumer are refused with 429`,
            attack: true,
            stage: "limits",
            run: (context) => exhaust(context, plan),
          },
        ],
  );
}

/** Seconds; no quota's period ends as soon as this, but for a moment once a day. */
const SOON = 5;

async function exhaust(context: ProbeContext, plan: Plan): Promise<Verdict> {
  const { settings, model } = context;
  const requests = plan.quota?.requests ?? 0;
  if (!settings.exhaustQuotas) throw new SkipProbe("the quota would stay used up until its period ends; allow it with exhaustQuotas");
  if (requests > settings.rateLimitBudget)
    throw new SkipProbe(`it takes more than the ${settings.rateLimitBudget} requests of rateLimitBudget to use up ${requests}`);
  const consumer = Object.keys(settings.apiKeys).findLast((name) => model.consumers[name]?.plan === plan.name);
  if (consumer === undefined) throw new SkipProbe(`no API key of a consumer on "${plan.name}" was given`);
  const { route, alternative } = routeFor(context, plan);
  const admission = await context.credentials.admit(route, alternative, { apiKey: settings.apiKeys[consumer] ?? null });
  const request = context.requestFor(route, admission);
  for (let admitted = 0, waits = 0; ; ) {
    if (admitted > requests) return failed(`expected 429 after ${requests} requests, but ${admitted} came through`);
    await context.pacer.take(route, consumer);
    const answer = await context.client.send(request);
    if (answer.status !== 429) {
      admitted += 1;
      continue;
    }
    const seconds = Number(header(answer, "retry-after"));
    // Soon over: a rate limit that the probes before this one have used up.
    if (seconds <= SOON && waits++ < 10) {
      await context.wait(seconds * 1000);
      continue;
    }
    return Number.isInteger(seconds) && seconds > 0
      ? passed(`429 after ${admitted} requests, retry-after ${seconds}`)
      : failed(`expected Retry-After in seconds with ${describe(answer)}, got ${header(answer, "retry-after") ?? "none"}`);
  }
}

function routeFor(context: ProbeContext, plan: Plan): { route: Route; alternative: Alternative } {
  for (const route of context.model.routes) {
    if (route.grpc || !route.methods.includes("GET") || route.requirement.kind === "public") continue;
    const alternative = route.requirement.alternatives.find(
      (candidate) =>
        candidate.apiKey && (candidate.apiKey.plans?.includes(plan.name) ?? true) && context.credentials.missing(candidate) === undefined,
    );
    if (alternative) return { route, alternative };
  }
  throw new SkipProbe(`no route with GET that the run has credentials for admits the plan "${plan.name}"`);
}

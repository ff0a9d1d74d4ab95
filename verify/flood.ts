import type { RateLimit, Route } from "../components/spec/model.ts";
import type { ProbeContext } from "./context.ts";
import { SkipProbe } from "./probe.ts";
import type { Answer } from "./wire/answer.ts";
import type { Request } from "./wire/client.ts";

/** Requests beyond what the limit allows before a probe says that there is no limit: a tenth for approximate gateways, and some for the clock. */
const MARGIN = 1.1;
const SLACK = 10;

export interface Flooded {
  /** Requests let in until the first refusal. */
  readonly admitted: number;
  /** The first 429; undefined when more came through than the limit allows. */
  readonly refusal: Answer | undefined;
  /** Most that may have come through by then. */
  readonly allowed: number;
}

/** Milliseconds an empty bucket takes to fill up. */
export const refillMs = ({ burst, requests, periodMs }: RateLimit): number => (burst / requests) * periodMs;

/** Sends one request after the other, several at a time, until one is refused with 429 or too many have come through. */
export async function flood(context: ProbeContext, limit: RateLimit, request: (index: number) => Promise<Request>): Promise<Flooded> {
  const { rateLimitBudget, concurrency } = context.settings;
  if (limit.burst * MARGIN + SLACK > rateLimitBudget)
    throw new SkipProbe(`it takes more than the ${rateLimitBudget} requests of rateLimitBudget to pass a burst of ${limit.burst}`);
  const started = performance.now();
  const allowance = () => limit.burst + (limit.requests * (performance.now() - started)) / limit.periodMs;
  let sent = 0;
  let admitted = 0;
  let refusal: Answer | undefined;
  let over = false;
  const worker = async () => {
    while (refusal === undefined && !over) {
      if (sent >= rateLimitBudget)
        throw new SkipProbe(
          `${sent} requests in ${((performance.now() - started) / 1000).toFixed(1)} s stayed within the limit; raise rateLimitBudget, or call from nearer`,
        );
      sent += 1;
      const answer = await context.client.send(await request(sent));
      if (answer.status === 429) refusal ??= answer;
      else admitted += 1;
      over = admitted > allowance() * MARGIN + SLACK;
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, 8) }, worker));
  context.ledger.spend(limit, admitted);
  return { admitted, refusal, allowed: Math.ceil(allowance()) };
}

/** How full the buckets of declared limits are after the floods so far, so that no flood is stopped by another limit than its own. */
export class Ledger {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  spend(limit: RateLimit, count: number): void {
    const bucket = this.#now(limit);
    bucket.tokens = Math.max(0, bucket.tokens - count);
  }

  /** Milliseconds until the bucket holds this many tokens, or as many as it can. */
  waitFor(limit: RateLimit, tokens: number): number {
    const bucket = this.#now(limit);
    const missing = Math.min(tokens, limit.burst * 0.98) - bucket.tokens;
    return missing <= 0 ? 0 : Math.ceil((missing * limit.periodMs) / limit.requests);
  }

  /** The first time a bucket is looked at it counts as empty: other probes have used it. */
  #now(limit: RateLimit): { tokens: number; at: number } {
    const key = limit.path;
    const now = Date.now();
    const bucket = this.#buckets.get(key) ?? { tokens: 0, at: now };
    bucket.tokens = Math.min(limit.burst, bucket.tokens + ((now - bucket.at) * limit.requests) / limit.periodMs);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket;
  }
}

/** Limits besides this one that count requests to the route in the name of the consumer. */
export function otherLimits(context: ProbeContext, limit: RateLimit, route: Route, consumer: string | undefined): RateLimit[] {
  const plan = context.model.plans[context.model.consumers[consumer ?? ""]?.plan ?? ""];
  return [...context.model.rateLimits, ...route.rateLimits, ...(plan?.rateLimit ? [plan.rateLimit] : [])].filter(
    ({ path }) => path !== limit.path,
  );
}

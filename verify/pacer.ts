import { setTimeout as sleep } from "node:timers/promises";
import type { GatewayModel, RateLimit, Route } from "../components/spec/model.ts";
import { SkipProbe } from "./probe.ts";

/** Share of a declared limit that probes of other controls use, so that they never run into it. */
const SHARE = 0.8;

/** A token bucket of our own for each declared limit: requests that will be counted wait here instead of meeting 429. */
export class Pacer {
  readonly #model: GatewayModel;
  readonly #patienceMs: number;
  readonly #signal: AbortSignal | undefined;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  #closedUntil = 0;

  constructor(model: GatewayModel, patienceMs: number, signal: AbortSignal | undefined) {
    this.#model = model;
    this.#patienceMs = patienceMs;
    this.#signal = signal;
  }

  /** Waits until one more request to `route` in the name of `consumer` is within every limit. @throws SkipProbe when that takes too long. */
  async take(route: Route | undefined, consumer: string | undefined): Promise<void> {
    const plan = this.#model.plans[this.#model.consumers[consumer ?? ""]?.plan ?? ""];
    const limits = [...this.#model.rateLimits, ...(route?.rateLimits ?? [])];
    const keyed: (readonly [string, RateLimit])[] = limits.map((limit) => [limit.path, limit]);
    if (plan?.rateLimit) keyed.push([`${plan.rateLimit.path} ${consumer}`, plan.rateLimit]);
    const now = Date.now();
    let wait = Math.max(0, this.#closedUntil - now);
    let slowest: RateLimit | undefined;
    for (const [key, limit] of keyed) {
      const needed = this.#spend(key, limit, now);
      if (needed > wait) {
        wait = needed;
        slowest = limit;
      }
    }
    if (wait > Math.max(this.#patienceMs, 1000) && slowest)
      throw new SkipProbe(
        `the declared limit "${slowest.path}" (${slowest.requests} per ${slowest.per}, burst ${slowest.burst}) leaves no request for this probe now`,
      );
    if (wait > 0) await sleep(wait, undefined, { signal: this.#signal });
  }

  /** The gateway said 429: nobody sends anything for this long. */
  close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, Date.now() + ms);
  }

  /** Waits until the gateway is open again. */
  async open(): Promise<void> {
    for (let wait = this.#closedUntil - Date.now(); wait > 0; wait = this.#closedUntil - Date.now())
      await sleep(wait, undefined, { signal: this.#signal });
  }

  /** Takes a token, on credit where there is none; returns how long the credit takes to be paid. */
  #spend(key: string, limit: RateLimit, now: number): number {
    const size = Math.max(1, Math.floor(limit.burst * SHARE));
    const perMs = (limit.requests * SHARE) / limit.periodMs;
    const bucket = this.#buckets.get(key) ?? { tokens: size, at: now };
    bucket.tokens = Math.min(size, bucket.tokens + (now - bucket.at) * perMs) - 1;
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket.tokens >= 0 ? 0 : -bucket.tokens / perMs;
  }
}

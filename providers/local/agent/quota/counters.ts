import type { Quota } from "../../host/description.ts";
import { periodAt } from "./calendar.ts";
import type { Journal } from "./journal.ts";

/** How a request stands to one quota. */
export interface Standing {
  readonly quota: Quota;
  readonly within: boolean;
  /** Requests left in the period. */
  readonly remaining: number;
  /** Milliseconds until the period ends. */
  readonly resetMs: number;
}

interface Counter {
  start: number;
  end: number;
  /** Requests that have passed in this period. */
  used: number;
  /** Requests written to the journal as passed: never less than `used`. */
  reserved: number;
}

/**
 * Counts requests against calendar quotas.
 *
 * Requests are reserved on disk in portions of a hundredth of the quota before the first of a portion passes. So a crash never lets more
 * pass than the quota; it costs the consumer at most one portion (none for quotas below 100). The disk is written at most 100 times per
 * quota and period.
 */
export class Counters {
  readonly #journal: Journal;
  readonly #now: () => number;
  readonly #counters = new Map<string, Counter>();
  #quotas = new Map<string, Quota[]>();

  /** @param now milliseconds since 1970; tests set it */
  constructor(journal: Journal, now: () => number = Date.now) {
    this.#journal = journal;
    this.#now = now;
  }

  /** Sets which quotas there are; what was counted for those that stay is kept. */
  configure(quotas: readonly Quota[]): void {
    this.#quotas = new Map();
    for (const quota of quotas) this.#quotas.set(quota.consumer, [...(this.#quotas.get(quota.consumer) ?? []), quota]);
    const keys = new Set(quotas.map(keyOf));
    this.flush();
    for (const key of [...this.#counters.keys()]) if (!keys.has(key)) this.#counters.delete(key);
    this.#journal.keepOnly(keys);
  }

  /** Counts `hits` requests of a consumer if all of its quotas have room for them, else none. A consumer without a quota is not limited. */
  take(consumer: string, hits: number): Standing[] {
    const quotas = this.#quotas.get(consumer) ?? [];
    const now = this.#now();
    const counters = quotas.map((quota) => ({ quota, counter: this.#counter(quota, now) }));
    const within = counters.every(({ quota, counter }) => counter.used + hits <= quota.requests);
    if (within) {
      const short = counters.filter(({ counter }) => counter.used + hits > counter.reserved);
      const portions = short.map(({ quota, counter }) => ({
        counter,
        entry: { key: keyOf(quota), start: counter.start, taken: Math.min(quota.requests, counter.used + hits + portionOf(quota) - 1) },
      }));
      // On disk first: what cannot be written down does not pass.
      this.#journal.write(portions.map(({ entry }) => entry));
      for (const { counter, entry } of portions) counter.reserved = entry.taken;
      for (const { counter } of counters) counter.used += hits;
    }
    return counters.map(({ quota, counter }) => ({
      quota,
      within: within || counter.used + hits <= quota.requests,
      remaining: Math.max(0, quota.requests - counter.used),
      resetMs: Math.max(0, counter.end - now),
    }));
  }

  /** Gives back what is reserved and not used; call before an orderly end. */
  flush(): void {
    const entries = [...this.#counters].flatMap(([key, counter]) => {
      if (counter.reserved === counter.used) return [];
      counter.reserved = counter.used;
      return [{ key, start: counter.start, taken: counter.used }];
    });
    this.#journal.write(entries);
  }

  #counter(quota: Quota, now: number): Counter {
    const key = keyOf(quota);
    const { start, end } = periodAt(quota.per, now);
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      const written = this.#journal.latest(key);
      counter = { ...periodAt(quota.per, written?.start ?? start), used: written?.taken ?? 0, reserved: written?.taken ?? 0 };
      this.#counters.set(key, counter);
    }
    // A clock set back does not begin an old period again.
    if (start > counter.start) Object.assign(counter, { start, end, used: 0, reserved: 0 });
    return counter;
  }
}

const keyOf = ({ consumer, per }: Quota) => JSON.stringify([consumer, per]);
const portionOf = ({ requests }: Quota) => Math.max(1, Math.floor(requests / 100));

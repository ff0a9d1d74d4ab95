import type { RateLimit } from "../../../spec/model.ts";

/** Windows Cloud Armor counts in, seconds. */
export const WINDOWS = [10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600] as const;

/** So many requests in each window. */
export interface Threshold {
  readonly count: number;
  readonly intervalSec: number;
}

const perSecond = ({ requests, periodMs }: RateLimit): number => (requests * 1000) / periodMs;

/**
 * The threshold under which no stretch of time sees more than the limit's token bucket allows. Cloud Armor counts in windows, and twice a
 * window's count can pass around the border of two. So a window holds at most half the burst, and the longest one that still lets the declared
 * rate through is chosen; undefined when the burst is too small for any.
 */
export function thresholdOf(limit: RateLimit): Threshold | undefined {
  const rate = perSecond(limit);
  for (const intervalSec of [...WINDOWS].reverse()) {
    const count = Math.floor(rate * intervalSec);
    if (count >= 1 && 2 * count <= limit.burst && rate * intervalSec - count < count / 10) return { count, intervalSec };
  }
  return undefined;
}

/** The smallest burst with which Cloud Armor can keep the limit; undefined when the rate is too small for every window. */
export function smallestBurst(limit: RateLimit): number | undefined {
  for (const intervalSec of WINDOWS) {
    const exact = perSecond(limit) * intervalSec;
    const count = Math.floor(exact);
    if (count >= 1 && exact - count < count / 10) return 2 * count;
  }
  return undefined;
}

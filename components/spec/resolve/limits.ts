import type { z } from "zod";
import { formatPath, type PathPart } from "../faults.ts";
import type { CircuitBreaker, Plan, RateLimit, RateLimitKey, Retries } from "../model.ts";
import type { circuitBreaker, plan, rateLimits, requestLimits, retries } from "../schema/limits.ts";
import type { ResolveContext } from "./context.ts";
import { boundedMilliseconds, bytes, milliseconds } from "./units.ts";

const PERIODS = { second: 1000, minute: 60_000, hour: 3_600_000 } as const;

/** Rate limits of one place in the document: a single one and a list of one mean the same. */
export function resolveRateLimits(limits: z.output<typeof rateLimits> | undefined, path: readonly PathPart[]): RateLimit[] {
  if (limits === undefined) return [];
  if (!Array.isArray(limits)) return [resolveRateLimit(limits, path)];
  return limits.map((limit, index) => resolveRateLimit(limit, [...path, index]));
}

function resolveRateLimit(
  limit: { requests: number; per: keyof typeof PERIODS; burst?: number | undefined; key: string },
  path: readonly PathPart[],
): RateLimit {
  return {
    requests: limit.requests,
    per: limit.per,
    periodMs: PERIODS[limit.per],
    burst: limit.burst ?? limit.requests,
    key: parseKey(limit.key),
    path: formatPath(path),
  };
}

function parseKey(key: string): RateLimitKey {
  if (key === "gateway" || key === "clientIp" || key === "consumer") return { kind: key };
  const value = key.slice(key.indexOf(":") + 1);
  return key.startsWith("jwtClaim:") ? { kind: "jwtClaim", claim: value } : { kind: "header", header: value };
}

export function resolvePlans(plans: Readonly<Record<string, z.output<typeof plan>>>, ctx: ResolveContext): Record<string, Plan> {
  return Object.fromEntries(
    Object.entries(plans).map(([name, entry]) => {
      if (entry.rateLimit === undefined && entry.quota === undefined)
        ctx.fault(["plans", name], "a plan without limits", 'give "rateLimit", "quota" or both');
      const rateLimit = entry.rateLimit && resolveRateLimit({ ...entry.rateLimit, key: "consumer" }, ["plans", name, "rateLimit"]);
      return [name, { name, rateLimit, quota: entry.quota }];
    }),
  );
}

const MIB = 1024 ** 2;

/** Bounds of `limits` in bytes: below the first nothing works, above the second a single request is a danger. */
const REQUEST_BOUNDS = { url: [256, 64 * 1024], headers: [1024, 96 * 1024], body: [0, 1024 * MIB] } as const;

export function resolveRequestLimits(
  limits: z.output<typeof requestLimits>,
  ctx: ResolveContext,
): { urlBytes: number; headerBytes: number; bodyBytes: number } {
  const check = (field: keyof typeof REQUEST_BOUNDS): number => {
    const size = bytes(limits[field]);
    const [least, most] = REQUEST_BOUNDS[field];
    if (size < least || size > most) ctx.fault(["limits", field], `${size} bytes is out of range`, `allowed: ${least} to ${most} bytes`);
    return size;
  };
  return { urlBytes: check("url"), headerBytes: check("headers"), bodyBytes: check("body") };
}

export function resolveRetries(
  policy: z.output<typeof retries>,
  timeoutMs: number,
  path: readonly PathPart[],
  ctx: ResolveContext,
): Retries {
  const perTryTimeoutMs = policy.perTryTimeout === undefined ? undefined : milliseconds(policy.perTryTimeout);
  if (perTryTimeoutMs !== undefined && perTryTimeoutMs > timeoutMs) {
    ctx.fault(
      [...path, "perTryTimeout"],
      `"${policy.perTryTimeout}" is longer than the whole request's timeout of ${timeoutMs} ms`,
      "make it shorter, or raise the timeout",
      [[...path.slice(0, -1), "timeout"]],
    );
  }
  return { attempts: policy.attempts, perTryTimeoutMs, on: [...new Set(policy.on)].sort(), nonIdempotent: policy.nonIdempotent };
}

export function resolveCircuitBreaker(
  breaker: z.output<typeof circuitBreaker>,
  path: readonly PathPart[],
  ctx: ResolveContext,
): CircuitBreaker {
  return {
    consecutiveErrors: breaker.consecutiveErrors,
    ejectionTimeMs: boundedMilliseconds(breaker.ejectionTime, "1s", "1h", [...path, "ejectionTime"], ctx),
    maxRequests: breaker.maxRequests,
  };
}

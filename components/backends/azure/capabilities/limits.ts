import { type Capabilities, native } from "../../capabilities.ts";
import { accepted, classicOnly, countsByKey, hasWindow, onTiers } from "../restrictions.ts";

const limit = (what: string) => ({
  support: onTiers(
    countsByKey,
    native(`rate-limit-by-key: ${what}`, "an IPv6 client is its /64; each unit's counter is synchronised late, so that a few more pass"),
    "the tier counts by subscription only (rate-limit-by-key is not there)",
  ),
  restrictions: [hasWindow, accepted("approximateLimits")],
});

/** Rates and quotas. */
export const LIMITS = {
  "limit.gateway": limit("one counter"),
  "limit.gatewayClientIp": limit("a counter per address"),
  "limit.route": limit("one counter per route"),
  "limit.routeClientIp": limit("a counter per address and route"),
  "limit.routeConsumer": limit("a counter per consumer and route"),
  "limit.routeClaim": limit("a counter per claim's value and route"),
  "limit.routeHeader": limit("a counter per header's value and route"),
  "plan.rateLimit": limit("a counter per consumer"),
  "plan.quota": {
    support: onTiers(
      classicOnly,
      native("quota-by-key over calendar periods in UTC", "after a restart of a unit a few more pass"),
      "quota-by-key is documented for the classic tiers only",
    ),
    restrictions: [accepted("approximateLimits")],
  },
} as const satisfies Partial<Capabilities>;

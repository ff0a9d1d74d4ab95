import type { RateLimit } from "../../components/spec/model.ts";

/** The promise a limit of a route makes, by what it counts by. */
export const ROUTE_LIMITS = {
  gateway: "limit.route",
  clientIp: "limit.routeClientIp",
  consumer: "limit.routeConsumer",
  jwtClaim: "limit.routeClaim",
  header: "limit.routeHeader",
} as const satisfies Record<RateLimit["key"]["kind"], string>;

import type { GatewayModel, Route } from "../../../spec/model.ts";
import { challengeOf } from "./challenge.ts";
import { routeLimitMetadata } from "./limits.ts";
import type { JsonObject } from "./values.ts";

/** Name under which a route's metadata stands. */
export const ROUTE_METADATA = "gateway";

/** Key of the challenge a 401 of this route carries. */
export const CHALLENGE = "challenge";

/** What filters and answers have to know about the route they are on. */
export function routeMetadata(route: Route, model: GatewayModel): JsonObject | undefined {
  const challenge = challengeOf(route, model);
  const entries = { ...(challenge === undefined ? {} : { [CHALLENGE]: challenge }), ...routeLimitMetadata(route) };
  return Object.keys(entries).length === 0 ? undefined : { filter_metadata: { [ROUTE_METADATA]: entries } };
}

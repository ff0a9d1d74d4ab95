import type { GatewayModel, Route } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { type JsonObject, typed } from "./values.ts";

const LIMIT = "envoy.extensions.filters.http.body_size_limit.v3.BodySizeLimit";

/** Ends requests whose body is too large: by its declared length before anything is sent on, else as soon as one byte too many has come. */
export function bodyFilter({ limits }: GatewayModel): JsonObject {
  return { name: FILTERS.body, typed_config: typed(LIMIT, { max_request_bytes: limits.bodyBytes }) };
}

export function routeBody(route: Route, { limits }: GatewayModel): JsonObject | undefined {
  return route.bodyBytes === limits.bodyBytes ? undefined : typed(LIMIT, { max_request_bytes: route.bodyBytes });
}

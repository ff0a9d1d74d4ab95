import type { GatewayModel, Route } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { type JsonObject, typed } from "./values.ts";

const LIMIT = "envoy.extensions.filters.http.body_size_limit.v3.BodySizeLimit";
const ROUTE_SWITCH = "envoy.config.route.v3.FilterConfig";

/**
 * Filters that end requests whose body is too large: by its declared length before anything is sent on, else as soon as one byte too many has come.
 * The filter takes no settings of routes, so there is one for each limit in use; a route with a limit of its own switches the gateway's off and its own on.
 */
export function bodyFilters(model: GatewayModel): JsonObject[] {
  const filter = (name: string, bytes: number) => ({ name, typed_config: typed(LIMIT, { max_request_bytes: bytes }) });
  return [
    filter(FILTERS.body, model.limits.bodyBytes),
    ...ownLimits(model).map((bytes) => ({ ...filter(nameOf(bytes), bytes), disabled: true })),
  ];
}

/** Settings of a route, by filter. */
export function routeBody(route: Route, { limits }: GatewayModel): JsonObject {
  if (route.bodyBytes === limits.bodyBytes) return {};
  return {
    [FILTERS.body]: typed(ROUTE_SWITCH, { disabled: true }),
    [nameOf(route.bodyBytes)]: typed(ROUTE_SWITCH, { config: {} }),
  };
}

const nameOf = (bytes: number): string => `${FILTERS.body}-${bytes}`;

const ownLimits = ({ routes, limits }: GatewayModel): number[] =>
  [...new Set(routes.map(({ bodyBytes }) => bodyBytes))].filter((bytes) => bytes !== limits.bodyBytes).sort((a, b) => a - b);

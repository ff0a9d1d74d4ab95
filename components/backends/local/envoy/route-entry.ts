import type { GatewayModel, Route } from "../../../spec/model.ts";
import { routeAccess } from "./access.ts";
import { routeApiKeys, usesApiKeys } from "./api-keys.ts";
import { routeBody } from "./body.ts";
import { preflightHeaders, preflightResponse, routeCors } from "./cors.ts";
import { FILTERS } from "./filter-names.ts";
import { routeRequestHeaders, routeResponseHeaders } from "./headers.ts";
import { routeTokens } from "./jwt.ts";
import { pathMatch } from "./path-pattern.ts";
import { NOTHING_REQUIRED, routeRequirement } from "./requirements.ts";
import { retryPolicy } from "./retries.ts";
import { routeMetadata } from "./route-metadata.ts";
import { type Target, targetsOf } from "./targets.ts";
import { routeTimeouts } from "./timeouts.ts";
import { routeToken } from "./token.ts";
import { type JsonObject, oneOf, present } from "./values.ts";

/** What Envoy has to know of one route: one entry, or as many as it has backends with base paths of their own, and its preflight. */
export function routeEntries(route: Route, model: GatewayModel): JsonObject[] {
  return [...preflight(route), ...targetsOf(route, model).map((target) => forwarding(route, target, model))];
}

function forwarding(route: Route, target: Target, model: GatewayModel): JsonObject {
  return present({
    name: route.name,
    match: present({
      ...pathMatch(route.path),
      headers: [{ name: ":method", string_match: oneOf(route.methods) }],
      runtime_fraction: target.upTo === undefined ? undefined : { default_value: { numerator: target.upTo, denominator: "MILLION" } },
    }),
    metadata: routeMetadata(route, model),
    typed_per_filter_config: filterConfigs(route, model),
    stat_prefix: model.observability.metrics ? route.name : undefined,
    route: present({
      ...target.action,
      ...routeTimeouts(route),
      retry_policy: route.retries && retryPolicy(route.retries),
    }),
  });
}

function filterConfigs(route: Route, model: GatewayModel): JsonObject {
  return present({
    [FILTERS.responseHeaders]: routeResponseHeaders(route),
    [FILTERS.cors]: routeCors(route),
    [FILTERS.routeAccess]: routeAccess(route),
    ...routeBody(route, model),
    [FILTERS.apiKeys]: usesApiKeys(model) ? routeApiKeys(route) : undefined,
    [FILTERS.jwt]: routeTokens(route),
    [FILTERS.require]: routeRequirement(route, model),
    [FILTERS.token]: routeToken(route, model),
    [FILTERS.requestHeaders]: routeRequestHeaders(route),
  });
}

/** Answered before anything is required, for what the route's CORS rules allow and nothing else. */
function preflight(route: Route): JsonObject[] {
  const headers = route.cors && preflightHeaders(route, route.cors);
  if (route.cors === undefined || headers === undefined) return [];
  const access = routeAccess(route);
  return [
    {
      name: `${route.name}:preflight`,
      match: { ...pathMatch(route.path), headers },
      typed_per_filter_config: present({ [FILTERS.require]: NOTHING_REQUIRED, [FILTERS.routeAccess]: access }),
      response_headers_to_add: preflightResponse(route.cors),
      direct_response: { status: 204 },
    },
  ];
}

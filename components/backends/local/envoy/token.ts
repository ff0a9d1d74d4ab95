import type { GatewayModel, Route } from "../../../spec/model.ts";
import { providersOf } from "../../../spec/requirement.ts";
import { FILTERS } from "./filter-names.ts";
import { runFilterWhen } from "./matching.ts";
import { DISABLED, type JsonObject, typed } from "./values.ts";

/**
 * Keeps bearer tokens from backends, also on routes that asked for none: a client that sends its token with every request must not hand it to a
 * service that only serves public pages. Other credentials in `Authorization` are between client and backend.
 */
export function tokenFilter(model: GatewayModel): JsonObject[] {
  if (Object.keys(model.jwtProviders).length === 0) return [];
  const removal = typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
    mutations: { request_mutations: [{ remove: "authorization" }] },
  });
  return [
    {
      name: FILTERS.token,
      typed_config: typed("envoy.extensions.filters.http.composite.v3.Composite", {
        matcher: runFilterWhen("authorization", { prefix: "bearer ", ignore_case: true }, removal),
      }),
    },
  ];
}

/** Off where a token of a provider with `forward` was asked for; the token filter has removed those of the others. */
export function routeToken(route: Route, model: GatewayModel): JsonObject | undefined {
  return providersOf(route).some((name) => model.jwtProviders[name]?.forward) ? DISABLED : undefined;
}

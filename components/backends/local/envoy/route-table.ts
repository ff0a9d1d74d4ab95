import type { GatewayModel, Route } from "../../../spec/model.ts";
import { acceptedKeys } from "./api-keys.ts";
import { CORS_RESPONSE_HEADERS } from "./cors.ts";
import { FILTERS } from "./filter-names.ts";
import { headerInput, routeList } from "./matching.ts";
import type { Materials } from "./materials.ts";
import { pathTree } from "./path-tree.ts";
import { methodRefusals, NOT_FOUND, refusal } from "./refusals.ts";
import { routeEntries } from "./route-entry.ts";
import { discovery, type JsonObject } from "./values.ts";

export const ROUTE_TABLE = "gateway";

/** Which requests go where. */
export function routeTable(model: GatewayModel, materials: Materials): JsonObject {
  return discovery("envoy.config.route.v3.RouteConfiguration", [
    {
      name: ROUTE_TABLE,
      ignore_port_in_host_matching: true,
      most_specific_header_mutations_wins: true,
      // The gateway alone speaks for itself and for other origins.
      response_headers_to_remove: ["server", "strict-transport-security", ...CORS_RESPONSE_HEADERS],
      virtual_hosts: [
        {
          name: "gateway",
          domains: [model.hostname],
          ...(model.apiKeys
            ? { typed_per_filter_config: { [FILTERS.apiKeys]: acceptedKeys(model.apiKeys.header, materials.apiKeys) } }
            : {}),
          matcher: routeMatcher(model),
        },
        { name: "other", domains: ["*"], routes: [refusal("misdirected", { prefix: "/" }, 421)] },
      ],
    },
  ]);
}

/** The longest start of the path finds the few routes that can match; the first of them that does is the one. */
function routeMatcher(model: GatewayModel): JsonObject {
  const entries = new Map<Route, JsonObject[]>(model.routes.map((route) => [route, routeEntries(route, model)]));
  const tree = pathTree(model.routes);
  return {
    matcher_tree: {
      input: headerInput(":path"),
      prefix_match_map: {
        map: Object.fromEntries(
          [...tree].map(([start, candidates]) => [
            start,
            routeList([...candidates.flatMap((route) => entries.get(route) ?? []), ...methodRefusals(candidates), NOT_FOUND]),
          ]),
        ),
      },
    },
    on_no_match: routeList([NOT_FOUND]),
  };
}

import type { AccessLists, GatewayModel, Route } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { type JsonObject, typed } from "./values.ts";

const RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC";

/** The gateway's own address lists; judged before everything else. */
export function accessFilter({ access }: GatewayModel): JsonObject[] {
  return restricts(access) ? [{ name: FILTERS.access, typed_config: typed(RBAC, { matcher: addressMatcher(access) }) }] : [];
}

/** Lists of single routes; open where a route has none. */
export function routeAccessFilter({ routes }: GatewayModel): JsonObject[] {
  return routes.some((route) => restricts(route.access)) ? [{ name: FILTERS.routeAccess, typed_config: typed(RBAC) }] : [];
}

export function routeAccess({ access }: Route): JsonObject | undefined {
  if (!restricts(access)) return undefined;
  return typed("envoy.extensions.filters.http.rbac.v3.RBACPerRoute", { rbac: { matcher: addressMatcher(access) } });
}

const restricts = ({ allowCidrs, denyCidrs }: AccessLists): boolean => allowCidrs.length + denyCidrs.length > 0;

/** The deny list first, then the allow list; the address is the client's, found behind trusted proxies. */
function addressMatcher({ allowCidrs, denyCidrs }: AccessLists): JsonObject {
  return {
    matcher_list: {
      matchers: [
        ...(denyCidrs.length > 0 ? [{ predicate: addressIn(denyCidrs), on_match: verdict("DENY") }] : []),
        ...(allowCidrs.length > 0 ? [{ predicate: { not_matcher: addressIn(allowCidrs) }, on_match: verdict("DENY") }] : []),
      ],
    },
    on_no_match: verdict("ALLOW"),
  };
}

const verdict = (action: "ALLOW" | "DENY"): JsonObject => ({
  action: { name: "address", typed_config: typed("envoy.config.rbac.v3.Action", { name: "address", action }) },
});

function addressIn(cidrs: readonly string[]): JsonObject {
  return {
    single_predicate: {
      input: { name: "client", typed_config: typed("envoy.extensions.matching.common_inputs.network.v3.SourceIPInput") },
      custom_match: {
        name: "address",
        typed_config: typed("envoy.extensions.matching.input_matchers.ip.v3.Ip", {
          stat_prefix: "address",
          cidr_ranges: cidrs.map((cidr) => {
            const [prefix = "", length] = cidr.split("/");
            return { address_prefix: prefix, prefix_len: Number(length) };
          }),
        }),
      },
    },
  };
}

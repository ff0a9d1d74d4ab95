import type { GatewayModel } from "../../../spec/model.ts";
import { type JsonObject, typed } from "./values.ts";

export const ADMIN_CLUSTER = "admin";

/** Metrics and health on a loopback port; of Envoy's admin interface nothing else can be reached there, and nothing can be changed. */
export function adminListener({ local, observability }: GatewayModel): JsonObject {
  const pages = [...(observability.metrics ? [page("/metrics", "/stats/prometheus")] : []), page("/ready", "/ready")];
  return {
    name: "admin",
    address: { socket_address: { address: "127.0.0.1", port_value: local.adminPort } },
    // Health must be seen most of all when clients have taken every connection.
    ignore_global_conn_limit: true,
    filter_chains: [
      {
        filters: [
          {
            name: "envoy.filters.network.http_connection_manager",
            typed_config: typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
              stat_prefix: "admin",
              server_header_transformation: "PASS_THROUGH",
              normalize_path: true,
              path_with_escaped_slashes_action: "REJECT_REQUEST",
              request_headers_timeout: "5s",
              stream_idle_timeout: "30s",
              common_http_protocol_options: { idle_timeout: "60s", max_headers_count: 50 },
              route_config: {
                response_headers_to_remove: ["server"],
                virtual_hosts: [
                  {
                    name: "admin",
                    // Other names lead here only from a web page that has its name resolve to this machine.
                    domains: ["localhost", "127.0.0.1"],
                    routes: pages,
                  },
                ],
                ignore_port_in_host_matching: true,
              },
              http_filters: [
                { name: "router", typed_config: typed("envoy.extensions.filters.http.router.v3.Router", { suppress_envoy_headers: true }) },
              ],
            }),
          },
        ],
      },
    ],
  };
}

/** `:path` holds the query too, so a page is only served without one. */
function page(path: string, target: string): JsonObject {
  return {
    match: {
      path,
      headers: [
        { name: ":method", string_match: { safe_regex: { regex: "GET|HEAD" } } },
        { name: ":path", string_match: { exact: path } },
      ],
    },
    route: { cluster: ADMIN_CLUSTER, prefix_rewrite: target, timeout: "10s" },
  };
}

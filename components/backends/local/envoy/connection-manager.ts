import type { GatewayModel } from "../../../spec/model.ts";
import { localReplies } from "./errors.ts";
import { httpFilters } from "./filters.ts";
import { earlyRemovals } from "./headers.ts";
import { FILES, watchedFile } from "./layout.ts";
import { accessLogs } from "./logs.ts";
import type { Materials, RenderOptions } from "./materials.ts";
import { ROUTE_TABLE } from "./route-table.ts";
import { patience } from "./timeouts.ts";
import { tracing } from "./tracing.ts";
import { duration, type JsonObject, present, typed } from "./values.ts";

/** HTTP at the front door: how requests are read, judged and answered. */
export function connectionManager(model: GatewayModel, materials: Materials, options: RenderOptions): JsonObject {
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typed(
      "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
      present({
        stat_prefix: "https",
        rds: { route_config_name: ROUTE_TABLE, config_source: watchedFile(options.folder, FILES.routes) },
        http_filters: httpFilters(model, materials),
        local_reply_config: localReplies(model),
        access_log: accessLogs(model, options.folder),
        tracing: tracing(model),
        ...clientAddress(model),
        ...shape(model),
        ...patience(model),
        ...hygiene(model),
        common_http_protocol_options: {
          idle_timeout: duration(300_000),
          max_connection_duration: duration(3_600_000),
          max_headers_count: 100,
          headers_with_underscores_action: "DROP_HEADER",
        },
        http1_safe_max_connection_duration: true,
        http2_protocol_options: {
          max_concurrent_streams: 100,
          initial_stream_window_size: 65_536,
          initial_connection_window_size: 1_048_576,
        },
      }),
    ),
  };
}

/** The connection's address, or the one the trusted proxies in front saw; never what a client writes. */
const clientAddress = ({ clientIp }: GatewayModel): JsonObject => ({
  use_remote_address: true,
  xff_num_trusted_hops: clientIp.trustedHops,
  // No client is trusted to steer Envoy by headers, wherever it is: an empty list would mean every private address.
  internal_address_config: { cidr_ranges: [{ address_prefix: "255.255.255.255", prefix_len: 32 }] },
});

/** One reading of every request: a single form of its path, and sizes. */
const shape = ({ limits }: GatewayModel): JsonObject => ({
  normalize_path: true,
  merge_slashes: true,
  path_with_escaped_slashes_action: "REJECT_REQUEST",
  // Beyond this not even an answer is given over HTTP/2; the declared limit is judged with the rest of the request's shape.
  max_request_headers_kb: Math.ceil((limits.headerBytes + limits.urlBytes) / 1024) + 16,
  strip_trailing_host_dot: true,
  scheme_header_transformation: { scheme_to_overwrite: "https" },
});

const hygiene = (model: GatewayModel): JsonObject => ({
  early_header_mutation_extensions: [earlyRemovals(model)],
  forward_client_cert_details: "SANITIZE",
  server_header_transformation: "PASS_THROUGH",
  generate_request_id: true,
  always_set_request_id_in_response: true,
});

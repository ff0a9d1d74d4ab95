import { duration, type Grammar, is, nothing, number, object, sequence } from "../../grammar.ts";
import { filtersOf, hstsOf } from "./filters.ts";
import { EARLY_REMOVALS } from "./mutations.ts";
import { repliesOf } from "./replies.ts";
import { extension, message, NAME, type Setting } from "./values.ts";

/** Envoy's HTTP connection manager. */
export const MANAGER = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

/** No address at all, so that no client is taken for an internal one: left out, every private address would be. */
const NOBODY_INTERNAL = is({ cidr_ranges: [{ address_prefix: "255.255.255.255", prefix_len: 32 }] });

const FIELDS: Readonly<Record<string, string>> = {
  time: "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
  requestId: "%RESP(x-request-id)%",
  trace: "%REQ(traceparent)%",
  clientIp: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  tls: "%DOWNSTREAM_TLS_VERSION%",
  protocol: "%PROTOCOL%",
  method: "%REQ(:method)%",
  host: "%REQ(:authority)%",
  path: "%REQ_WITHOUT_QUERY(:path)%",
  route: "%ROUTE_NAME%",
  status: "%RESPONSE_CODE%",
  reason: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  consumer: "%REQ(x-gateway-consumer)%",
  issuer: "%REQ(x-gateway-issuer)%",
  subject: "%REQ(x-gateway-subject)%",
  clientCertificate: "%DOWNSTREAM_PEER_FINGERPRINT_256%",
  requestBytes: "%BYTES_RECEIVED%",
  responseBytes: "%BYTES_SENT%",
  durationMs: "%DURATION%",
  backend: "%UPSTREAM_CLUSTER%",
  endpoint: "%UPSTREAM_HOST%",
  backendMs: "%RESPONSE_DURATION%",
  attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
};

/** One JSON line per request: each field what its name says, no query, and of headers only those the document names. */
function accessLog({ door, model }: Setting): Grammar {
  const asked = model.observability.accessLogs;
  if (asked === undefined) return is([]);
  const fields = Object.fromEntries(Object.entries(FIELDS).map(([name, format]) => [name, is(format)]));
  const format = object({
    json_format: object({
      ...fields,
      headers: asked.headers.length > 0 ? is(Object.fromEntries(asked.headers.map((name) => [name, `%REQ(${name})%`]))) : nothing,
    }),
    formatters: sequence(
      extension(is("envoy.formatter.req_without_query"), message("extensions.formatter.req_without_query.v3.ReqWithoutQuery")),
    ),
  });
  return sequence(
    door === "first"
      ? extension(
          is("envoy.access_loggers.file"),
          message("extensions.access_loggers.file.v3.FileAccessLog", { path: is("logs/access.log"), log_format: format }),
        )
      : extension(
          is("envoy.access_loggers.stdout"),
          message("extensions.access_loggers.stream.v3.StdoutAccessLog", { log_format: format }),
        ),
  );
}

/** Traces go to the declared collector; a client's own decision to trace everything is not followed. */
function tracing({ door, model }: Setting): Grammar {
  const asked = model.observability.tracing;
  if (door === "behind" || asked?.endpoint === undefined) return nothing;
  const { href, pathname, origin } = new URL(asked.endpoint);
  return object({
    client_sampling: is({ value: 100 }),
    random_sampling: is({ value: asked.samplingPercent }),
    overall_sampling: is({ value: 100 }),
    spawn_upstream_span: is(true),
    max_path_tag_length: number(1, 256),
    provider: extension(
      is("envoy.tracers.opentelemetry"),
      message("config.trace.v3.OpenTelemetryConfig", {
        service_name: is(model.name),
        http_service: object({
          http_uri: object({
            uri: is(pathname === "/" ? `${origin}/v1/traces` : asked.endpoint, pathname === "/" ? `${origin}/v1/traces` : href),
            cluster: is("tracing"),
            timeout: duration(0.1, 5),
          }),
        }),
      }),
    ),
  });
}

/** How the door reads, judges and answers HTTP. `door` is what only the first, or only the one behind a load balancer has. */
export function managerOf(setting: Setting, door: Readonly<Record<string, Grammar>>): Grammar {
  const { limits } = setting.model;
  const kilobytes = Math.ceil((limits.headerBytes + limits.urlBytes) / 1024);
  return extension(
    is("envoy.filters.network.http_connection_manager"),
    message(MANAGER, {
      stat_prefix: NAME,
      http_filters: filtersOf(setting),
      local_reply_config: repliesOf(hstsOf(setting.model)),
      access_log: accessLog(setting),
      tracing: tracing(setting),
      internal_address_config: NOBODY_INTERNAL,
      normalize_path: is(true),
      merge_slashes: is(true),
      path_with_escaped_slashes_action: is("REJECT_REQUEST"),
      // Room for an answer to what is a little too large; the limit itself is the filter's for the request's shape.
      max_request_headers_kb: number(kilobytes, kilobytes + 32),
      strip_trailing_host_dot: is(true),
      scheme_header_transformation: is({ scheme_to_overwrite: "https" }),
      request_headers_timeout: duration(1, 30),
      // Time for the largest body at the slowest speed that is waited for.
      request_timeout: duration(30, 60 + Math.max(...setting.model.routes.map(({ bodyBytes }) => bodyBytes)) / 65_536),
      stream_idle_timeout: duration(10, 120),
      delayed_close_timeout: is("1s"),
      early_header_mutation_extensions: EARLY_REMOVALS,
      forward_client_cert_details: is("SANITIZE"),
      server_header_transformation: is("PASS_THROUGH"),
      generate_request_id: is(true),
      always_set_request_id_in_response: is(true),
      common_http_protocol_options: object({
        idle_timeout: duration(60, 300),
        max_connection_duration: duration(300, 3600),
        max_headers_count: number(50, 100),
        headers_with_underscores_action: is("DROP_HEADER"),
      }),
      http1_safe_max_connection_duration: is(true),
      http2_protocol_options: object({
        max_concurrent_streams: number(10, 100),
        initial_stream_window_size: number(65_535, 65_536),
        initial_connection_window_size: number(65_536, 1_048_576),
      }),
      ...door,
    }),
  );
}

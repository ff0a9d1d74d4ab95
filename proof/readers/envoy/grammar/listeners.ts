import type { GatewayModel } from "../../../../components/spec/model.ts";
import { duration, type Grammar, is, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { filtersOf, hstsOf, ROUTER } from "./filters.ts";
import { EARLY_REMOVALS } from "./mutations.ts";
import { repliesOf } from "./replies.ts";
import { frontTls } from "./tls.ts";
import { extension, header, message, NAME, SET, type Setting, watched } from "./values.ts";

const MANAGER = "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";

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

const TYPE = { "@type": is("type.googleapis.com/envoy.config.listener.v3.Listener") };

const at = (address: string, port: number): Grammar =>
  object({
    socket_address: object({ address: is(address), port_value: is(port), ipv4_compat: address === "::" ? is(true) : nothing }),
  });

const BOUNDS = {
  per_connection_buffer_limit_bytes: number(16_384, 65_536),
  listener_filters_timeout: duration(1, 10),
  tcp_backlog_size: number(128, 65_536),
};

/** What listens on this machine: the door, plain HTTP where it is redirected, and metrics on loopback. */
export function machineListeners(setting: Setting): Grammar {
  const { model } = setting;
  const https = object({
    ...TYPE,
    name: is("https"),
    address: at(model.local.address, model.local.httpsPort),
    ...BOUNDS,
    listener_filters: sequence(extension(NAME, message("extensions.filters.listener.tls_inspector.v3.TlsInspector"))),
    filter_chains: sequence(
      object({
        name: NAME,
        filter_chain_match: is({ server_names: [model.hostname] }),
        transport_socket: frontTls(setting),
        transport_socket_connect_timeout: duration(1, 15),
        filters: sequence(
          managerOf(setting, {
            rds: object({ route_config_name: is("gateway"), config_source: watched("config/routes.json") }),
            use_remote_address: is(true),
            xff_num_trusted_hops: is(model.clientIp.trustedHops),
          }),
        ),
      }),
    ),
  });
  return sequence(https, ...(model.http === "redirect" ? [redirectListener(model)] : []), adminListener(model));
}

/** Plain HTTP: a redirect for the host served, lists of revoked certificates, an authority's challenges, and nothing else. */
function redirectListener(model: GatewayModel): Grammar {
  const revoked = object({
    match: object({ path: text(/^\/\.well-known\/gateway-(authority|root)\.crl$/) }),
    direct_response: object({
      status: is(200),
      body: object({ inline_bytes: text(/^(\$\{[a-z0-9-]+-authority\.revocationListPem\}|[A-Za-z0-9+/]+=*)$/) }),
    }),
    response_headers_to_add: sequence(header(is("content-type"), is("application/pkix-crl"), SET)),
  });
  const challenge = is({
    match: {
      safe_regex: { regex: "/\\.well-known/acme-challenge/[A-Za-z0-9_-]{1,128}" },
      headers: [{ name: ":method", string_match: { exact: "GET" } }],
    },
    route: { cluster: "acme-challenges", timeout: "5s" },
  });
  const redirect = is({
    match: { prefix: "/" },
    redirect: { https_redirect: true, port_redirect: model.local.httpsPort, response_code: "PERMANENT_REDIRECT" },
  });
  return object({
    ...TYPE,
    name: is("http"),
    address: at(model.local.address, model.local.httpPort),
    ...BOUNDS,
    filter_chains: sequence(
      object({
        filters: sequence(
          extension(
            is("envoy.filters.network.http_connection_manager"),
            message(MANAGER, {
              stat_prefix: NAME,
              use_remote_address: is(true),
              server_header_transformation: is("PASS_THROUGH"),
              max_request_headers_kb: number(1, 60),
              request_headers_timeout: duration(1, 30),
              request_timeout: duration(1, 30),
              stream_idle_timeout: duration(1, 60),
              delayed_close_timeout: is("1s"),
              common_http_protocol_options: object({
                idle_timeout: duration(1, 60),
                max_headers_count: number(10, 100),
                headers_with_underscores_action: is("DROP_HEADER"),
              }),
              route_config: object({
                ignore_port_in_host_matching: is(true),
                virtual_hosts: sequence(
                  object({ name: is("gateway"), domains: is([model.hostname]), routes: plainRoutes(revoked, challenge, redirect, model) }),
                  is({ name: "other", domains: ["*"], routes: [{ match: { prefix: "/" }, direct_response: { status: 421 } }] }),
                ),
              }),
              local_reply_config: repliesOf(hstsOf(model)),
              http_filters: sequence(extension(is("router"), ROUTER)),
            }),
          ),
        ),
      }),
    ),
  });
}

function plainRoutes(revoked: Grammar, challenge: Grammar, redirect: Grammar, { tls }: GatewayModel): Grammar {
  return (value, place, say) => {
    const routes: Json[] = Array.isArray(value) ? value : [];
    const lists = routes.filter((one) => one?.direct_response !== undefined).length;
    const internal = tls.certificate.source === "internal";
    if (internal && lists === 0) say(place, "the authority's list of revoked certificates is served");
    sequence(...Array.from({ length: lists }, () => revoked), ...(tls.certificate.source === "acme" ? [challenge] : []), redirect)(
      value,
      place,
      say,
    );
  };
}

/** Metrics and health on loopback, by names a web page cannot have; nothing there changes anything. */
function adminListener(model: GatewayModel): Grammar {
  const page = (path: string, target: string) =>
    is({
      match: {
        path,
        headers: [
          { name: ":method", string_match: { safe_regex: { regex: "GET|HEAD" } } },
          { name: ":path", string_match: { exact: path } },
        ],
      },
      route: { cluster: "admin", prefix_rewrite: target, timeout: "10s" },
    });
  const pages = [...(model.observability.metrics ? [page("/metrics", "/stats/prometheus")] : []), page("/ready", "/ready")];
  return object({
    ...TYPE,
    name: is("admin"),
    address: at("127.0.0.1", model.local.adminPort),
    // Health must be seen most of all when clients have taken every connection.
    ignore_global_conn_limit: is(true),
    filter_chains: sequence(
      object({
        filters: sequence(
          extension(
            is("envoy.filters.network.http_connection_manager"),
            message(MANAGER, {
              stat_prefix: NAME,
              server_header_transformation: is("PASS_THROUGH"),
              normalize_path: is(true),
              path_with_escaped_slashes_action: is("REJECT_REQUEST"),
              request_headers_timeout: duration(1, 30),
              stream_idle_timeout: duration(1, 60),
              common_http_protocol_options: object({ idle_timeout: duration(1, 60), max_headers_count: number(10, 100) }),
              route_config: object({
                response_headers_to_remove: is(["server"]),
                virtual_hosts: sequence(object({ name: is("admin"), domains: is(["localhost", "127.0.0.1"]), routes: sequence(...pages) })),
                ignore_port_in_host_matching: is(true),
              }),
              http_filters: sequence(extension(is("router"), ROUTER)),
            }),
          ),
        ),
      }),
    ),
  });
}

/** The one listener behind a load balancer: on loopback, for the proxy next to it. */
export const innerListener = (setting: Setting, routes: Grammar): Grammar =>
  object({
    name: NAME,
    address: at("127.0.0.1", 8081),
    per_connection_buffer_limit_bytes: number(16_384, 65_536),
    filter_chains: sequence(
      object({
        filters: sequence(
          managerOf(setting, {
            route_config: routes,
            use_remote_address: is(false),
            original_ip_detection_extensions: sequence(
              extension(
                is("envoy.http.original_ip_detection.custom_header"),
                message("extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig", {
                  header_name: is("x-edge-client-ip"),
                  allow_extension_to_set_address_as_trusted: is(false),
                }),
              ),
            ),
          }),
        ),
      }),
    ),
  });

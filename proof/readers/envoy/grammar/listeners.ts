import type { GatewayModel } from "../../../../components/spec/model.ts";
import { duration, type Grammar, is, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { hstsOf, ROUTER } from "./filters.ts";
import { MANAGER, managerOf } from "./manager.ts";
import { repliesOf } from "./replies.ts";
import { frontTls } from "./tls.ts";
import { extension, header, message, NAME, SET, type Setting, watched } from "./values.ts";

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

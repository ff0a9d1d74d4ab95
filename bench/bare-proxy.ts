/** An Envoy that listens on TLS and has no policy at all. */
export interface BareListener {
  readonly port: number;
  readonly adminPort: number;
  /** PEM: certificate chain and key clients see. */
  readonly front: { readonly chain: string; readonly privateKey: string };
}

/** What a proxy without any policy is made of. */
export interface BareProxy extends BareListener {
  readonly backendPort: number;
  /** PEM of the authority the backend's certificate is of. */
  readonly backendCa: string;
  readonly paths: readonly string[];
}

const type = (name: string) => ({ "@type": `type.googleapis.com/envoy.${name}` });
const socket = (number: number) => ({ socket_address: { address: "127.0.0.1", port_value: number } });

/** Envoy's configuration for a bare TLS proxy: TLS on both sides and one exact route per path; no filter but the router, no log. JSON text. */
export function bareProxy({ backendPort, backendCa, paths, ...listener }: BareProxy): string {
  const upstreamTls = {
    ...type("extensions.transport_sockets.tls.v3.UpstreamTlsContext"),
    sni: "localhost",
    common_tls_context: { validation_context: { trusted_ca: { inline_string: backendCa } } },
  };
  const things = {
    name: "things",
    connect_timeout: "5s",
    load_assignment: { cluster_name: "things", endpoints: [{ lb_endpoints: [{ endpoint: { address: socket(backendPort) } }] }] },
    transport_socket: { name: "envoy.transport_sockets.tls", typed_config: upstreamTls },
  };
  return bootstrap(
    listener,
    paths.map((path) => ({ match: { path }, route: { cluster: "things" } })),
    [things],
  );
}

/** Envoy's configuration for a backend that answers every request by itself: steadier than a program with a garbage collector. JSON text. */
export const answering = (listener: BareListener): string =>
  bootstrap(listener, [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "ok" } } }], []);

function bootstrap({ port, adminPort, front }: BareListener, routes: readonly object[], clusters: readonly object[]): string {
  const manager = {
    ...type("extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: "bare",
    route_config: { virtual_hosts: [{ name: "bare", domains: ["*"], routes }] },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: type("extensions.filters.http.router.v3.Router") }],
  };
  const tls = {
    ...type("extensions.transport_sockets.tls.v3.DownstreamTlsContext"),
    common_tls_context: {
      alpn_protocols: ["h2", "http/1.1"],
      tls_params: { tls_minimum_protocol_version: "TLSv1_2", tls_maximum_protocol_version: "TLSv1_3" },
      tls_certificates: [{ certificate_chain: { inline_string: front.chain }, private_key: { inline_string: front.privateKey } }],
    },
  };
  const chain = {
    filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }],
    transport_socket: { name: "envoy.transport_sockets.tls", typed_config: tls },
  };
  return JSON.stringify({
    admin: { address: socket(adminPort) },
    static_resources: { listeners: [{ name: "bare", address: socket(port), filter_chains: [chain] }], clusters },
  });
}

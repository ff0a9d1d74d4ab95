import { isIP } from "node:net";
import type { Backend, GatewayModel } from "../../../../components/spec/model.ts";
import { duration, type Grammar, is, maybe, nothing, number, object, sequence } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { upstreamTls } from "./tls.ts";
import { extension, message, type Setting } from "./values.ts";

const HTTP = "extensions.upstreams.http.v3.HttpProtocolOptions";
/** Windows as Envoy's guidance for edges has them: no backend makes the gateway buffer more. */
const HTTP2 = object({ initial_stream_window_size: number(65_535, 65_536), initial_connection_window_size: number(65_536, 1_048_576) });

/** Names are asked for again when the answer's time is over; IPv4 first, as the gateway's networks have it. */
const DNS = extension(
  is("envoy.cluster.dns"),
  message("extensions.clusters.dns.v3.DnsCluster", { dns_lookup_family: is("V4_PREFERRED"), respect_dns_ttl: is(true) }),
);

/** Where a cluster's endpoints are: each address as it is written, names looked up. */
function places(name: string, endpoints: readonly (readonly [address: string, port: number])[]): Record<string, Grammar> {
  const fixed = endpoints.every(([address]) => isIP(address) !== 0);
  const one = ([address, port]: readonly [string, number]) =>
    object({ endpoint: object({ address: object({ socket_address: object({ address: is(address), port_value: is(port) }) }) }) });
  return {
    type: fixed ? is("STATIC") : nothing,
    cluster_type: fixed ? nothing : DNS,
    load_assignment: object({ cluster_name: is(name), endpoints: sequence(object({ lb_endpoints: sequence(...endpoints.map(one)) })) }),
  };
}

/** A server on this machine, behind a socket of the file system. */
const onSocket = (
  name: string,
  path: string,
  more: Readonly<Record<string, Grammar>>,
  pipe: Readonly<Record<string, Grammar>> = {},
): Grammar =>
  object({
    ...more,
    name: is(name),
    type: is("STATIC"),
    connect_timeout: duration(0.1, 5),
    load_assignment: object({
      cluster_name: is(name),
      endpoints: sequence(
        object({
          lb_endpoints: sequence(object({ endpoint: object({ address: object({ pipe: object({ path: is(path), ...pipe }) }) }) })),
        }),
      ),
    }),
  });

/** Envoy's own interface, as the listener for metrics reaches it. */
export const adminCluster: Grammar = onSocket("admin", "run/admin.sock", {}, { mode: is(0o600) });

const TYPE = { "@type": is("type.googleapis.com/envoy.config.cluster.v3.Cluster") };

/** Everything a configuration may connect to, by name. */
export function clusterGrammars(setting: Setting, typed: boolean): Record<string, Grammar> {
  const { model } = setting;
  const type: Record<string, Grammar> = typed ? TYPE : {};
  const found: Record<string, Grammar> = {};
  for (const backend of Object.values(model.backends)) found[`backend-${backend.name}`] = backendCluster(setting, backend, type);
  for (const { name, keys } of Object.values(model.jwtProviders)) {
    if (keys.kind === "inline") continue;
    const { hostname, port } = new URL(keys.uri);
    const host = hostname.replace(/^\[|\]$/g, "");
    found[`jwks-${name}`] = object({
      ...type,
      name: is(`jwks-${name}`),
      connect_timeout: duration(0.1, 5),
      transport_socket: upstreamTls(setting, { trust: keys.trust, serverName: host, clientSecret: undefined, alpn: ["http/1.1"] }),
      ...places(`jwks-${name}`, [[host, Number(port || 443)]]),
    });
  }
  if (setting.door === "first") Object.assign(found, machineClusters(setting, type));
  return found;
}

/** What only the gateway on this machine connects to: the counter of quotas, the agent's answers to an authority, the collector of traces. */
function machineClusters(setting: Setting, type: Record<string, Grammar>): Record<string, Grammar> {
  const { model } = setting;
  const found: Record<string, Grammar> = {};
  if (hasQuotas(model))
    found.quotas = onSocket("quotas", "run/quota.sock", {
      ...type,
      typed_extension_protocol_options: object({
        [`envoy.${HTTP}`]: message(HTTP, { explicit_http_config: object({ http2_protocol_options: object({}) }) }),
      }),
    });
  if (model.tls.certificate.source === "acme" && model.http === "redirect")
    found["acme-challenges"] = onSocket("acme-challenges", "run/acme.sock", type);
  const endpoint = model.observability.tracing?.endpoint;
  if (endpoint !== undefined) {
    const { protocol, hostname, port } = new URL(endpoint);
    const host = hostname.replace(/^\[|\]$/g, "");
    const secure = protocol === "https:";
    found.tracing = object({
      ...type,
      name: is("tracing"),
      connect_timeout: duration(0.1, 5),
      transport_socket: secure
        ? upstreamTls(setting, { trust: { kind: "public" }, serverName: host, clientSecret: undefined, alpn: ["http/1.1"] })
        : nothing,
      ...places("tracing", [[host, Number(port || (secure ? 443 : 80))]]),
    });
  }
  return found;
}

/** True where consumers of some plan have a quota. */
export const hasQuotas = ({ consumers, plans, apiKeys, routes }: GatewayModel): boolean =>
  apiKeys !== undefined &&
  Object.values(consumers).some(({ plan }) => plan !== undefined && plans[plan]?.quota !== undefined) &&
  routes.some(({ requirement }) => requirement.kind === "anyOf" && requirement.alternatives.some(({ apiKey }) => apiKey));

function backendCluster(setting: Setting, backend: Backend, type: Record<string, Grammar>): Grammar {
  const { name, host, port, network, tls, circuitBreaker } = backend;
  const addresses = network.type === "public" || network.addresses.length === 0 ? [host] : network.addresses;
  const grpc = backend.protocol === "grpc";
  const { clientCertificate } = tls;
  // Instances behind a load balancer count apart, so that each gets its share.
  const instances = setting.door === "first" ? 1 : instancesOf(setting.model);
  const most = circuitBreaker && Math.max(1, Math.floor(circuitBreaker.maxRequests / instances));
  const clientSecret = clientCertificate === "none" ? undefined : clientCertificate === "internal" ? "gateway" : `client-${name}`;
  return object({
    ...type,
    name: is(`backend-${name}`),
    ...places(
      `backend-${name}`,
      addresses.map((address) => [address, port] as const),
    ),
    connect_timeout: is(`${backend.connectTimeoutMs / 1000}s`),
    per_connection_buffer_limit_bytes: number(16_384, 65_536),
    lb_policy: is("LEAST_REQUEST"),
    common_lb_config: is({ healthy_panic_threshold: { value: 0 } }),
    transport_socket: upstreamTls(setting, {
      trust: tls.trust,
      serverName: tls.serverName,
      clientSecret,
      alpn: grpc ? ["h2"] : ["h2", "http/1.1"],
    }),
    typed_extension_protocol_options: object({
      [`envoy.${HTTP}`]: message(HTTP, {
        // Common servers close idle connections after five seconds; the gateway has to be sooner.
        common_http_protocol_options: object({ idle_timeout: duration(1, 4.9) }),
        [grpc ? "explicit_http_config" : "auto_config"]: object({ http2_protocol_options: HTTP2 }),
      }),
    }),
    circuit_breakers: object({ thresholds: sequence(thresholds(most)) }),
    outlier_detection: circuitBreaker ? OUTLIERS : nothing,
    health_checks: backend.healthCheck ? sequence(healthCheck(backend, grpc)) : nothing,
  });
}

/** Instances behind the load balancer at the same time, at most. */
const instancesOf = ({ gcp }: GatewayModel): number => (gcp.flavour === "gke" ? (gcp.gke?.replicas ?? 1) : gcp.run.maxInstances);

/** Envoy caps at 1,024 where nothing is said; without a declared cap the caps have to be lifted, or the gateway refuses what the document admits. */
function thresholds(most: number | undefined): Grammar {
  const cap = is(most ?? 4_294_967_295);
  return object({
    max_requests: cap,
    max_connections: cap,
    max_pending_requests: cap,
    max_retries: most === undefined ? number(1024, 65_536) : number(3, Math.max(3, Math.ceil(most / 2))),
  });
}

/** Consecutive 5xx answers alone take an endpoint out; Envoy's statistical detectors, on by default, would take others out. */
const OUTLIERS = object({
  consecutive_5xx: number(1, 1_000_000),
  enforcing_consecutive_5xx: is(100),
  enforcing_consecutive_gateway_failure: is(0),
  enforcing_success_rate: is(0),
  enforcing_failure_percentage: is(0),
  interval: is("1s"),
  base_ejection_time: duration(0.001, 86_400),
  max_ejection_time: duration(0.001, 86_400),
  max_ejection_percent: is(100),
  // Health that is well says nothing of the requests that failed; by default it would end the ejection.
  successful_active_health_check_uneject_host: is(false),
});

function healthCheck({ host, port, basePath, healthCheck: check }: Backend, grpc: boolean): Grammar {
  const interval = (check?.intervalMs ?? 0) / 1000;
  return object({
    tls_options: is({ alpn_protocols: [grpc ? "h2" : "http/1.1"] }),
    interval: is(`${interval}s`),
    no_traffic_interval: is(`${interval}s`),
    timeout: duration(0.1, Math.min(5, interval)),
    unhealthy_threshold: number(1, 3),
    healthy_threshold: number(1, 3),
    http_health_check: object({
      host: is(port === 443 ? host : `${host}:${port}`),
      path: is(`${basePath}${check?.path}`),
      codec_client_type: grpc ? is("HTTP2") : maybe(is("HTTP1")),
    }),
  });
}

/** A list of clusters: every one is known by its name, and none is missing. */
export const clustersOf =
  (grammars: Readonly<Record<string, Grammar>>): Grammar =>
  (value, at, say) => {
    const list: Json[] = Array.isArray(value) ? value : [];
    for (const cluster of list) {
      const name = String(cluster?.name);
      const grammar = grammars[name];
      if (grammar === undefined) say(`${at}.${name}`, "no cluster of the document");
      else grammar(cluster, `${at}.${name}`, say);
    }
    for (const name of Object.keys(grammars))
      if (list.filter((one) => one?.name === name).length !== 1) say(`${at}.${name}`, "one cluster of this name");
  };

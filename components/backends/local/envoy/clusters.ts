import type { Backend, CircuitBreaker, GatewayModel, JwtProvider } from "../../../spec/model.ts";
import { challengeCluster } from "./acme.ts";
import { discoveryOf, endpoint } from "./endpoints.ts";
import { keyServerCluster } from "./jwt.ts";
import type { RenderOptions } from "./materials.ts";
import { quotaCluster } from "./quota.ts";
import { authorityOf, clusterOf } from "./targets.ts";
import { tracingCluster } from "./tracing.ts";
import { clientSecretOf, upstreamTls } from "./upstream-tls.ts";
import { discovery, duration, type JsonObject, present, typed } from "./values.ts";

/** Everything the gateway connects to. */
export function clusters(model: GatewayModel, options: RenderOptions): JsonObject {
  return discovery("envoy.config.cluster.v3.Cluster", [
    ...Object.values(model.backends).map((backend) => backendCluster(backend, options)),
    ...Object.values(model.jwtProviders).flatMap((provider) => keyServer(provider, options)),
    ...quotaCluster(model, options.folder),
    ...challengeCluster(model, options.folder),
    ...tracingCluster(model, options),
  ]);
}

/** Connections to backends are closed when they were idle for this long: sooner than common servers do, so that none is closed under a request. */
const IDLE_MS = 4000;

const PROTOCOL_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

function backendCluster(backend: Backend, options: RenderOptions): JsonObject {
  const { name, host, port, protocol, network, circuitBreaker, healthCheck } = backend;
  const grpc = protocol === "grpc";
  const addresses = network.type === "public" || network.addresses.length === 0 ? [host] : network.addresses;
  return present({
    name: clusterOf(name),
    ...discoveryOf(addresses),
    connect_timeout: duration(backend.connectTimeoutMs),
    per_connection_buffer_limit_bytes: 32_768,
    lb_policy: "LEAST_REQUEST",
    // Without a healthy endpoint the answer is 503; sending to unhealthy ones would undo the check.
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
    transport_socket: upstreamTls(
      {
        trust: backend.tls.trust,
        serverName: backend.tls.serverName,
        clientSecret: clientSecretOf(backend),
        alpn: grpc ? ["h2"] : ["h2", "http/1.1"],
      },
      options,
    ),
    typed_extension_protocol_options: {
      [PROTOCOL_OPTIONS]: typed(PROTOCOL_OPTIONS, {
        common_http_protocol_options: { idle_timeout: duration(IDLE_MS) },
        ...(grpc ? { explicit_http_config: { http2_protocol_options: HTTP2 } } : { auto_config: { http2_protocol_options: HTTP2 } }),
      }),
    },
    load_assignment: { cluster_name: clusterOf(name), endpoints: [{ lb_endpoints: addresses.map((address) => endpoint(address, port)) }] },
    circuit_breakers: { thresholds: [thresholds(circuitBreaker)] },
    outlier_detection: circuitBreaker && outlierDetection(circuitBreaker),
    health_checks: healthCheck && [activeCheck(backend, healthCheck)],
  });
}

/** RFC 9113 windows as Envoy's guidance for edges has them. */
const HTTP2: JsonObject = { initial_stream_window_size: 65_536, initial_connection_window_size: 1_048_576 };

/** Requests at the same time; HTTP/1.1 needs a connection for each of them. Without a declared cap Envoy's own limits are lifted. */
function thresholds(breaker: CircuitBreaker | undefined): JsonObject {
  const most = breaker?.maxRequests ?? 4_294_967_295;
  return {
    max_requests: most,
    max_connections: most,
    max_pending_requests: most,
    max_retries: breaker ? Math.max(3, Math.ceil(most / 5)) : 1024,
  };
}

/**
 * Envoy counts 5xx answers and failed connections together; every endpoint may be taken out, and for the same time each time.
 * A health check that succeeds would end that time early (Envoy's default): a service whose health page works while its requests fail got them again at once.
 */
function outlierDetection({ consecutiveErrors, ejectionTimeMs }: CircuitBreaker): JsonObject {
  return {
    consecutive_5xx: consecutiveErrors,
    enforcing_consecutive_5xx: 100,
    enforcing_consecutive_gateway_failure: 0,
    enforcing_success_rate: 0,
    enforcing_failure_percentage: 0,
    interval: duration(1000),
    base_ejection_time: duration(ejectionTimeMs),
    max_ejection_time: duration(ejectionTimeMs),
    max_ejection_percent: 100,
    successful_active_health_check_uneject_host: false,
  };
}

/** Checks speak one protocol, so they must not offer the other as requests do. */
function activeCheck(backend: Backend, { path, intervalMs }: NonNullable<Backend["healthCheck"]>): JsonObject {
  const grpc = backend.protocol === "grpc";
  return {
    tls_options: { alpn_protocols: [grpc ? "h2" : "http/1.1"] },
    interval: duration(intervalMs),
    no_traffic_interval: duration(intervalMs),
    timeout: duration(Math.min(intervalMs, 5000)),
    unhealthy_threshold: 3,
    healthy_threshold: 2,
    http_health_check: present({
      host: authorityOf(backend),
      path: `${backend.basePath}${path}`,
      codec_client_type: grpc ? "HTTP2" : undefined,
    }),
  };
}

/** The server a token issuer publishes its keys on. */
function keyServer({ name, keys }: JwtProvider, options: RenderOptions): JsonObject[] {
  if (keys.kind === "inline") return [];
  const url = new URL(keys.uri);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  return [
    {
      name: keyServerCluster(name),
      ...discoveryOf([host]),
      connect_timeout: duration(5000),
      transport_socket: upstreamTls({ trust: keys.trust, serverName: host, clientSecret: undefined, alpn: ["http/1.1"] }, options),
      load_assignment: {
        cluster_name: keyServerCluster(name),
        endpoints: [{ lb_endpoints: [endpoint(host, url.port === "" ? 443 : Number(url.port))] }],
      },
    },
  ];
}

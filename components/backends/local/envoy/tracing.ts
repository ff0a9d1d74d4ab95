import type { GatewayModel } from "../../../spec/model.ts";
import { endpoint as at, discoveryOf } from "./endpoints.ts";
import type { RenderOptions } from "./materials.ts";
import { upstreamTls } from "./upstream-tls.ts";
import { duration, type JsonObject, present, typed } from "./values.ts";

const CLUSTER = "tracing";

/** Traces are sent to the declared OTLP/HTTP endpoint; W3C trace context is passed on with or without. */
export function tracing({ name, observability }: GatewayModel): JsonObject | undefined {
  const endpoint = observability.tracing?.endpoint;
  if (observability.tracing === undefined || endpoint === undefined) return undefined;
  return {
    // A client's own decision to trace everything it sends is not followed.
    client_sampling: { value: 100 },
    random_sampling: { value: observability.tracing.samplingPercent },
    overall_sampling: { value: 100 },
    spawn_upstream_span: true,
    max_path_tag_length: 256,
    provider: {
      name: "envoy.tracers.opentelemetry",
      typed_config: typed("envoy.config.trace.v3.OpenTelemetryConfig", {
        service_name: name,
        http_service: {
          http_uri: { uri: tracesUrl(endpoint), cluster: CLUSTER, timeout: duration(1000) },
        },
      }),
    },
  };
}

export function tracingCluster({ observability }: GatewayModel, options: RenderOptions): JsonObject[] {
  const endpoint = observability.tracing?.endpoint;
  if (endpoint === undefined) return [];
  const url = new URL(endpoint);
  const secure = url.protocol === "https:";
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? (secure ? 443 : 80) : Number(url.port);
  return [
    present({
      name: CLUSTER,
      ...discoveryOf([host]),
      connect_timeout: duration(1000),
      transport_socket: secure
        ? upstreamTls({ trust: { kind: "public" }, serverName: host, clientSecret: undefined, alpn: ["http/1.1"] }, options)
        : undefined,
      load_assignment: {
        cluster_name: CLUSTER,
        endpoints: [{ lb_endpoints: [at(host, port)] }],
      },
    }),
  ];
}

/** OTLP/HTTP: the base URL of a collector, or the URL for traces itself. */
const tracesUrl = (endpoint: string): string => (new URL(endpoint).pathname === "/" ? new URL("/v1/traces", endpoint).href : endpoint);

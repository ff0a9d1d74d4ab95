import type { GatewayModel } from "../../../spec/model.ts";
import { asksForApiKey } from "./api-keys.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { FILES, inFolder } from "./layout.ts";
import { duration, type JsonObject, typed } from "./values.ts";

const CLUSTER = "quotas";

/** Consumers with a quota, as the service that counts them needs it. */
export function quotasOf(model: GatewayModel): { consumer: string; requests: number; per: "day" | "week" | "month" }[] {
  if (!model.routes.some(asksForApiKey)) return [];
  return Object.values(model.consumers).flatMap(({ name, plan }) => {
    const quota = plan === undefined ? undefined : model.plans[plan]?.quota;
    return quota ? [{ consumer: name, requests: quota.requests, per: quota.per }] : [];
  });
}

/** Asks the service next to Envoy, which counts calendar periods exactly; without its answer nothing passes. */
export function quotaFilter(model: GatewayModel): JsonObject[] {
  if (quotasOf(model).length === 0) return [];
  return [
    {
      name: FILTERS.quotas,
      typed_config: typed("envoy.extensions.filters.http.ratelimit.v3.RateLimit", {
        domain: "quota",
        timeout: duration(1000),
        failure_mode_deny: true,
        status_on_error: { code: "ServiceUnavailable" },
        rate_limited_as_resource_exhausted: true,
        disable_x_envoy_ratelimited_header: true,
        enable_retry_after_header: true,
        rate_limit_service: { transport_api_version: "V3", grpc_service: { envoy_grpc: { cluster_name: CLUSTER } } },
        rate_limits: [{ actions: [{ request_headers: { header_name: IDENTITY.consumer, descriptor_key: "consumer" } }] }],
      }),
    },
  ];
}

export function quotaCluster(model: GatewayModel, folder: string): JsonObject[] {
  if (quotasOf(model).length === 0) return [];
  return [
    {
      name: CLUSTER,
      type: "STATIC",
      connect_timeout: duration(1000),
      typed_extension_protocol_options: {
        "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": typed("envoy.extensions.upstreams.http.v3.HttpProtocolOptions", {
          explicit_http_config: { http2_protocol_options: {} },
        }),
      },
      load_assignment: {
        cluster_name: CLUSTER,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: inFolder(folder, FILES.quotaSocket) } } } }] }],
      },
    },
  ];
}

import type { GatewayModel } from "../../../spec/model.ts";
import { clusterOf } from "../../local/envoy/targets.ts";
import { type JsonObject, typed } from "../../local/envoy/values.ts";

const METADATA = "metadata-server";

/** Fetches ID tokens of the service account from the metadata server for backends that want one, and puts them in `Authorization`. */
export function identityTokenFilter(model: GatewayModel): JsonObject[] {
  if (!asked(model)) return [];
  return [
    {
      name: "gateway.identity-token",
      typed_config: typed("envoy.extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig", {
        cluster: METADATA,
        timeout: "5s",
        retry_policy: { num_retries: 2, retry_back_off: { base_interval: "0.1s", max_interval: "1s" } },
        cache_config: { cache_size: { value: 100 } },
      }),
    },
  ];
}

export function metadataCluster(model: GatewayModel, metadataServer: string): JsonObject[] {
  if (!asked(model)) return [];
  const [address = "", port = "80"] = metadataServer.split(":");
  return [
    {
      name: METADATA,
      type: "STRICT_DNS",
      connect_timeout: "2s",
      load_assignment: {
        cluster_name: METADATA,
        endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: Number(port) } } } }] }],
      },
    },
  ];
}

/** The audience stands in the cluster's metadata, where the filter looks for it. */
export function withAudience(cluster: JsonObject, model: GatewayModel): JsonObject {
  const found = Object.entries(model.gcp.identityTokens).find(([backend]) => clusterOf(backend) === cluster.name);
  if (found === undefined) return cluster;
  return {
    ...cluster,
    metadata: {
      typed_filter_metadata: {
        "envoy.filters.http.gcp_authn": typed("envoy.extensions.filters.http.gcp_authn.v3.Audience", { url: found[1] }),
      },
    },
  };
}

const asked = ({ gcp }: GatewayModel): boolean => Object.keys(gcp.identityTokens).length > 0;

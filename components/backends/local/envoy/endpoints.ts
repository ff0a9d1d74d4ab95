import { isIP } from "node:net";
import { type JsonObject, typed } from "./values.ts";

/** How a cluster's endpoints are found: addresses are used as they are, names are looked up again when their time to live is over. */
export function discoveryOf(addresses: readonly string[]): JsonObject {
  if (addresses.every((address) => isIP(address) !== 0)) return { type: "STATIC" };
  return {
    cluster_type: {
      name: "envoy.cluster.dns",
      typed_config: typed("envoy.extensions.clusters.dns.v3.DnsCluster", { dns_lookup_family: "V4_PREFERRED", respect_dns_ttl: true }),
    },
  };
}

export const endpoint = (address: string, port: number): JsonObject => ({
  endpoint: { address: { socket_address: { address, port_value: port } } },
});

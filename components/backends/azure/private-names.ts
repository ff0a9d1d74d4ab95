import { PrivateRecordSet } from "@pulumi/azure-native/privatedns/privateRecordSet.js";
import { PrivateZone } from "@pulumi/azure-native/privatedns/privateZone.js";
import { VirtualNetworkLink } from "@pulumi/azure-native/privatedns/virtualNetworkLink.js";
import type * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import type { AzureBuild } from "./build.ts";
import { usedBackends } from "./needs.ts";
import type { ServiceNetwork } from "./network.ts";

/** Names of backends in the network and on premises, each host in a zone of its own, so that no other name of its domain is hidden. */
export function privateNames(b: AzureBuild, network: ServiceNetwork): pulumi.Resource[] {
  return [...Map.groupBy(usedBackends(b.model), ({ host }) => host).values()].flatMap(([backend]) => {
    // Backends of one host have the same addresses, or are refused.
    if (backend === undefined || backend.network.type === "public" || backend.network.addresses.length === 0) return [];
    const { addresses } = backend.network;
    const zone = new PrivateZone(
      `${b.name}-names-${backend.name}`,
      { resourceGroupName: b.group, privateZoneName: backend.host, location: "global", tags: b.tags },
      b.opts(),
    );
    const of = (kind: "ipv4" | "ipv6") => addresses.filter((text) => ipaddr.parse(text).kind() === kind);
    const records = (["A", "AAAA"] as const).flatMap((recordType) => {
      const found = of(recordType === "A" ? "ipv4" : "ipv6");
      if (found.length === 0) return [];
      return new PrivateRecordSet(
        `${b.name}-names-${backend.name}-${recordType.toLowerCase()}`,
        {
          resourceGroupName: b.group,
          privateZoneName: zone.name,
          relativeRecordSetName: "@",
          recordType,
          ttl: 300,
          ...(recordType === "A"
            ? { aRecords: found.map((ipv4Address) => ({ ipv4Address })) }
            : { aaaaRecords: found.map((ipv6Address) => ({ ipv6Address })) }),
        },
        b.opts(),
      );
    });
    const link = new VirtualNetworkLink(
      `${b.name}-names-${backend.name}-link`,
      {
        resourceGroupName: b.group,
        privateZoneName: zone.name,
        location: "global",
        registrationEnabled: false,
        virtualNetwork: { id: network.networkId },
        tags: b.tags,
      },
      b.opts(),
    );
    b.enforced.note(zone, backend.network.type === "private" ? "backend.private" : "backend.onPremises");
    return [...records, link];
  });
}

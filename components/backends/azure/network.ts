import { DdosProtectionPlan } from "@pulumi/azure-native/network/ddosProtectionPlan.js";
import { NetworkSecurityGroup } from "@pulumi/azure-native/network/networkSecurityGroup.js";
import { PublicIPAddress } from "@pulumi/azure-native/network/publicIPAddress.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetwork } from "@pulumi/azure-native/network/virtualNetwork.js";
import * as pulumi from "@pulumi/pulumi";
import ipaddr from "ipaddr.js";
import { digest } from "../../digest.ts";
import type { AzureBuild } from "./build.ts";
import { servesFreeCertificate } from "./needs.ts";

/** Where the service is placed. */
export interface ServiceNetwork {
  /** How API Management names the placement; outbound integration counts as external. */
  readonly type: "External" | "Internal";
  readonly subnetId: pulumi.Output<string>;
  readonly networkId: pulumi.Output<string>;
  /** The network the stack created; undefined for one of others. */
  readonly created: { readonly name: pulumi.Output<string>; readonly gatewayPrefix: string; readonly subnet: Subnet } | undefined;
  readonly publicIpId: pulumi.Output<string> | undefined;
  readonly ready: readonly pulumi.Resource[];
}

/** The virtual network of the service; undefined without one. */
export function serviceNetwork(b: AzureBuild): ServiceNetwork | undefined {
  const { mode, subnetId } = b.model.azure.network;
  if (mode === "none" || b.model.azure.service.existing !== undefined) return undefined;
  const type = mode === "internal" ? "Internal" : "External";
  if (subnetId !== undefined)
    return {
      type,
      subnetId: pulumi.output(subnetId),
      networkId: pulumi.output(subnetId.replace(/\/subnets\/[^/]+$/i, "")),
      created: undefined,
      publicIpId: undefined,
      ready: [],
    };
  const blocks = divide(b.model.azure.network.addressSpace);
  const plan =
    b.model.ddos === "advanced"
      ? new DdosProtectionPlan(`${b.name}-ddos`, { resourceGroupName: b.group, tags: b.tags, ...b.inLocation }, b.opts())
      : undefined;
  const network = new VirtualNetwork(
    `${b.name}-network`,
    {
      resourceGroupName: b.group,
      addressSpace: { addressPrefixes: [b.model.azure.network.addressSpace] },
      ...(plan === undefined ? {} : { enableDdosProtection: true, ddosProtectionPlan: { id: plan.id } }),
      tags: b.tags,
      ...b.inLocation,
    },
    // Subnets are resources of their own.
    b.opts({ ignoreChanges: ["subnets"] }),
  );
  const firewall = securityGroup(b, mode);
  const subnet = new Subnet(
    `${b.name}-subnet`,
    {
      resourceGroupName: b.group,
      virtualNetworkName: network.name,
      subnetName: "gateway",
      addressPrefix: blocks.service,
      networkSecurityGroup: { id: firewall.id },
      ...(mode === "integration" ? { delegations: [{ name: "gateway", serviceName: "Microsoft.Web/serverFarms" }] } : {}),
    },
    b.opts(),
  );
  const publicIp = mode === "external" ? address(b, "address", `${b.name}-${digest(b.model.hostname).slice(0, 8)}`) : undefined;
  if (plan) for (const one of [plan, network, ...(publicIp ? [publicIp] : [])]) b.enforced.note(one, "ddos.advanced");
  b.enforced.note(network, "backend.private", "backend.onPremises");
  return {
    type,
    subnetId: subnet.id,
    networkId: network.id,
    created: { name: network.name, gatewayPrefix: blocks.gateway, subnet },
    publicIpId: publicIp?.id,
    ready: [subnet],
  };
}

/** Halves of a block: one for the service, one for a VPN or ExpressRoute gateway. */
export function divide(block: string): { readonly service: string; readonly gateway: string } {
  const [address, bits] = ipaddr.IPv4.parseCIDR(block);
  const bytes = ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`).toByteArray();
  const index = Math.floor(bits / 8);
  const second = [...bytes];
  second[index] = (second[index] ?? 0) + 2 ** (7 - (bits % 8));
  return { service: `${bytes.join(".")}/${bits + 1}`, gateway: `${second.join(".")}/${bits + 1}` };
}

/** A fixed public address, as every gateway in a virtual network needs. */
export function address(b: AzureBuild, suffix: string, domainNameLabel?: string): PublicIPAddress {
  return new PublicIPAddress(
    `${b.name}-${suffix}`,
    {
      resourceGroupName: b.group,
      sku: { name: "Standard" },
      publicIPAllocationMethod: "Static",
      ...(domainNameLabel === undefined ? {} : { dnsSettings: { domainNameLabel } }),
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
}

/** Ports API Management needs, by the vendor's virtual network reference, and clients' from where they may come. */
function securityGroup(b: AzureBuild, mode: "external" | "internal" | "integration"): NetworkSecurityGroup {
  const clients = b.model.edge === "cdn" ? "AzureFrontDoor.Backend" : mode === "internal" ? "VirtualNetwork" : "Internet";
  // By port 80 the authority of the platform's free certificates checks the name.
  const plain = b.model.http === "redirect" || servesFreeCertificate(b.model);
  const clientPorts = plain && b.model.edge === "none" ? ["80", "443"] : ["443"];
  const rule = (
    name: string,
    priority: number,
    direction: "Inbound" | "Outbound",
    source: string,
    destination: string,
    ports: readonly string[],
  ) => ({
    name,
    priority,
    direction,
    access: "Allow",
    protocol: "Tcp",
    sourceAddressPrefix: source,
    sourcePortRange: "*",
    destinationAddressPrefix: destination,
    destinationPortRanges: [...ports],
  });
  const inbound =
    mode === "integration"
      ? []
      : [
          rule("clients", 100, "Inbound", clients, "VirtualNetwork", clientPorts),
          rule("management", 110, "Inbound", "ApiManagement", "VirtualNetwork", ["3443"]),
          rule("platform", 120, "Inbound", "AzureLoadBalancer", "VirtualNetwork", ["6390"]),
        ];
  return new NetworkSecurityGroup(
    `${b.name}-firewall`,
    {
      resourceGroupName: b.group,
      securityRules: [
        ...inbound,
        rule("storage", 200, "Outbound", "VirtualNetwork", "Storage", ["443"]),
        rule("key-vault", 210, "Outbound", "VirtualNetwork", "AzureKeyVault", ["443"]),
        ...(mode === "integration"
          ? []
          : [
              rule("sql", 220, "Outbound", "VirtualNetwork", "Sql", ["1433"]),
              rule("monitor", 230, "Outbound", "VirtualNetwork", "AzureMonitor", ["443", "1886"]),
              // Whether certificates still hold is asked in the open.
              rule("certificates", 240, "Outbound", "VirtualNetwork", "Internet", ["80"]),
            ]),
      ],
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
}

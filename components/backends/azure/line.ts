import { LocalNetworkGateway } from "@pulumi/azure-native/network/localNetworkGateway.js";
import { Subnet } from "@pulumi/azure-native/network/subnet.js";
import { VirtualNetworkGateway } from "@pulumi/azure-native/network/virtualNetworkGateway.js";
import { VirtualNetworkGatewayConnection } from "@pulumi/azure-native/network/virtualNetworkGatewayConnection.js";
import type { AzureBuild } from "./build.ts";
import { address, type ServiceNetwork } from "./network.ts";

/** Keys of both tunnel phases, without old algorithms. */
const IPSEC = {
  saLifeTimeSeconds: 27_000,
  saDataSizeKilobytes: 102_400_000,
  ipsecEncryption: "GCMAES256",
  ipsecIntegrity: "GCMAES256",
  ikeEncryption: "GCMAES256",
  ikeIntegrity: "SHA384",
  dhGroup: "ECP384",
  pfsGroup: "ECP384",
} as const;

/** A VPN or ExpressRoute gateway takes up to an hour. */
const TIMEOUT = "2h";

/** The line to backends on premises, where the stack makes one. */
export function line(b: AzureBuild, network: ServiceNetwork): void {
  const settings = b.model.azure.network.onPremises;
  const { created } = network;
  if (settings === undefined || settings.type === "existing" || created === undefined) return;
  const subnet = new Subnet(
    `${b.name}-line-subnet`,
    { resourceGroupName: b.group, virtualNetworkName: created.name, subnetName: "GatewaySubnet", addressPrefix: created.gatewayPrefix },
    // Two subnets of one network cannot be written at the same time.
    b.opts({ dependsOn: [created.subnet] }),
  );
  const publicIp = address(b, "line-address");
  const gateway = new VirtualNetworkGateway(
    `${b.name}-line-gateway`,
    {
      resourceGroupName: b.group,
      ...(settings.type === "vpn"
        ? { gatewayType: "Vpn", vpnType: "RouteBased", vpnGatewayGeneration: generation(settings.sku) }
        : { gatewayType: "ExpressRoute" }),
      sku: { name: settings.sku, tier: settings.sku },
      ipConfigurations: [
        { name: "gateway", publicIPAddress: { id: publicIp.id }, subnet: { id: subnet.id }, privateIPAllocationMethod: "Dynamic" },
      ],
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts({ customTimeouts: { create: TIMEOUT, update: TIMEOUT, delete: TIMEOUT } }),
  );
  const common = { resourceGroupName: b.group, virtualNetworkGateway1: { id: gateway.id }, tags: b.tags, ...b.inLocation };
  const connection =
    settings.type === "vpn"
      ? new VirtualNetworkGatewayConnection(
          `${b.name}-line`,
          {
            ...common,
            connectionType: "IPsec",
            connectionProtocol: "IKEv2",
            localNetworkGateway2: { id: site(b, settings).id },
            sharedKey: b.secrets.get(settings.sharedKey),
            ipsecPolicies: [IPSEC],
          },
          b.opts(),
        )
      : new VirtualNetworkGatewayConnection(
          `${b.name}-line`,
          {
            ...common,
            connectionType: "ExpressRoute",
            peer: { id: settings.circuitId },
            ...(settings.authorizationKey === undefined ? {} : { authorizationKey: b.secrets.get(settings.authorizationKey) }),
          },
          b.opts(),
        );
  b.enforced.note(connection, "backend.onPremises");
}

const generation = (sku: string): string => (sku === "VpnGw1AZ" ? "Generation1" : "Generation2");

function site(
  b: AzureBuild,
  { gatewayAddress, addressSpaces }: { readonly gatewayAddress: string; readonly addressSpaces: readonly string[] },
) {
  return new LocalNetworkGateway(
    `${b.name}-site`,
    {
      resourceGroupName: b.group,
      gatewayIpAddress: gatewayAddress,
      localNetworkAddressSpace: { addressPrefixes: [...addressSpaces] },
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
}

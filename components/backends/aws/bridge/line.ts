import { Gateway as DirectConnectGateway } from "@pulumi/aws/directconnect/gateway.js";
import { GatewayAssociation } from "@pulumi/aws/directconnect/gatewayAssociation.js";
import { PrivateVirtualInterface } from "@pulumi/aws/directconnect/privateVirtualInterface.js";
import { CustomerGateway } from "@pulumi/aws/ec2/customerGateway.js";
import { VpnConnection } from "@pulumi/aws/ec2/vpnConnection.js";
import { VpnConnectionRoute } from "@pulumi/aws/ec2/vpnConnectionRoute.js";
import { VpnGateway } from "@pulumi/aws/ec2/vpnGateway.js";
import { VpnGatewayRoutePropagation } from "@pulumi/aws/ec2/vpnGatewayRoutePropagation.js";
import type { AwsBuild } from "../build.ts";
import type { Network } from "./network.ts";

/** The line to on premises, where the stack makes it. Returns what it is for the outputs. */
export function line(b: AwsBuild, network: Network): string {
  const { line: wanted } = network;
  if (wanted === "existing") return "an existing line";
  const gateway = new VpnGateway(`${b.name}-line`, { vpcId: network.vpcId, tags: b.tags, ...b.inRegion }, b.opts());
  b.enforced.note(gateway, "backend.onPremises");
  for (const [index, routeTableId] of network.routeTableIds.entries()) {
    new VpnGatewayRoutePropagation(
      `${b.name}-line-routes-${index + 1}`,
      { vpnGatewayId: gateway.id, routeTableId, ...b.inRegion },
      b.opts(),
    );
  }
  return "vpn" in wanted ? siteToSite(b, gateway, wanted.vpn) : directConnect(b, gateway, wanted.directConnect);
}

type Made = Exclude<Network["line"], "existing">;

function siteToSite(b: AwsBuild, gateway: VpnGateway, vpn: Extract<Made, { vpn: unknown }>["vpn"]): string {
  const customer = new CustomerGateway(
    `${b.name}-customer`,
    { ipAddress: vpn.customerGatewayAddress, bgpAsn: String(vpn.bgpAsn), type: "ipsec.1", tags: b.tags, ...b.inRegion },
    b.opts(),
  );
  const tunnel = {
    ikeVersions: ["ikev2"],
    phase1EncryptionAlgorithms: ["AES256-GCM-16"],
    phase2EncryptionAlgorithms: ["AES256-GCM-16"],
    phase1IntegrityAlgorithms: ["SHA2-384"],
    phase2IntegrityAlgorithms: ["SHA2-384"],
    phase1DhGroupNumbers: [20],
    phase2DhGroupNumbers: [20],
    startupAction: "start",
  };
  const connection = new VpnConnection(
    `${b.name}-vpn`,
    {
      type: "ipsec.1",
      customerGatewayId: customer.id,
      vpnGatewayId: gateway.id,
      staticRoutesOnly: vpn.cidrs.length > 0,
      ...tunnelOptions(1, tunnel),
      ...tunnelOptions(2, tunnel),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(connection, "backend.onPremises");
  for (const [index, block] of vpn.cidrs.entries()) {
    new VpnConnectionRoute(
      `${b.name}-vpn-route-${index + 1}`,
      { vpnConnectionId: connection.id, destinationCidrBlock: block, ...b.inRegion },
      b.opts(),
    );
  }
  return "a site-to-site VPN";
}

/** `ikeVersions` → `tunnel1IkeVersions`. */
function tunnelOptions(number: 1 | 2, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`tunnel${number}${key[0]?.toUpperCase()}${key.slice(1)}`, value]),
  );
}

function directConnect(b: AwsBuild, gateway: VpnGateway, wanted: Extract<Made, { directConnect: unknown }>["directConnect"]): string {
  const name = `${b.name}-line`;
  const direct = new DirectConnectGateway(`${b.name}-direct-connect`, { name, amazonSideAsn: String(wanted.amazonSideAsn) }, b.opts());
  new GatewayAssociation(
    `${b.name}-direct-connect-association`,
    { dxGatewayId: direct.id, associatedGatewayId: gateway.id, ...b.inRegion },
    b.opts(),
  );
  const virtual = new PrivateVirtualInterface(
    `${b.name}-virtual-interface`,
    {
      name,
      connectionId: wanted.connectionId,
      vlan: wanted.vlan,
      bgpAsn: wanted.bgpAsn,
      addressFamily: "ipv4",
      dxGatewayId: direct.id,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(virtual, "backend.onPremises");
  return "Direct Connect";
}

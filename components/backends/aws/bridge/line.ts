import { Gateway as DirectConnectGateway } from "@pulumi/aws/directconnect/gateway.js";
import { GatewayAssociation } from "@pulumi/aws/directconnect/gatewayAssociation.js";
import { PrivateVirtualInterface } from "@pulumi/aws/directconnect/privateVirtualInterface.js";
import { CustomerGateway } from "@pulumi/aws/ec2/customerGateway.js";
import { VpnConnection } from "@pulumi/aws/ec2/vpnConnection.js";
import { VpnConnectionRoute } from "@pulumi/aws/ec2/vpnConnectionRoute.js";
import { VpnGateway } from "@pulumi/aws/ec2/vpnGateway.js";
import { VpnGatewayRoutePropagation } from "@pulumi/aws/ec2/vpnGatewayRoutePropagation.js";
import type * as pulumi from "@pulumi/pulumi";
import type { AwsBuild } from "../build.ts";
import type { Network } from "./network.ts";

/** Largest number that fits the older of two fields; the newer one takes all of them. */
const LARGEST_CUSTOMER_ASN = 2_147_483_647;
const LARGEST_INTERFACE_ASN = 2_147_483_646;

/** The line to on premises, where the stack makes it. Returns what it is for the outputs. */
export function line(b: AwsBuild, network: Network): string {
  const { line: wanted } = network;
  if (wanted === "existing") return "an existing line";
  const gateway = new VpnGateway(`${b.name}-line`, { vpcId: network.vpcId, tags: b.tags, ...b.inRegion }, b.opts());
  b.enforced.note(gateway, "backend.onPremises");
  const { name, before } = "vpn" in wanted ? siteToSite(b, gateway, wanted.vpn) : directConnect(b, gateway, wanted.directConnect);
  for (const [index, routeTableId] of network.routeTableIds.entries()) {
    new VpnGatewayRoutePropagation(
      `${b.name}-line-routes-${index + 1}`,
      { vpnGatewayId: gateway.id, routeTableId, ...b.inRegion },
      b.opts({ dependsOn: [...before] }),
    );
  }
  return name;
}

/** A line that stands. */
interface Line {
  /** For people. */
  readonly name: string;
  /** What has to be there before its routes are propagated. */
  readonly before: readonly pulumi.Resource[];
}

type Made = Exclude<Network["line"], "existing">;

function siteToSite(b: AwsBuild, gateway: VpnGateway, vpn: Extract<Made, { vpn: unknown }>["vpn"]): Line {
  const customer = new CustomerGateway(
    `${b.name}-customer`,
    {
      ipAddress: vpn.customerGatewayAddress,
      ...(vpn.bgpAsn > LARGEST_CUSTOMER_ASN ? { bgpAsnExtended: String(vpn.bgpAsn) } : { bgpAsn: String(vpn.bgpAsn) }),
      type: "ipsec.1",
      tags: b.tags,
      ...b.inRegion,
    },
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
    // AWS brings the tunnel up, and up again after the other side was away: by itself it would wait for that side to call.
    startupAction: "start",
    dpdTimeoutAction: "restart",
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
  return { name: "a site-to-site VPN", before: [] };
}

/** `ikeVersions` → `tunnel1IkeVersions`. */
function tunnelOptions(number: 1 | 2, options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [`tunnel${number}${key[0]?.toUpperCase()}${key.slice(1)}`, value]),
  );
}

function directConnect(b: AwsBuild, gateway: VpnGateway, wanted: Extract<Made, { directConnect: unknown }>["directConnect"]): Line {
  const name = `${b.name}-line`;
  const direct = new DirectConnectGateway(`${b.name}-direct-connect`, { name, amazonSideAsn: String(wanted.amazonSideAsn) }, b.opts());
  const association = new GatewayAssociation(
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
      ...(wanted.bgpAsn > LARGEST_INTERFACE_ASN ? { bgpAsnLong: String(wanted.bgpAsn) } : { bgpAsn: wanted.bgpAsn }),
      addressFamily: "ipv4",
      dxGatewayId: direct.id,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(virtual, "backend.onPremises");
  // Routes propagated before the association may be wrong ones (Direct Connect User Guide, "Virtual private gateway associations").
  return { name: "Direct Connect", before: [association] };
}

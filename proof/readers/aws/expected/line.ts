import type { Expected } from "../../expected.ts";
import { is, type Shape } from "../../shape.ts";
import type { Context } from "./context.ts";

const CONTROL = "backend.onPremises";
/** Above these AWS has another field for the number of the other side. */
const LARGEST_CUSTOMER_ASN = 2 ** 31 - 1;
const LARGEST_INTERFACE_ASN = 2 ** 31 - 2;

/** The line to on premises, where the stack makes it: a gateway of the VPC, what leads to it, and its routes in the document's tables. */
export function* line(c: Context): Generator<Expected> {
  const { network } = c.model.aws;
  if (network === undefined || network.line === "existing") return;
  if (!Object.values(c.model.backends).some((backend) => backend.network.type === "onPremises")) return;
  yield {
    type: "aws:ec2/vpnGateway:VpnGateway",
    suffix: "line",
    control: CONTROL,
    inputs: { vpcId: network.vpcId, ...c.home },
  };
  for (const [index, routeTableId] of network.routeTableIds.entries())
    yield {
      type: "aws:ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation",
      suffix: `line-routes-${index + 1}`,
      control: CONTROL,
      inputs: { vpnGatewayId: c.ref("line", "id"), routeTableId, ...c.here },
      // Propagated before the gateways are associated, routes may be wrong ones.
      after: "directConnect" in network.line ? ["direct-connect-association"] : [],
    };
  yield* "vpn" in network.line ? vpn(c, network.line.vpn) : directConnect(c, network.line.directConnect);
}

type Made = Exclude<NonNullable<Context["model"]["aws"]["network"]>["line"], "existing">;

function* vpn(c: Context, { customerGatewayAddress, bgpAsn, cidrs }: Extract<Made, { vpn: unknown }>["vpn"]): Generator<Expected> {
  const large = bgpAsn > LARGEST_CUSTOMER_ASN;
  yield {
    type: "aws:ec2/customerGateway:CustomerGateway",
    suffix: "customer",
    control: CONTROL,
    inputs: {
      ipAddress: customerGatewayAddress,
      bgpAsn: large ? undefined : String(bgpAsn),
      bgpAsnExtended: large ? String(bgpAsn) : undefined,
      type: "ipsec.1",
      ...c.home,
    },
  };
  yield {
    type: "aws:ec2/vpnConnection:VpnConnection",
    suffix: "vpn",
    control: CONTROL,
    inputs: {
      type: "ipsec.1",
      customerGatewayId: c.ref("customer", "id"),
      vpnGatewayId: c.ref("line", "id"),
      // Blocks of the document, or whatever comes over BGP.
      staticRoutesOnly: cidrs.length > 0,
      ...Object.fromEntries([1, 2].flatMap((tunnel) => Object.entries(TUNNEL).map(([key, shape]) => [`tunnel${tunnel}${key}`, shape]))),
      ...c.home,
    },
  };
  for (const [index, destinationCidrBlock] of cidrs.entries())
    yield {
      type: "aws:ec2/vpnConnectionRoute:VpnConnectionRoute",
      suffix: `vpn-route-${index + 1}`,
      control: CONTROL,
      inputs: { vpnConnectionId: c.ref("vpn", "id"), destinationCidrBlock, ...c.here },
    };
}

/** One of these or several, and nothing else: what is left out is offered with AWS's older ones. */
const onlyOf = (...strong: readonly unknown[]): Shape =>
  is(`some of ${strong.join(", ")}`, (value) => Array.isArray(value) && value.length > 0 && value.every((one) => strong.includes(one)));

/** AES-256-GCM, groups of 192 bits of security or more, and the second version of IKE; AWS brings the tunnel up and up again. */
const TUNNEL: Readonly<Record<string, Shape>> = {
  IkeVersions: ["ikev2"],
  Phase1EncryptionAlgorithms: onlyOf("AES256-GCM-16"),
  Phase2EncryptionAlgorithms: onlyOf("AES256-GCM-16"),
  Phase1IntegrityAlgorithms: onlyOf("SHA2-384", "SHA2-512"),
  Phase2IntegrityAlgorithms: onlyOf("SHA2-384", "SHA2-512"),
  Phase1DhGroupNumbers: onlyOf(20, 21),
  Phase2DhGroupNumbers: onlyOf(20, 21),
  StartupAction: "start",
  DpdTimeoutAction: "restart",
};

function* directConnect(
  c: Context,
  { connectionId, vlan, bgpAsn, amazonSideAsn }: Extract<Made, { directConnect: unknown }>["directConnect"],
): Generator<Expected> {
  const name = `${c.model.name}-line`;
  const large = bgpAsn > LARGEST_INTERFACE_ASN;
  yield {
    type: "aws:directconnect/gateway:Gateway",
    suffix: "direct-connect",
    control: CONTROL,
    inputs: { name, amazonSideAsn: String(amazonSideAsn) },
  };
  yield {
    type: "aws:directconnect/gatewayAssociation:GatewayAssociation",
    suffix: "direct-connect-association",
    control: CONTROL,
    inputs: { dxGatewayId: c.ref("direct-connect", "id"), associatedGatewayId: c.ref("line", "id"), ...c.here },
  };
  yield {
    type: "aws:directconnect/privateVirtualInterface:PrivateVirtualInterface",
    suffix: "virtual-interface",
    control: CONTROL,
    inputs: {
      name,
      connectionId,
      vlan,
      bgpAsn: large ? undefined : bgpAsn,
      bgpAsnLong: large ? String(bgpAsn) : undefined,
      addressFamily: "ipv4",
      dxGatewayId: c.ref("direct-connect", "id"),
      ...c.home,
    },
  };
}

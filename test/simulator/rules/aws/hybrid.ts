import type { Rule, RuleContext } from "../../core/rule.ts";
import { text } from "../../core/values.ts";
import { ACCOUNT_ID, arnOf, aws, ec2Id } from "./common.ts";

const VPN_CONNECTION = "aws:ec2/vpnConnection:VpnConnection";

const inUse = (what: string) => () => `IncorrectState: The ${what} is in use.`;
const directConnectArn = (context: RuleContext, kind: string) => arnOf(context, "directconnect", `${kind}/${context.id}`);

/** Outside addresses of the two tunnels, from the block for documentation (RFC 5737). */
const tunnels = ({ hex }: RuleContext): Record<string, unknown> =>
  Object.fromEntries(
    [1, 2].flatMap((tunnel) => {
      const last = (Number.parseInt(hex(2, "tunnel", tunnel), 16) % 253) + 1;
      return [
        [`tunnel${tunnel}Address`, `203.0.113.${last}`],
        [`tunnel${tunnel}BgpAsn`, "64512"],
        [`tunnel${tunnel}BgpHoldtime`, 30],
        [`tunnel${tunnel}CgwInsideAddress`, `169.254.${tunnel}0.2`],
        [`tunnel${tunnel}VgwInsideAddress`, `169.254.${tunnel}0.1`],
      ];
    }),
  );

export const hybrid: readonly Rule[] = [
  aws("ec2/customerGateway:CustomerGateway", {
    replaceOn: ["bgpAsn", "bgpAsnExtended", "certificateArn", "deviceName", "ipAddress", "type"],
    id: ec2Id("cgw"),
    outputs: (context) => ({ arn: arnOf(context, "ec2", `customer-gateway/${context.id}`) }),
    heldBy: [{ type: VPN_CONNECTION, message: inUse("customer gateway") }],
  }),
  aws("ec2/vpnGateway:VpnGateway", {
    replaceOn: ["amazonSideAsn", "availabilityZone"],
    id: ec2Id("vgw"),
    computedDefaults: () => ({ amazonSideAsn: "64512" }),
    outputs: (context) => ({ arn: arnOf(context, "ec2", `vpn-gateway/${context.id}`) }),
    heldBy: [
      VPN_CONNECTION,
      "aws:ec2/vpnGatewayAttachment:VpnGatewayAttachment",
      "aws:directconnect/gatewayAssociation:GatewayAssociation",
    ].map((type) => ({ type, message: inUse("vpnGateway") })),
  }),
  aws("ec2/vpnGatewayAttachment:VpnGatewayAttachment", {
    replaceOn: ["vpcId", "vpnGatewayId"],
    id: ({ hex }) => `vpn-attachment-${hex(8)}`,
  }),
  aws("ec2/vpnGatewayRoutePropagation:VpnGatewayRoutePropagation", {
    replaceOn: ["vpnGatewayId", "routeTableId"],
    id: ({ inputs }) => `${text(inputs.vpnGatewayId)}_${text(inputs.routeTableId)}`,
  }),
  aws("ec2/vpnConnection:VpnConnection", {
    replaceOn: ["type", "enableAcceleration", "staticRoutesOnly", "tunnelInsideIpVersion", "outsideIpAddressType"],
    id: ec2Id("vpn"),
    computedDefaults: ({ hex }) => ({
      localIpv4NetworkCidr: "0.0.0.0/0",
      remoteIpv4NetworkCidr: "0.0.0.0/0",
      outsideIpAddressType: "PublicIpv4",
      presharedKeyStorage: "Standard",
      tunnel1InsideCidr: "169.254.10.0/30",
      tunnel2InsideCidr: "169.254.20.0/30",
      tunnel1PresharedKey: hex(32, "psk", 1),
      tunnel2PresharedKey: hex(32, "psk", 2),
      tunnelInsideIpVersion: "ipv4",
      tunnelBandwidth: "standard",
    }),
    outputs: (context) => ({
      ...tunnels(context),
      arn: arnOf(context, "ec2", `vpn-connection/${context.id}`),
      coreNetworkArn: "",
      coreNetworkAttachmentArn: "",
      customerGatewayConfiguration: `<vpn_connection id="${context.id}"/>`,
      presharedKeyArn: "",
      routes: [],
      transitGatewayAttachmentId: context.inputs.transitGatewayId === undefined ? "" : `tgw-attach-0${context.hex(16, "tgw")}`,
      vgwTelemetries: [],
    }),
  }),
  aws("ec2/vpnConnectionRoute:VpnConnectionRoute", {
    replaceOn: ["destinationCidrBlock", "vpnConnectionId"],
    id: ({ inputs }) => `${text(inputs.destinationCidrBlock)}:${text(inputs.vpnConnectionId)}`,
  }),
  aws("directconnect/connection:Connection", {
    named: true,
    replaceOn: ["name", "bandwidth", "location", "requestMacsec", "providerName"],
    id: ({ hex }) => `dxcon-${hex(8)}`,
    outputs: (context) => ({
      arn: directConnectArn(context, "dxcon"),
      awsDevice: "EqFA5-0123456789abc",
      hasLogicalRedundancy: "unknown",
      jumboFrameCapable: true,
      macsecCapable: false,
      ownerAccountId: ACCOUNT_ID,
      partnerName: "",
      portEncryptionStatus: "Encryption Down",
      prefixPoolSizeIpv4: 0,
      prefixPoolSizeIpv6: 0,
      prefixPoolUnallocatedCountIpv4: 0,
      prefixPoolUnallocatedCountIpv6: 0,
      rateLimiterStatuses: [],
      state: "requested",
      vlanId: 0,
    }),
  }),
  aws("directconnect/gateway:Gateway", {
    named: true,
    replaceOn: ["amazonSideAsn"],
    id: ({ hex }) => `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`,
    outputs: (context) => ({ arn: `arn:aws:directconnect::${ACCOUNT_ID}:dx-gateway/${context.id}`, ownerAccountId: ACCOUNT_ID }),
    heldBy: [
      "aws:directconnect/gatewayAssociation:GatewayAssociation",
      "aws:directconnect/privateVirtualInterface:PrivateVirtualInterface",
    ].map((type) => ({
      type,
      message: () => "DirectConnectClientException: Direct Connect Gateway has associations and cannot be deleted",
    })),
  }),
  aws("directconnect/gatewayAssociation:GatewayAssociation", {
    replaceOn: ["associatedGatewayId", "associatedGatewayOwnerAccountId", "dxGatewayId", "proposalId"],
    id: ({ hex }) => `ga-${hex(32)}`,
    outputs: ({ hex }) => ({
      associatedGatewayType: "virtualPrivateGateway",
      dxGatewayAssociationId: `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`,
      dxGatewayOwnerAccountId: ACCOUNT_ID,
      transitGatewayAttachmentId: "",
    }),
  }),
  aws("directconnect/privateVirtualInterface:PrivateVirtualInterface", {
    named: true,
    replaceOn: [
      "addressFamily",
      "amazonAddress",
      "bgpAsn",
      "bgpAuthKey",
      "connectionId",
      "customerAddress",
      "dxGatewayId",
      "name",
      "vlan",
      "vpnGatewayId",
    ],
    id: ({ hex }) => `dxvif-${hex(8)}`,
    outputs: (context) => ({
      arn: directConnectArn(context, "dxvif"),
      amazonSideAsn: "64512",
      awsDevice: "EqFA5-0123456789abc",
      jumboFrameCapable: false,
    }),
  }),
];

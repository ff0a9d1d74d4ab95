import type { Rule, RuleContext } from "../../core/rule.ts";
import { letters, text, type Values } from "../../core/values.ts";
import { azure, located } from "./arm.ts";

const NETWORK = "azure-native:network";
const inUse = ({ id }: RuleContext, holder: { readonly id: string }): string =>
  `Code="InUseResourceCannotBeDeleted" Message="Resource ${id} is in use by ${holder.id}."`;
const heldBy = (...kinds: string[]): Rule["heldBy"] =>
  kinds.map((kind) => ({ type: kind.includes(":") ? `azure-native:${kind}` : `${NETWORK}:${kind}`, message: inUse }));

const suffix = (context: RuleContext): string => letters(16, "abcdefghijklmnopqrstuvwxyz0123456789", context.hex(64, "host"));
const global = (token: string, facts: Parameters<typeof azure>[1] = {}): Rule =>
  azure(token, {
    ...facts,
    defaults: (inputs, account) => ({ ...facts.defaults?.(inputs, account), location: "global" }),
    replaceOn: ["location", ...(facts.replaceOn ?? [])],
  });

export const network: readonly Rule[] = [
  located("network:VirtualNetwork", { outputs: () => ({ flowLogs: [] }) }),
  azure("network:Subnet", {
    outputs: () => ({
      ipConfigurationProfiles: [],
      ipConfigurations: [],
      privateEndpoints: [],
      purpose: "",
      resourceNavigationLinks: [],
      serviceAssociationLinks: [],
    }),
    heldBy: heldBy("apimanagement:ApiManagementService", "VirtualNetworkGateway", "PrivateEndpoint", "ApplicationGateway"),
    // Two subnets of one network cannot be written at once.
    serialized: {
      keys: ({ inputs }) => [`${text(inputs.resourceGroupName)}/${text(inputs.virtualNetworkName)}`.toLowerCase()],
      message: () =>
        'Status=429 Code="AnotherOperationInProgress" Message="Another operation on this or dependent resource is in progress."',
    },
  }),
  azure("network:VirtualNetworkPeering", { outputs: () => ({ remoteVirtualNetworkEncryption: { enabled: false } }) }),
  located("network:NetworkSecurityGroup", {
    outputs: () => ({ defaultSecurityRules: [], flowLogs: [], networkInterfaces: [], subnets: [] }),
    heldBy: heldBy("Subnet"),
  }),
  azure("network:SecurityRule"),
  located("network:PublicIPAddress", {
    replaceOn: ["publicIPAddressVersion", "zones"],
    computedDefaults: ({ hex }) => ({
      ipAddress: `203.0.113.${(Number.parseInt(hex(2, "ip"), 16) % 253) + 1}`,
      publicIPAddressVersion: "IPv4",
    }),
    outputs: () => ({ ipConfiguration: { name: "" } }),
    heldBy: heldBy("VirtualNetworkGateway", "ApplicationGateway", "NatGateway", "apimanagement:ApiManagementService"),
  }),
  located("network:VirtualNetworkGateway", {
    replaceOn: ["gatewayType", "vpnType", "vpnGatewayGeneration"],
    outputs: () => ({ inboundDnsForwardingEndpoint: "" }),
    heldBy: heldBy("VirtualNetworkGatewayConnection"),
  }),
  located("network:LocalNetworkGateway", { heldBy: heldBy("VirtualNetworkGatewayConnection") }),
  located("network:VirtualNetworkGatewayConnection", {
    replaceOn: ["connectionType", "virtualNetworkGateway1", "localNetworkGateway2", "peer"],
    outputs: () => ({ connectionStatus: "Unknown", egressBytesTransferred: 0, ingressBytesTransferred: 0, tunnelConnectionStatus: [] }),
  }),
  located("network:ExpressRouteCircuit", { outputs: () => ({ authorizationStatus: "", stag: 0 }) }),
  located("network:PrivateEndpoint", { outputs: () => ({ networkInterfaces: [] }) }),
  located("network:RouteTable", { outputs: () => ({ subnets: [] }), heldBy: heldBy("Subnet") }),
  located("network:NatGateway", { outputs: () => ({ subnets: [] }), heldBy: heldBy("Subnet") }),
  located("network:DdosProtectionPlan", { outputs: () => ({ publicIPAddresses: [], virtualNetworks: [] }) }),
  located("network:ApplicationGateway", {
    outputs: () => ({ defaultPredefinedSslPolicy: "AppGwSslPolicy20220101", operationalState: "Running", privateEndpointConnections: [] }),
  }),
  located("network:WebApplicationFirewallPolicy", {
    outputs: () => ({
      applicationGatewayForContainers: [],
      applicationGateways: [],
      httpListeners: [],
      pathBasedRules: [],
      resourceState: "Enabled",
    }),
    heldBy: heldBy("ApplicationGateway"),
  }),
  global("dns:Zone", {
    outputs: ({ hex }) => {
      const shard = (Number.parseInt(hex(4), 16) % 99) + 1;
      return {
        nameServers: ["com", "net", "org", "info"].map((end, index) => `ns${index + 1}-0${shard}.azure-dns.${end}.`),
        maxNumberOfRecordSets: 10000,
        maxNumberOfRecordsPerRecordSet: 20,
        numberOfRecordSets: 2,
        signingKeys: [],
      };
    },
  }),
  azure("dns:RecordSet", { replaceOn: ["recordType"], outputs: recordSet("zoneName") }),
  global("privatedns:PrivateZone", {
    outputs: ({ hex }) => ({
      internalId: hex(32),
      maxNumberOfRecordSets: 25000,
      maxNumberOfVirtualNetworkLinks: 1000,
      maxNumberOfVirtualNetworkLinksWithRegistration: 100,
      numberOfRecordSets: 1,
      numberOfVirtualNetworkLinks: 0,
      numberOfVirtualNetworkLinksWithRegistration: 0,
    }),
  }),
  azure("privatedns:PrivateRecordSet", {
    replaceOn: ["recordType"],
    outputs: (context) => ({ ...recordSet("privateZoneName")(context), isAutoRegistered: false }),
  }),
  global("privatedns:VirtualNetworkLink", { replaceOn: ["virtualNetwork"], outputs: () => ({ virtualNetworkLinkState: "Completed" }) }),
  global("cdn:Profile", {
    replaceOn: ["sku"],
    outputs: (context) => ({ extendedProperties: {}, frontDoorId: frontDoorId(context), kind: "frontdoor", resourceState: "Active" }),
  }),
  global("cdn:AFDEndpoint", {
    replaceOn: ["autoGeneratedDomainNameLabelScope"],
    outputs: (context) => ({ hostName: `${text(context.inputs.endpointName)}-${suffix(context)}.z01.azurefd.net` }),
  }),
  azure("cdn:AFDOriginGroup", { heldBy: heldBy("cdn:Route") }),
  azure("cdn:AFDOrigin"),
  azure("cdn:AFDCustomDomain", {
    replaceOn: ["hostName"],
    outputs: (context) => ({
      domainValidationState: "Pending",
      validationProperties: { expirationDate: "2027-01-01T00:00:00Z", validationToken: `_${suffix(context)}` },
    }),
    heldBy: heldBy("cdn:Route", "cdn:SecurityPolicy"),
  }),
  azure("cdn:Route"),
  azure("cdn:SecurityPolicy"),
  azure("cdn:RuleSet", { heldBy: heldBy("cdn:Route") }),
  azure("cdn:Rule"),
  azure("cdn:Secret", { heldBy: heldBy("cdn:AFDCustomDomain") }),
  global("frontdoor:Policy", {
    outputs: () => ({ frontendEndpointLinks: [], resourceState: "Enabled", routingRuleLinks: [], securityPolicyLinks: [] }),
    heldBy: heldBy("cdn:SecurityPolicy"),
  }),
];

function recordSet(zone: string) {
  return ({ inputs }: RuleContext): Values => {
    const name = text(inputs.relativeRecordSetName);
    return { fqdn: name === "@" ? `${text(inputs[zone])}.` : `${name}.${text(inputs[zone])}.` };
  };
}

/** The value of the X-Azure-FDID header by which an origin knows its Front Door. */
function frontDoorId({ hex }: RuleContext): string {
  return `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`;
}

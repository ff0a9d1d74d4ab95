import ipaddr from "ipaddr.js";
import { within } from "../../../addresses.ts";
import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, nothing, number, object, text, where } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import type { Read } from "../../resources.ts";
import { AZURE, type Inputs, inGroup, placed, refer, type Scene } from "./scene.ts";

const NETWORK = `${AZURE}network:`;

/** Name of the subnet that gateways of private lines stand in; the platform knows it by that. */
export const LINE_SUBNET = "GatewaySubnet";

type Placement = "none" | "somebody-elses" | "own";

/** Whose network the service stands in. */
export function placementOf({ model }: Pick<Scene, "model">): Placement {
  const { mode, subnetId } = model.azure.network;
  if (mode === "none" || model.azure.service.existing !== undefined) return "none";
  return subnetId === undefined ? "own" : "somebody-elses";
}

/** A subnet of this plan, the one for lines or the other. */
export const subnet = ({ resources }: Scene, line: boolean): Grammar =>
  where((value) => {
    const found = resources.behind(value, `${NETWORK}Subnet`);
    return found !== undefined && (found.inputs.subnetName === LINE_SUBNET) === line && value === `\${${found.name}.id}`;
  }, "the subnet for it");

/** The service's own address is the one with a name; lines have none. */
const named = ({ inputs }: Read): boolean => inputs.dnsSettings !== undefined;

/** A public address of this plan, the service's or the line's. */
export const publicAddress = ({ resources }: Scene, line: boolean): Grammar =>
  where((value) => {
    const found = resources.behind(value, `${NETWORK}PublicIPAddress`);
    return found !== undefined && named(found) !== line && value === `\${${found.name}.id}`;
  }, "the public address for it");

/** How the service stands in its network; outbound integration counts as external. */
export function placement(scene: Scene): Record<string, Grammar> {
  const { mode, subnetId } = scene.model.azure.network;
  const whose = placementOf(scene);
  if (whose === "none") return { virtualNetworkType: is("None") };
  return {
    virtualNetworkType: is(mode === "internal" ? "Internal" : "External"),
    virtualNetworkConfiguration: object({ subnetResourceId: whose === "own" ? subnet(scene, false) : is(subnetId) }),
    publicIpAddressId: whose === "own" && mode === "external" ? publicAddress(scene, false) : nothing,
  };
}

/** True for a block that lies in another, written by its first address. */
function inside(block: unknown, space: string, longest: number): boolean {
  const [, address = "", bits = ""] = /^([\d.]+)\/(\d{1,2})$/.exec(String(block)) ?? [];
  return (
    ipaddr.IPv4.isValid(address) &&
    Number(bits) <= longest &&
    Number(bits) > Number(space.split("/")[1]) &&
    ipaddr.IPv4.networkAddressFromCIDR(`${address}/${bits}`).toString() === address &&
    within(address, space)
  );
}

/** The smallest subnet the service takes (integration) and the one gateways of lines take. Source: the vendor's network references. */
const LONGEST_PREFIX = 27;

/** Ports of the platform by the vendor's virtual network reference, and clients' from where the document lets them come. */
function flows({ model, frontDoor, freeCertificate }: Scene): string[] {
  const storesOnly = ["Outbound VirtualNetwork > Storage 443", "Outbound VirtualNetwork > AzureKeyVault 443"];
  const { mode } = model.azure.network;
  if (mode === "integration") return storesOnly;
  const clients = frontDoor ? "AzureFrontDoor.Backend" : mode === "internal" ? "VirtualNetwork" : "Internet";
  // The authority of free certificates comes by port 80.
  const ports = !frontDoor && (model.http === "redirect" || freeCertificate) ? [80, 443] : [443];
  return [
    ...ports.map((port) => `Inbound ${clients} > VirtualNetwork ${port}`),
    "Inbound ApiManagement > VirtualNetwork 3443",
    "Inbound AzureLoadBalancer > VirtualNetwork 6390",
    ...storesOnly,
    "Outbound VirtualNetwork > Sql 1433",
    "Outbound VirtualNetwork > AzureMonitor 443",
    "Outbound VirtualNetwork > AzureMonitor 1886",
    "Outbound VirtualNetwork > Internet 80",
  ];
}

const rule: Grammar = object({
  name: text(/^[A-Za-z0-9][\w.-]{0,79}$/),
  priority: number(100, 4096),
  direction: is("Inbound", "Outbound"),
  access: is("Allow"),
  protocol: is("Tcp"),
  sourceAddressPrefix: text(),
  sourcePortRange: is("*"),
  destinationAddressPrefix: text(),
  destinationPortRanges: list(text(/^\d{1,5}$/)),
});

export const NETWORKS: Inputs = {
  "network:DdosProtectionPlan": ["ddos.advanced", (scene) => object(placed(scene))],
  "network:VirtualNetwork": [
    "backend.private",
    (scene) => {
      const guarded = scene.model.ddos === "advanced";
      return object({
        ...placed(scene),
        addressSpace: object({ addressPrefixes: is([scene.model.azure.network.addressSpace]) }),
        enableDdosProtection: is(guarded),
        ddosProtectionPlan: guarded ? object({ id: refer(scene, "network:DdosProtectionPlan", "id") }) : nothing,
        enableVmProtection: is(false),
      });
    },
  ],
  "network:Subnet": [
    "backend.private",
    (scene, { inputs }) => {
      const line = inputs.subnetName === LINE_SUBNET;
      const { mode, addressSpace } = scene.model.azure.network;
      return object({
        ...inGroup(scene),
        virtualNetworkName: refer(scene, "network:VirtualNetwork", "name"),
        subnetName: text(/^[A-Za-z0-9][\w.-]{0,79}$/),
        addressPrefix: where((value) => inside(value, addressSpace, LONGEST_PREFIX), `a part of ${addressSpace}`),
        // The platform takes none where gateways of lines stand.
        networkSecurityGroup: line ? nothing : object({ id: refer(scene, "network:NetworkSecurityGroup", "id") }),
        delegations:
          mode === "integration" && !line ? list(object({ name: text(), serviceName: is("Microsoft.Web/serverFarms") }), 1, 1) : nothing,
        // Defaults of the provider; there are no private endpoints and no private link services here.
        privateEndpointNetworkPolicies: is("Disabled"),
        privateLinkServiceNetworkPolicies: is("Enabled"),
      });
    },
  ],
  "network:NetworkSecurityGroup": ["host.only", (scene) => object({ ...placed(scene), securityRules: list(rule) })],
  "network:PublicIPAddress": [
    "host.only",
    (scene, one) =>
      object({
        ...placed(scene),
        sku: object({ name: is("Standard") }),
        publicIPAllocationMethod: is("Static"),
        dnsSettings: named(one) ? object({ domainNameLabel: text(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/) }) : nothing,
      }),
  ],
};

/** A network where the document asks for one of the stack's own, with what belongs to it, and its firewall's flows. */
export function observeNetwork(scene: Scene, o: Observations): void {
  const { resources, model } = scene;
  const { mode, onPremises } = model.azure.network;
  const own = placementOf(scene) === "own";
  const line = own && onPremises !== undefined && onPremises.type !== "existing";
  const count = (type: string) => resources.of(NETWORK + type).length;
  for (const [type, wanted] of Object.entries({
    VirtualNetwork: own ? 1 : 0,
    NetworkSecurityGroup: own ? 1 : 0,
    Subnet: (own ? 1 : 0) + (line ? 1 : 0),
    PublicIPAddress: (own && mode === "external" ? 1 : 0) + (line ? 1 : 0),
    DdosProtectionPlan: own && model.ddos === "advanced" ? 1 : 0,
  }))
    o.same(type === "DdosProtectionPlan" ? "ddos.advanced" : "backend.private", `azure.network ${type}`, wanted, count(type));
  if (model.ddos === "advanced") o.holds("ddos.advanced", "ddos", "a DDoS plan protects the address", own && mode === "external");
  const [first, second] = resources.of(`${NETWORK}Subnet`).map(({ inputs }) => String(inputs.addressPrefix));
  if (first !== undefined && second !== undefined)
    o.holds("backend.private", "azure.network", "subnets do not overlap", apart(first, second));
  for (const { name, inputs } of resources.of(`${NETWORK}NetworkSecurityGroup`)) {
    const rules: Json[] = Array.isArray(inputs.securityRules) ? inputs.securityRules : [];
    const found = rules.flatMap((one) =>
      (Array.isArray(one?.destinationPortRanges) ? one.destinationPortRanges : []).map(
        (port: unknown) => `${one.direction} ${one.sourceAddressPrefix} > ${one.destinationAddressPrefix} ${port}`,
      ),
    );
    o.sameSet("host.only", `${name} flows`, flows(scene), found);
    for (const field of ["name", "priority"])
      o.same("host.only", `${name} ${field}`, rules.length, new Set(rules.map((one) => one?.[field])).size);
  }
}

const apart = (one: string, other: string): boolean => {
  try {
    return !within(one.split("/")[0] ?? "", other) && !within(other.split("/")[0] ?? "", one);
  } catch {
    return false;
  }
};

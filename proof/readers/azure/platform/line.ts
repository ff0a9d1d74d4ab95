import { madeUpSecret } from "../../../mutations/documents.ts";
import type { Observations } from "../../../verdicts.ts";
import { elements, type Grammar, is, list, nothing, object, text } from "../../grammar.ts";
import { placementOf, publicAddress, subnet } from "./network.ts";
import { AZURE, type Inputs, placed, refer, type Scene } from "./scene.ts";

/** The line the document asks this stack to make; undefined where it is somebody else's. */
const lineOf = (scene: Scene) => {
  const { onPremises } = scene.model.azure.network;
  return placementOf(scene) === "own" && onPremises !== undefined && onPremises.type !== "existing" ? onPremises : undefined;
};

/** Both phases with AES-256 in GCM and groups of 384 bits; how long keys live are the platform's own defaults. */
const policy: Grammar = object({
  ikeEncryption: is("GCMAES256"),
  ikeIntegrity: is("SHA384"),
  dhGroup: is("ECP384"),
  ipsecEncryption: is("GCMAES256"),
  ipsecIntegrity: is("GCMAES256"),
  pfsGroup: is("ECP384"),
  saLifeTimeSeconds: is(27_000),
  saDataSizeKilobytes: is(102_400_000),
});

/** Generations a size comes in. Source: the vendor's page about sizes of VPN gateways. */
const GENERATIONS: Readonly<Record<string, readonly string[]>> = {
  VpnGw1AZ: ["Generation1"],
  VpnGw2AZ: ["Generation1", "Generation2"],
  VpnGw3AZ: ["Generation1", "Generation2"],
};

const gateway = (scene: Scene): Record<string, Grammar> => {
  const line = lineOf(scene);
  if (line?.type !== "vpn") return { gatewayType: is("ExpressRoute"), vpnType: nothing, vpnGatewayGeneration: nothing };
  return { gatewayType: is("Vpn"), vpnType: is("RouteBased"), vpnGatewayGeneration: is(...(GENERATIONS[line.sku] ?? [])) };
};

/** What leads to the other end, and what both ends know each other by. */
const otherEnd = (scene: Scene): Record<string, Grammar> => {
  const line = lineOf(scene);
  switch (line?.type) {
    case "vpn":
      return {
        connectionType: is("IPsec"),
        connectionProtocol: is("IKEv2"),
        localNetworkGateway2: object({ id: refer(scene, "network:LocalNetworkGateway", "id") }),
        sharedKey: is(madeUpSecret(line.sharedKey.secret)),
        ipsecPolicies: list(policy, 1, 1),
      };
    case "expressRoute":
      return {
        connectionType: is("ExpressRoute"),
        peer: object({ id: is(line.circuitId) }),
        authorizationKey: line.authorizationKey === undefined ? nothing : is(madeUpSecret(line.authorizationKey.secret)),
      };
    default:
      return {};
  }
};

export const LINES: Inputs = {
  "network:VirtualNetworkGateway": [
    "backend.onPremises",
    (scene) => {
      const sku = lineOf(scene)?.sku;
      return object({
        ...placed(scene),
        ...gateway(scene),
        sku: object({ name: is(sku), tier: is(sku) }),
        ipConfigurations: list(
          object({
            name: text(),
            publicIPAddress: object({ id: publicAddress(scene, true) }),
            subnet: object({ id: subnet(scene, true) }),
            privateIPAllocationMethod: is("Dynamic"),
          }),
          1,
          1,
        ),
      });
    },
  ],
  "network:VirtualNetworkGatewayConnection": [
    "backend.onPremises",
    (scene) =>
      object({
        ...placed(scene),
        virtualNetworkGateway1: object({ id: refer(scene, "network:VirtualNetworkGateway", "id") }),
        ...otherEnd(scene),
      }),
  ],
  "network:LocalNetworkGateway": [
    "backend.onPremises",
    (scene) => {
      const line = lineOf(scene);
      return object({
        ...placed(scene),
        gatewayIpAddress: is(line?.type === "vpn" ? line.gatewayAddress : undefined),
        localNetworkAddressSpace: object({ addressPrefixes: elements(...(line?.type === "vpn" ? line.addressSpaces : [])) }),
      });
    },
  ],
};

/** One line where the document asks for one. */
export function observeLine(scene: Scene, o: Observations): void {
  const line = lineOf(scene);
  for (const [type, wanted] of Object.entries({
    VirtualNetworkGateway: line ? 1 : 0,
    VirtualNetworkGatewayConnection: line ? 1 : 0,
    LocalNetworkGateway: line?.type === "vpn" ? 1 : 0,
  }))
    o.same("backend.onPremises", `azure.network.onPremises ${type}`, wanted, scene.resources.of(`${AZURE}network:${type}`).length);
}

import ipaddr from "ipaddr.js";
import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, nothing, number, object } from "../../grammar.ts";
import { placementOf } from "./network.ts";
import { AZURE, type Inputs, inGroup, placed, refer, type Scene } from "./scene.ts";

/** Addresses of hosts that some route sends to inside the network or on premises, by host. */
function hostsOf(scene: Scene): Map<string, readonly string[]> {
  if (placementOf(scene) === "none") return new Map();
  const used = new Set(scene.model.routes.flatMap(({ backends }) => backends.map(({ name }) => name)));
  const backends = Object.values(scene.model.backends).filter(({ name, network }) => used.has(name) && network.type !== "public");
  const hosts = Map.groupBy(backends, ({ host }) => host);
  return new Map(
    [...hosts]
      .map(
        ([host, all]) => [host, [...new Set(all.flatMap(({ network }) => (network.type === "public" ? [] : network.addresses)))]] as const,
      )
      .filter(([, addresses]) => addresses.length > 0),
  );
}

const FAMILIES = {
  A: { kind: "ipv4", field: "aRecords", address: "ipv4Address" },
  AAAA: { kind: "ipv6", field: "aaaaRecords", address: "ipv6Address" },
} as const;

type Family = keyof typeof FAMILIES;

const of = (family: Family, addresses: readonly string[]): string[] =>
  addresses.filter((one) => ipaddr.parse(one).kind() === FAMILIES[family].kind);

/** The network that the names are for. */
const network = (scene: Scene): Grammar =>
  placementOf(scene) === "own"
    ? refer(scene, "network:VirtualNetwork", "id")
    : is(scene.model.azure.network.subnetId?.split("/").slice(0, -2).join("/"));

export const NAMES: Inputs = {
  "privatedns:PrivateZone": [
    "backend.private",
    (scene) => object({ ...placed(scene, "global"), privateZoneName: is(...hostsOf(scene).keys()) }),
  ],
  "privatedns:PrivateRecordSet": [
    "backend.private",
    (scene, { inputs }) => {
      const family = inputs.recordType === "AAAA" ? "AAAA" : "A";
      const addresses = of(family, hostsOf(scene).get(inputs.privateZoneName) ?? []);
      const { field, address } = FAMILIES[family];
      const one = object({ [address]: is(...addresses) });
      return object({
        ...inGroup(scene),
        privateZoneName: is(...hostsOf(scene).keys()),
        // The zone is the host's own.
        relativeRecordSetName: is("@"),
        recordType: is(family),
        ttl: number(1, 3600),
        aRecords: nothing,
        aaaaRecords: nothing,
        [field]: list(one, addresses.length, addresses.length),
      });
    },
  ],
  "privatedns:VirtualNetworkLink": [
    "backend.private",
    (scene) =>
      object({
        ...placed(scene, "global"),
        privateZoneName: is(...hostsOf(scene).keys()),
        virtualNetwork: object({ id: network(scene) }),
        // Machines of the network do not write their own names into it.
        registrationEnabled: is(false),
      }),
  ],
};

/** One zone and one link for each host, and a record for each family of its addresses. */
export function observeNames(scene: Scene, o: Observations): void {
  const hosts = hostsOf(scene);
  const found = (type: string) => scene.resources.of(`${AZURE}privatedns:${type}`).map(({ inputs }) => inputs);
  for (const type of ["PrivateZone", "VirtualNetworkLink"])
    o.sameSet(
      "backend.private",
      `names ${type}`,
      [...hosts.keys()],
      found(type).map(({ privateZoneName }) => privateZoneName),
    );
  const families = Object.keys(FAMILIES) as Family[];
  o.sameSet(
    "backend.private",
    "names",
    [...hosts].flatMap(([host, all]) => families.filter((one) => of(one, all).length > 0).map((one) => [host, one, of(one, all).sort()])),
    found("PrivateRecordSet").map(({ privateZoneName, recordType, aRecords, aaaaRecords }) => [
      privateZoneName,
      recordType,
      [...(aRecords ?? []), ...(aaaaRecords ?? [])].map((one) => one?.ipv4Address ?? one?.ipv6Address).sort(),
    ]),
  );
}

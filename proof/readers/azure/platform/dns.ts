import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, list, number, object, where } from "../../grammar.ts";
import { AZURE, type Inputs, refer, type Scene } from "./scene.ts";

/** The service's own name. */
export const origin = ({ others }: Scene): Grammar =>
  where(
    (value) => (others ? value === `${others.name}.azure-api.net` : /^[a-z0-9-]+\.azure-api\.net$/.test(String(value))),
    "the service's own name",
  );

/** The document's zone of Azure DNS. */
export const zoneOf = ({ model }: Scene): { readonly id: string; readonly name: string; readonly group: string } | undefined => {
  const [, group = "", name = ""] = /\/resourceGroups\/([^/]+)\/.*\/dnszones\/([^/]+)$/i.exec(model.dns.zone ?? "") ?? [];
  return model.dns.zone === undefined ? undefined : { id: model.dns.zone, name, group };
};

/** The first address the service has inside its network. */
const inside = ({ resources }: Scene): Grammar =>
  where((value) => {
    const [, name] = /^\$\{([^.}]+)\.privateIPAddresses\[0\]\}$/.exec(String(value)) ?? [];
    return resources.of(`${AZURE}apimanagement:ApiManagementService`).some((one) => one.name === name);
  }, "the service's address inside");

/** Where the host name leads: to Front Door, into the network, or to the service's own name; a zone's own name cannot be a CNAME. */
function target(scene: Scene, apex: boolean): Record<string, Grammar> {
  if (scene.frontDoor)
    return apex
      ? { recordType: is("A"), targetResource: object({ id: refer(scene, "cdn:AFDEndpoint", "id") }) }
      : { recordType: is("CNAME"), cnameRecord: object({ cname: refer(scene, "cdn:AFDEndpoint", "hostName") }) };
  if (scene.model.azure.network.mode === "internal")
    return { recordType: is("A"), aRecords: list(object({ ipv4Address: inside(scene) }), 1, 1) };
  return { recordType: is("CNAME"), cnameRecord: object({ cname: origin(scene) }) };
}

export const DNS: Inputs = {
  "dns:RecordSet": [
    "dns.zone",
    (scene, { inputs }) => {
      const zone = zoneOf(scene) ?? { name: "", group: "" };
      const apex = scene.model.hostname === zone.name;
      const relative = apex ? "@" : scene.model.hostname.slice(0, -zone.name.length - 1);
      const common = { resourceGroupName: is(zone.group), zoneName: is(zone.name), ttl: number(60, 3600) };
      if (inputs.recordType !== "TXT") return object({ ...common, relativeRecordSetName: is(relative), ...target(scene, apex) });
      return object({
        ...common,
        recordType: is("TXT"),
        relativeRecordSetName: is(apex ? "_dnsauth" : `_dnsauth.${relative}`),
        txtRecords: list(object({ value: list(refer(scene, "cdn:AFDCustomDomain", "validationProperties.validationToken"), 1, 1) }), 1, 1),
      });
    },
  ],
};

/** Records where a zone is; the name of a gateway on premises leads there. */
export function observeDns({ resources, model, frontDoor }: Scene, o: Observations): void {
  const written = model.dns.zone !== undefined && model.azure.selfHostedGateway === undefined;
  const proof = resources.of(`${AZURE}cdn:AFDCustomDomain`).some(({ inputs }) => inputs.azureDnsZone !== undefined);
  const kinds = resources.of(`${AZURE}dns:RecordSet`).map(({ inputs }) => (inputs.recordType === "TXT" ? "proof" : "address"));
  o.sameSet("dns.zone", "dns.zone", written ? ["address", ...(frontDoor && proof ? ["proof"] : [])] : [], kinds);
}

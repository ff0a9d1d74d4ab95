import { RecordSet } from "@pulumi/azure-native/dns/recordSet.js";
import type * as pulumi from "@pulumi/pulumi";
import { type AzureBuild, partsOfId } from "./build.ts";

/** The Azure DNS zone the gateway writes records in. */
export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly group: string;
}

/** The zone of the document; undefined where DNS is elsewhere. */
export function findZone(b: AzureBuild): Zone | undefined {
  const id = b.model.dns.zone;
  if (id === undefined) return undefined;
  const parts = Object.fromEntries(Object.entries(partsOfId(id)).map(([key, value]) => [key.toLowerCase(), value]));
  return { id, name: parts.dnszones ?? "", group: parts.resourcegroups ?? "" };
}

/** A name inside its zone: `@` for the zone itself. */
export const relativeName = (name: string, zone: string): string => (name === zone ? "@" : name.slice(0, -zone.length - 1));

export type RecordValue =
  | { readonly type: "CNAME"; readonly value: pulumi.Input<string> }
  | { readonly type: "TXT"; readonly value: pulumi.Input<string> }
  | { readonly type: "A"; readonly value: pulumi.Input<string> }
  /** An A record that follows a resource of Azure, for names that may not be a CNAME. */
  | { readonly type: "alias"; readonly value: pulumi.Input<string> };

export function record(b: AzureBuild, suffix: string, zone: Zone, name: string, record: RecordValue): RecordSet {
  const common = { resourceGroupName: zone.group, zoneName: zone.name, relativeRecordSetName: relativeName(name, zone.name), ttl: 300 };
  const kind =
    record.type === "CNAME"
      ? { recordType: "CNAME", cnameRecord: { cname: record.value } }
      : record.type === "TXT"
        ? { recordType: "TXT", txtRecords: [{ value: [record.value] }] }
        : record.type === "A"
          ? { recordType: "A", aRecords: [{ ipv4Address: record.value }] }
          : { recordType: "A", targetResource: { id: record.value } };
  return b.enforced.note(new RecordSet(`${b.name}-${suffix}`, { ...common, ...kind }, b.opts()), "dns.zone");
}

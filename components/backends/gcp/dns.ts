import { getManagedZone } from "@pulumi/gcp/dns/getManagedZone.js";
import { RecordSet } from "@pulumi/gcp/dns/recordSet.js";
import * as pulumi from "@pulumi/pulumi";
import type { GcpBuild } from "./build.ts";

/** A managed zone of Cloud DNS the gateway writes records in. */
export interface Zone {
  /** Name of the managed zone, which is not its DNS name. */
  readonly name: pulumi.Output<string>;
}

/**
 * The zone of the document by the name of the managed zone; undefined when DNS is elsewhere.
 *
 * @throws pulumi.RunError when there is none, or when it is not a zone of the host name.
 */
export function findZone(b: GcpBuild): Zone | undefined {
  const { zone } = b.model.dns;
  if (zone === undefined) return undefined;
  const looked = getManagedZone({ name: zone, project: b.project }, b.invokeOpts()).catch((error: Error) => {
    throw new pulumi.RunError(
      `dns.zone: there is no managed zone "${zone}" in project ${b.project} (${error.message.split("\n")[0]}); create it, name another one, or leave dns.zone out and create the records elsewhere`,
    );
  });
  const name = pulumi.output(looked).apply((found) => {
    const domain = (found.dnsName ?? "").replace(/\.$/, "");
    // An offline plan knows no name.
    if (domain !== "" && b.model.hostname !== domain && !b.model.hostname.endsWith(`.${domain}`))
      throw new pulumi.RunError(
        `hostname: "${b.model.hostname}" is not in the managed zone "${zone}" (${domain}); name the zone that holds it in dns.zone`,
      );
    return found.name;
  });
  return { name };
}

export function record(
  b: GcpBuild,
  suffix: string,
  zone: Zone,
  entry: { readonly name: pulumi.Input<string>; readonly type: pulumi.Input<string>; readonly value: pulumi.Input<string> },
): RecordSet {
  return new RecordSet(
    `${b.name}-${suffix}`,
    { project: b.project, managedZone: zone.name, name: entry.name, type: entry.type, ttl: 300, rrdatas: [entry.value] },
    b.opts(),
  );
}

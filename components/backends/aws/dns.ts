import { resolveCaa, resolveNs } from "node:dns/promises";
import { getZone } from "@pulumi/aws/route53/getZone.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";
import type { AwsBuild } from "./build.ts";
import { inZone, zoneId } from "./faults.ts";

/** A Route 53 zone the gateway writes records in. */
export interface Zone {
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
}

/** The zone of the document, found by name or id; undefined when DNS is elsewhere. */
export function findZone(b: AwsBuild): Zone | undefined {
  const { zone } = b.model.dns;
  if (zone === undefined) return undefined;
  const id = zoneId(b.model);
  const looked = getZone(id === undefined ? { name: zone, privateZone: false } : { zoneId: id }, b.opts()).catch((error: Error) => {
    throw new pulumi.RunError(
      `dns.zone: there is no one public hosted zone "${zone}" in this account (${error.message.split("\n")[0]}); create it, name another one, or leave dns.zone out and create the records elsewhere`,
    );
  });
  const found = pulumi.output(looked);
  // The zone's own name is known only now, where the document gave its id.
  const checked = found.apply(({ zoneId: foundId, name, nameServers }) => {
    const bare = name.replace(/\.$/, "");
    // An offline plan knows no name.
    if (bare !== "" && !inZone(b.model.hostname, bare))
      throw new pulumi.RunError(
        `hostname: "${b.model.hostname}" is not in the hosted zone "${bare}" (${foundId}); name the zone that holds it in dns.zone`,
      );
    return delegated(bare, nameServers).then(() => ({ id: foundId, name: bare }));
  });
  return { id: checked.apply((known) => known.id), name: checked.apply((known) => known.name) };
}

/** A and AAAA records that follow an AWS endpoint. */
export function aliasRecords(
  b: AwsBuild,
  suffix: string,
  zone: Zone,
  name: string,
  target: { readonly name: pulumi.Input<string>; readonly zoneId: pulumi.Input<string> },
  types: readonly ("A" | "AAAA")[] = ["A", "AAAA"],
): DnsRecord[] {
  return types.map(
    (type) =>
      new DnsRecord(
        `${b.name}-${suffix}-${type.toLowerCase()}`,
        { zoneId: zone.id, name, type, aliases: [{ ...target, evaluateTargetHealth: false }] },
        b.opts(),
      ),
  );
}

/** Issuers named by CAA records that ACM answers to. */
const AMAZON = ["amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"];
const LOOKUP_MS = 3000;

/** Where questions about public DNS go; tests put their own in its place. */
export const publicDns = { resolveCaa, resolveNs };

/**
 * Before a certificate is asked for, makes sure the name's CAA records let Amazon issue one: ACM would otherwise wait and then say only that it failed.
 * Nothing is looked up while planning. DNS that does not answer is no reason to stop.
 *
 * @throws pulumi.RunError naming the record that forbids it.
 */
export async function amazonMayIssue(hostname: string): Promise<string> {
  if (pulumi.runtime.isDryRun()) return hostname;
  for (let name = hostname; name.includes("."); name = name.slice(name.indexOf(".") + 1)) {
    const records = await answered(publicDns.resolveCaa(name));
    const issuers = (records ?? []).flatMap((record) => record.issue ?? []);
    if (issuers.length === 0) continue;
    const named = issuers.map((issuer) => issuer.split(";")[0]?.trim() ?? "");
    if (named.some((issuer) => AMAZON.includes(issuer))) return hostname;
    throw new pulumi.RunError(
      `tls.certificate: the CAA record of ${name} lets only ${named.filter((issuer) => issuer !== "").join(", ") || "nobody"} issue certificates; add ${name} CAA 0 issue "amazon.com", or use another certificate source`,
    );
  }
  return hostname;
}

/** @throws pulumi.RunError when the world asks other name servers about the zone: no record written in it would ever be seen. */
export async function delegated(zone: string, nameServers: readonly string[]): Promise<void> {
  if (pulumi.runtime.isDryRun()) return;
  const servers = await answered(publicDns.resolveNs(zone));
  if (servers === undefined || servers.length === 0 || nameServers.length === 0) return;
  const own = new Set(nameServers.map((server) => server.replace(/\.$/, "").toLowerCase()));
  if (servers.some((server) => own.has(server.replace(/\.$/, "").toLowerCase()))) return;
  throw new pulumi.RunError(
    `dns.zone: ${zone} is delegated to ${servers.join(", ")}, not to the hosted zone's ${[...own].join(", ")}; correct the NS records at the registrar, or name the zone that is in use`,
  );
}

async function answered<T>(lookup: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LOOKUP_MS);
  });
  try {
    return await Promise.race([lookup.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

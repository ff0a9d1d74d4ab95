import { CloudError, type RuleContext } from "../../core/rule.ts";
import { objects, text, type Values } from "../../core/values.ts";

/** How each DNS provider of lego names the zone it answers in, and where the simulated cloud keeps that zone. */
const ZONES: Readonly<
  Record<string, { readonly type: string; readonly setting: string; readonly is: (zone: Values, named: string) => boolean }>
> = {
  route53: {
    type: "aws:route53/zone:Zone",
    setting: "AWS_HOSTED_ZONE_ID",
    is: ({ zoneId }, named) => zoneId === named,
  },
  azuredns: { type: "azure-native:dns:Zone", setting: "AZURE_ZONE_NAME", is: ({ name }, named) => name === named },
  gcloud: { type: "gcp:dns/managedZone:ManagedZone", setting: "GCE_ZONE_ID", is: ({ name }, named) => name === named },
};

/** A challenge in DNS is answered in a zone that exists and holds the name: throws CloudError where there is none. */
export function answerInDns({ inputs, cloud }: RuleContext, names: readonly string[]): void {
  const challenges = objects(inputs.dnsChallenges);
  for (const { provider, config } of challenges) {
    const kind = ZONES[text(provider)];
    if (!kind) throw new CloudError(`unrecognized DNS provider: ${text(provider)} (the simulator knows ${Object.keys(ZONES).join(", ")})`);
    const named = text((config as Values | undefined)?.[kind.setting]);
    const zones = cloud.all(kind.type).filter(({ outputs }) => named === "" || kind.is(outputs, named));
    for (const name of names) {
      const held = zones.some(({ inputs: zone, outputs }) => within(name, text(zone.dnsName ?? zone.zoneName ?? outputs.name)));
      if (!held)
        throw new CloudError(
          `error: one or more domains had a problem:\n[${name}] [${name}] acme: error presenting token: ${text(provider)}: no zone ${named || "of its own"} that holds _acme-challenge.${name}.`,
        );
    }
  }
}

function within(name: string, zone: string): boolean {
  const bare = zone.replace(/\.$/, "");
  return name === bare || name.endsWith(`.${bare}`);
}

import { globSync } from "node:fs";
import { join } from "node:path";
import { type ArmTemplate, armOf } from "../../../tools/translate/arm/template.ts";
import { planOf } from "../../support/plan.ts";
import { describePolicyScan, type NotKept } from "../../support/policy-scan.ts";

const GOLDEN = join(import.meta.dirname, "..", "..", "golden", "azure");

const NOT_KEPT: Readonly<Record<string, NotKept>> = {
  CKV_AZURE_107: { reason: "A virtual network is the document's choice (azure.network.mode)." },
  CKV_AZURE_109: {
    reason: "API Management reads a vault behind a firewall by its system-assigned identity only, which is there too late.",
  },
  CKV_AZURE_174: { reason: "The gateway serves the public; azure.network.mode: internal closes it." },
  CKV_AZURE_189: { reason: "As CKV_AZURE_109; who reads the vault is decided by its roles." },
  CKV_AZURE_41: { reason: "Front Door and API Management compare the secret; it does not end by itself.", only: /front-door-secret/ },
};

/** Old TLS, a vault that can be purged: what a scan has to see. */
const WEAKENED = ["CKV_AZURE_173", "CKV_AZURE_110"];

function weakened(template: ArmTemplate): ArmTemplate {
  const copy = JSON.parse(JSON.stringify(template)) as { resources: { type: string; properties: Record<string, unknown> }[] };
  for (const { type, properties } of copy.resources) {
    if (type === "Microsoft.ApiManagement/service")
      (properties.customProperties as Record<string, unknown>)["Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10"] =
        true;
    if (type === "Microsoft.KeyVault/vaults") properties.enablePurgeProtection = false;
  }
  return copy as unknown as ArmTemplate;
}

describePolicyScan({
  title: "Azure policy scan",
  framework: "arm",
  file: "gateway.json",
  golden: GOLDEN,
  plans: async () => {
    const plans = new Map<string, ArmTemplate>();
    for (const name of globSync("*.yaml", { cwd: join(GOLDEN, "in") }))
      plans.set(name.replace(".yaml", ""), armOf(await planOf("azure", { file: join(GOLDEN, "in", name) })));
    return plans;
  },
  broken: (plans) => weakened(plans.get("premium-front-door") as ArmTemplate),
  weakened: WEAKENED,
  notKept: NOT_KEPT,
});

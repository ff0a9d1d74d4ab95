import { decide } from "../capabilities.ts";
import type { BackendDeclaration } from "../contract.ts";
import { AZURE_CAPABILITIES } from "./capabilities/index.ts";
import { azureFaults, tierFaults } from "./faults.ts";
import { azureFindings } from "./findings.ts";
import { chooseTier, TIERS } from "./tiers.ts";

const variantOf: BackendDeclaration["variantOf"] = (model) =>
  chooseTier(model, (tier) => decide("azure", tier, AZURE_CAPABILITIES, model).faults.length + tierFaults(model, tier).length);

/** Azure: API Management with Key Vault, Azure DNS, and Front Door where asked for. */
export const azureDeclaration: BackendDeclaration = {
  cloud: "azure",
  variants: Object.fromEntries(Object.entries(TIERS).map(([tier, { summary }]) => [tier, summary])),
  variantOf,
  capabilities: AZURE_CAPABILITIES,
  faults: (model) => azureFaults(model, variantOf(model).variant),
  findings: (model) => azureFindings(model, variantOf(model).variant),
};

import type { Cloud } from "../../components/backends/contract.ts";
import { AWS } from "./reasons/aws.ts";
import { AZURE } from "./reasons/azure.ts";
import { GCP } from "./reasons/gcp.ts";
import { LOCAL } from "./reasons/local.ts";
import type { Reason } from "./reasons/reason.ts";
import { SHARED } from "./reasons/shared.ts";

/** Inputs whose change weakens nothing, or that cannot be deployed; each with the reason. The first that fits counts. */
const REASONS: Readonly<Record<Cloud, readonly Reason[]>> = {
  aws: [...SHARED, ...AWS],
  azure: [...SHARED, ...AZURE],
  gcp: [...SHARED, ...GCP],
  local: [...SHARED, ...LOCAL],
};

/** Why a mutation is held not to matter; undefined when it does. */
export function notRelevant(cloud: Cloud, type: string, pattern: string, operator: string): string | undefined {
  return REASONS[cloud].find(
    (one) => (one.type?.test(type) ?? true) && (one.pattern?.test(pattern) ?? true) && (one.operator?.test(operator) ?? true),
  )?.reason;
}

import type { RuleSet } from "./core/rule.ts";

/** Rules of each provider package the simulator stands in for; loaded when asked for. */
const RULE_SETS: Readonly<Record<string, () => Promise<{ readonly ruleSet: RuleSet }>>> = {
  acme: () => import("./rules/acme/index.ts"),
  aws: () => import("./rules/aws/index.ts"),
  "azure-native": () => import("./rules/azure/index.ts"),
  gcp: () => import("./rules/gcp/index.ts"),
  kubernetes: () => import("./rules/kubernetes/index.ts"),
  tls: () => import("./rules/tls/index.ts"),
};

/** Provider packages that have rules. */
export const PACKAGES: readonly string[] = Object.keys(RULE_SETS).sort();

/** @throws when no provider of that name is simulated. */
export async function loadRules(name: string): Promise<RuleSet> {
  const load = RULE_SETS[name];
  if (!load) throw new Error(`The simulator (test equipment) has no provider "${name}"; it has ${PACKAGES.join(", ")}`);
  return (await load()).ruleSet;
}

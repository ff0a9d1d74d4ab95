import { createRequire } from "node:module";
import type { RuleSet } from "./core/rule.ts";

/** Folder of the rules, by the provider package the simulator stands in for. */
const FOLDERS: Readonly<Record<string, string>> = {
  acme: "acme",
  aws: "aws",
  "azure-native": "azure",
  gcp: "gcp",
  kubernetes: "kubernetes",
  tls: "tls",
};

const require = createRequire(import.meta.url);

/** Provider packages that have rules. */
export const PACKAGES: readonly string[] = Object.keys(FOLDERS).sort();

/** Rules of one package, loaded when asked for. @throws when no provider of that name is simulated. */
export function loadRules(name: string): RuleSet {
  const folder = FOLDERS[name];
  if (!folder) throw new Error(`The simulator (test equipment) has no provider "${name}"; it has ${PACKAGES.join(", ")}`);
  return (require(`./rules/${folder}/index.ts`) as { ruleSet: RuleSet }).ruleSet;
}

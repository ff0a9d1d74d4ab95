import type { RuleSet } from "../../core/rule.ts";
export const ruleSet: RuleSet = { name: "azure-native", rules: [], functions: {} };

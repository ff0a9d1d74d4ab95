import type { RuleSet } from "../../core/rule.ts";

export const ruleSet: RuleSet = { name: "aws", rules: [], functions: {} };

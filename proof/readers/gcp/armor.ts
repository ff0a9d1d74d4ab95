import { within } from "../../addresses.ts";
import { evaluateArmor } from "../../cel.ts";
import type { Json } from "../json.ts";

export interface ArmorRequest {
  readonly path?: string;
  readonly method?: string;
  readonly address?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** True when a rule's condition holds. */
export function ruleMatches({ match }: Json, { path = "/", method = "GET", address = "192.0.2.200", headers = {} }: ArmorRequest): boolean {
  if (match?.versionedExpr === "SRC_IPS_V1")
    return (match.config.srcIpRanges as string[]).some((range) => range === "*" || within(address, range));
  return evaluateArmor(match.expr.expression, { request: { path, method, headers }, origin: { ip: address } }) === true;
}

/** What a security policy does with a request: its answer, or that it passes. Throttles count, and let the first ones through. */
export function armorDecides(policy: Json, request: ArmorRequest): number | "passed" {
  const rules = [...((policy?.rules ?? []) as Json[])].filter(({ preview }) => preview !== true).sort((a, b) => a.priority - b.priority);
  for (const rule of rules) {
    if (!ruleMatches(rule, request)) continue;
    const denied = /^deny\((\d+)\)$/.exec(rule.action)?.[1];
    if (denied !== undefined) return Number(denied);
    if (rule.action === "allow" || rule.action === "throttle") return "passed";
    throw new Error(`Cloud Armor action ${rule.action}`);
  }
  throw new Error("no rule of the security policy decides");
}

import { Environment } from "@marcbachmann/cel-js";
import { within } from "../../requests.ts";
import type { Json } from "../json.ts";

/** Cloud Armor's language as a reader of CEL takes it, with Google's own functions. */
const cel = new Environment({ unlistedVariablesAreDyn: true })
  .registerFunction("string.lower(): string", (text: string) => text.toLowerCase())
  .registerFunction("evaluatePreconfiguredWaf(string): bool", () => false)
  .registerFunction("evaluatePreconfiguredWaf(string, map): bool", () => false)
  .registerFunction("evaluateAdaptiveProtectionAutoDeploy(): bool", () => false);

const compiled = new Map<string, (context: Record<string, unknown>) => unknown>();

/** Google's `has` takes a header by its index as well, which the language itself spells with `in`. */
function evaluate(expression: string, context: Record<string, unknown>): unknown {
  let run = compiled.get(expression);
  if (run === undefined) {
    run = cel.parse(expression.replaceAll(/has\(request\.headers\[('[a-z0-9-]+')\]\)/g, "($1 in request.headers)"));
    compiled.set(expression, run);
  }
  return run(context);
}

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
  return evaluate(match.expr.expression, { request: { path, method, headers }, origin: { ip: address } }) === true;
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

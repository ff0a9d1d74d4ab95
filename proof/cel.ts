import { Environment } from "@marcbachmann/cel-js";
import { within } from "./addresses.ts";

/** Cloud Armor's rules language as a reader of CEL takes it, with the functions Google has of its own; maintained rules match nothing here. */
const cel = new Environment({ unlistedVariablesAreDyn: true })
  .registerFunction("inIpRange(dyn, string): bool", (address: unknown, range: string) => range === "*" || within(String(address), range))
  .registerFunction("string.lower(): string", (text: string) => text.toLowerCase())
  .registerFunction("evaluatePreconfiguredWaf(string): bool", () => false)
  .registerFunction("evaluatePreconfiguredWaf(string, map): bool", () => false)
  .registerFunction("evaluateAdaptiveProtectionAutoDeploy(): bool", () => false);

const compiled = new Map<string, (context: Record<string, unknown>) => unknown>();

/**
 * What an expression of Cloud Armor says. Google's `has` takes a header by its index as well, which the language itself spells with `in`.
 *
 * @throws Error for what is not CEL, or calls a function Cloud Armor does not have
 */
export function evaluateArmor(expression: string, context: Record<string, unknown>): unknown {
  let run = compiled.get(expression);
  if (run === undefined) {
    run = cel.parse(expression.replaceAll(/has\(request\.headers\[('[a-z0-9-]+')\]\)/g, "($1 in request.headers)"));
    if (compiled.size > 10_000) compiled.clear();
    compiled.set(expression, run);
  }
  return run(context);
}

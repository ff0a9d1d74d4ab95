import type { Rule, RuleContext } from "./rule.ts";
import type { SdkOutput, SdkType } from "./sdk.ts";
import { defined, UNKNOWN, type Values } from "./values.ts";

/** Packages that are made from Terraform providers: an attribute the cloud leaves empty is the zero value of its type. */
const BRIDGED = /^(aws|gcp|tls|acme):/;

/**
 * Every property of a resource that exists: its inputs, what the cloud adds, what the cloud computes.
 *
 * @throws when the rule leaves out an output the SDK promises: a rule never gives less than the real provider without saying so.
 */
export async function complete(rule: Rule, sdk: SdkType, context: RuleContext, common: Values): Promise<Values> {
  const shared = Object.fromEntries(Object.entries(common).filter(([name]) => sdk.outputs.has(name)));
  const computed: Values = {
    ...shared,
    ...rule.computedDefaults?.(context),
    ...echo(sdk, context.inputs),
    ...(await rule.outputs?.(context)),
  };
  const missing: string[] = [];
  for (const [name, output] of sdk.outputs) {
    if (computed[name] !== undefined || output.optional || rule.absent?.includes(name)) continue;
    if (!output.computed && BRIDGED.test(sdk.token)) computed[name] = zero(output);
    else if (output.computed || !sdk.inputs.has(name)) missing.push(name);
  }
  if (missing.length > 0) throw new Error(`The simulator's rule for ${rule.type} does not compute ${missing.join(", ")}`);
  const undeclared = Object.keys(computed).filter((name) => !sdk.outputs.has(name) && name !== "id");
  if (undeclared.length > 0)
    throw new Error(`The simulator's rule for ${rule.type} computes ${undeclared.join(", ")}, which the SDK does not have`);
  return defined(computed) as Values;
}

/** What a provider can say of a resource before it is created. */
export function previewed(sdk: SdkType, inputs: Values): Values {
  const later = [...sdk.outputs].filter(([name, output]) => inputs[name] === undefined && (output.computed || !output.optional));
  return { ...echo(sdk, inputs), ...Object.fromEntries(later.map(([name]) => [name, UNKNOWN])) };
}

/** Inputs that are also properties of the resource; the others are only ever sent. */
export function echo(sdk: SdkType, inputs: Values): Values {
  return Object.fromEntries(Object.entries(inputs).filter(([name]) => sdk.outputs.has(name)));
}

function zero({ type }: SdkOutput): unknown {
  if (type === "string") return "";
  if (type === "number") return 0;
  if (type === "boolean") return false;
  if (type.endsWith("[]")) return [];
  if (type.startsWith("{")) return {};
  return undefined;
}

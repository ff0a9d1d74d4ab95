import type { Rule, RuleContext } from "../../core/rule.ts";
import { Sdk } from "../../core/sdk.ts";
import { text } from "../../core/values.ts";

const SOURCE = "Google Cloud API reference and the provider's typings in @pulumi/gcp; `name` is ForceNew wherever it is an input";

export const projectOf = ({ inputs, account }: RuleContext): string => text(inputs.project ?? account.config.project);

export const nameOf = (context: RuleContext): string => text(context.inputs.name ?? `${context.name}-${context.hex(7)}`);

/** Path of a resource below its project, such as `projects/p/global/addresses/a`. */
export const pathOf =
  (collection: string) =>
  (context: RuleContext): string =>
    `projects/${projectOf(context)}/${collection.replace("{region}", text(context.inputs.region)).replace("{location}", text(context.inputs.location ?? "global"))}/${nameOf(context)}`;

export type Facts = Partial<Omit<Rule, "type">> & Pick<Rule, "id">;

const sdk = new Sdk("gcp");

export function gcp(type: string, { replaceOn = [], ...facts }: Facts): Rule {
  const inputs = sdk.type(`gcp:${type}`)?.inputs;
  const identity = ["name", "project"].filter((property) => inputs?.has(property));
  return { source: SOURCE, ...facts, type: `gcp:${type}`, replaceOn: [...new Set([...identity, ...replaceOn])] };
}

const selfLink = (id: string): string => `https://www.googleapis.com/compute/v1/${id}`;

/** A resource of Compute Engine: its id is its path, its self link the URL. */
export function compute(type: string, collection: string, facts: Partial<Facts> = {}): Rule {
  const { outputs, ...rest } = facts;
  return gcp(`compute/${type}`, {
    id: pathOf(collection),
    ...rest,
    outputs: async (context) => ({
      ...(sdk.type(`gcp:compute/${type}`)?.outputs.has("selfLink") ? { selfLink: selfLink(context.id) } : {}),
      ...(await outputs?.(context)),
    }),
  });
}

import type { GatewayPlan } from "../../../automation/plan/plan.ts";
import type { PlannedResource } from "../../../automation/plan/recorder.ts";
import { TERRAFORM_MAPS, TERRAFORM_NAMES, TERRAFORM_TYPES } from "./types.ts";

/** Terraform's JSON configuration, as far as tools that read it need. */
export interface TerraformConfiguration {
  readonly resource: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * A plan as Terraform JSON, for tools that judge Terraform. Components and resources that are values of the stack alone (`tls`, `acme`) are left out;
 * references between resources are Terraform's own.
 *
 * @throws Error naming a resource type it does not know, so that nothing is left unjudged.
 */
export function terraformOf(plan: GatewayPlan): TerraformConfiguration {
  const kept = plan.resources.filter(({ type }) => !/^(secure-gateway|tls|acme|pulumi):/.test(type));
  const addresses = new Map(kept.map((resource) => [resource.name, `${terraformType(resource)}.${label(resource.name)}`]));
  const resource: Record<string, Record<string, unknown>> = {};
  for (const planned of kept) {
    const type = terraformType(planned);
    resource[type] ??= {};
    resource[type][label(planned.name)] = {
      ...properties(type, planned.inputs, addresses),
      // Pulumi makes a successor before it deletes, unless told otherwise; Terraform has it the other way round.
      ...(planned.options.deleteBeforeReplace ? {} : { lifecycle: [{ create_before_destroy: true }] }),
    };
  }
  return { resource };
}

function terraformType({ type, name }: PlannedResource): string {
  const known = TERRAFORM_TYPES[type];
  if (known === undefined) throw new Error(`tools/translate/terraform/types.ts does not say what ${type} (${name}) is called in Terraform`);
  return known;
}

/** Labels of Terraform hold no dots. */
const label = (name: string) => name.replaceAll(".", "-");

const snake = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function properties(
  type: string,
  value: Readonly<Record<string, unknown>>,
  addresses: ReadonlyMap<string, string>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      TERRAFORM_NAMES[`${type}.${key}`] ?? snake(key),
      TERRAFORM_MAPS.has(key) ? entry : translated(type, entry, addresses),
    ]),
  );
}

function translated(type: string, value: unknown, addresses: ReadonlyMap<string, string>): unknown {
  if (typeof value === "string") return references(value, addresses);
  if (Array.isArray(value)) return value.map((entry) => translated(type, entry, addresses));
  if (typeof value === "object" && value !== null) return properties(type, value as Record<string, unknown>, addresses);
  return value;
}

/** What stands in a plan for an output of another resource, `${name.output}`, becomes a reference to it. */
function references(text: string, addresses: ReadonlyMap<string, string>): string {
  const names = [...addresses.keys()].sort((a, b) => b.length - a.length);
  return text.replaceAll(/\$\{([^}]+)\}/g, (whole, inner: string) => {
    const name = names.find((candidate) => inner.startsWith(`${candidate}.`));
    return name === undefined ? whole : `\${${addresses.get(name)}.${snake(inner.slice(name.length + 1))}}`;
  });
}

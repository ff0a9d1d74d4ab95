import { ARM_TYPES, type ArmType } from "../../../../tools/translate/arm/types.ts";
import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { text, uuid, type Values } from "../../core/values.ts";

export const SUBSCRIPTION = "00000000-1111-4222-8333-444444444444";
export const TENANT = "99999999-8888-4777-a666-555555555555";

const SOURCE =
  "REST reference of the resource provider for the path; azure-native replaces on a change of any path parameter or the location, other create-only properties as noted";

export type Facts = Omit<Rule, "type" | "source" | "id"> & { readonly id?: Rule["id"] };

/** A rule of the azure-native provider for a type of tools/translate/arm/types.ts. */
export function azure(token: string, facts: Facts = {}): Rule {
  const arm = ARM_TYPES.get(token);
  if (!arm) throw new Error(`tools/translate/arm/types.ts does not know ${token}`);
  const own = arm.names.at(-1) as string;
  return {
    source: SOURCE,
    autoName: { property: own, digits: 8, maxLength: 80 },
    ...facts,
    type: `azure-native:${token}`,
    replaceOn: [...arm.names, arm.scope ?? "resourceGroupName", ...(facts.replaceOn ?? [])],
    id: facts.id ?? ((context) => idOf(arm, context.inputs)),
    admit: (context) => {
      needParents(token, arm, context);
      facts.admit?.(context);
    },
    outputs: async (context) => ({ ...common(arm, context), ...(await facts.outputs?.(context)) }),
  };
}

/** A type whose `location` cannot be changed either; without one the provider takes its own or the resource group's. */
export const located = (token: string, facts: Facts = {}): Rule =>
  azure(token, {
    ...facts,
    replaceOn: ["location", ...(facts.replaceOn ?? [])],
    defaults: (inputs, account) => ({ ...facts.defaults?.(inputs, account), location: account.config.location ?? "westeurope" }),
  });

/** The resource id ARM gives. */
export function idOf(arm: ArmType, inputs: Values): string {
  const [namespace = "", ...segments] = arm.type.replace("{recordType}", text(inputs.recordType)).split("/");
  const path = segments.map((segment, index) => `${segment}/${text(inputs[arm.names[index] ?? ""])}`).join("/");
  if (arm.type === "Microsoft.Resources/resourceGroups")
    return `/subscriptions/${SUBSCRIPTION}/resourceGroups/${text(inputs.resourceGroupName)}`;
  const scope =
    arm.scope === undefined
      ? `/subscriptions/${SUBSCRIPTION}/resourceGroups/${text(inputs.resourceGroupName)}`
      : `${text(inputs[arm.scope]).startsWith("/") ? "" : "/"}${text(inputs[arm.scope])}`;
  return `${scope}/providers/${namespace}/${path}`;
}

function common(arm: ArmType, context: RuleContext): Values {
  const own = arm.names.at(-1) as string;
  return {
    name: text(context.inputs[own]),
    type: arm.type.replace("{recordType}", text(context.inputs.recordType)),
  };
}

/** Properties most responses of ARM have; only those a type declares are given. */
export function shared(context: RuleContext): Values {
  const stamp = "2026-01-01T00:00:00.0000000Z";
  return {
    provisioningState: "Succeeded",
    azureApiVersion: "2024-05-01",
    deploymentStatus: "NotStarted",
    etag: `W/"${uuid(context.hex(16), context.inputs)}"`,
    resourceGuid: uuid(context.hex(16), "guid"),
    systemData: {
      createdAt: stamp,
      createdBy: "simulator",
      createdByType: "Application",
      lastModifiedAt: stamp,
      lastModifiedBy: "simulator",
      lastModifiedByType: "Application",
    },
  };
}

/** A resource needs its group, and a child its parent, to exist before it. */
function needParents(token: string, arm: ArmType, { all, inputs, operation }: RuleContext): void {
  if (operation !== "create" || token === "resources:ResourceGroup") return;
  const group = text(inputs.resourceGroupName);
  if (arm.scope === undefined && !all("azure-native:resources:ResourceGroup").some(({ outputs }) => same(outputs.name, group)))
    throw new CloudError(`Code="ResourceGroupNotFound" Message="Resource group '${group}' could not be found."`);
  const parentType = arm.type.split("/").slice(0, -1).join("/");
  const parent = [...ARM_TYPES].find(([, { type }]) => type === parentType);
  if (!parent) return;
  const id = idOf(parent[1], inputs);
  if (!all(`azure-native:${parent[0]}`).some((resource) => same(resource.id, id)))
    throw new CloudError(
      `Code="ParentResourceNotFound" Message="Failed to perform 'write' on resource(s) of type '${arm.type}', because the parent resource '${id}' could not be found."`,
    );
}

/** Names and ids of ARM do not tell capitals from small letters. */
export const same = (left: unknown, right: unknown): boolean => text(left).toLowerCase() === text(right).toLowerCase();

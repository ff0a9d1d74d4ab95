import type { GatewayPlan } from "../../../automation/plan/plan.ts";
import type { PlannedResource } from "../../../automation/plan/recorder.ts";
import { type ArmType, armTypeOf } from "./types.ts";

/** An ARM deployment template, as far as scanners of templates read it; it is made to be read, not to be deployed. */
export interface ArmTemplate {
  readonly $schema: string;
  readonly contentVersion: string;
  readonly resources: readonly ArmResource[];
}

export interface ArmResource {
  readonly type: string;
  readonly apiVersion: string;
  /** Names of the resource and its parents, joined by slashes. */
  readonly name: string;
  readonly [property: string]: unknown;
}

/** Inputs that stand beside `properties`; every other input stands inside. */
const BESIDE: ReadonlySet<string> = new Set(["location", "tags", "sku", "identity", "zones", "kind", "scope"]);
/** Inputs that only say where a resource is. */
const PLACE: ReadonlySet<string> = new Set(["resourceGroupName", "recordType"]);
/** Version the typings of most resources here were made from; scanners do not look at it. */
const API_VERSION = "2024-05-01";

/** The Azure resources of a plan. @throws when the plan has a type that is not in `ARM_TYPES`. */
export function armOf(plan: Pick<GatewayPlan, "resources">): ArmTemplate {
  return {
    $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
    contentVersion: "1.0.0.0",
    resources: plan.resources.filter(({ type }) => type.startsWith("azure-native:")).map(translated),
  };
}

function translated(resource: PlannedResource): ArmResource {
  const arm = armTypeOf(resource.type);
  if (arm === undefined) throw new Error(`${resource.type} "${resource.name}" has no ARM type`);
  const { inputs } = resource;
  const own = new Set([...arm.names, ...(arm.scope === undefined ? [] : [arm.scope])]);
  const rest = Object.entries(inputs).filter(([key]) => !own.has(key) && !PLACE.has(key));
  const beside = Object.fromEntries(rest.filter(([key]) => BESIDE.has(key)));
  // Some resource types have inputs that are called "properties" themselves.
  const { properties, ...inside } = Object.fromEntries(rest.filter(([key]) => !BESIDE.has(key)));
  return {
    type: arm.type.replace("{recordType}", String(inputs.recordType ?? "")),
    apiVersion: API_VERSION,
    name: nameOf(arm, resource),
    ...beside,
    ...(arm.scope === undefined ? {} : { scope: inputs[arm.scope] }),
    properties: asInArm({ ...inside, ...(properties as object | undefined) }),
  };
}

/** What azure-native calls otherwise than ARM, and texts that scanners take for true because they are not empty. */
function asInArm({ customProperties, attributes, ...others }: Record<string, unknown>): Record<string, unknown> {
  const { expires, ...flags } = (attributes ?? {}) as Record<string, unknown>;
  return {
    ...others,
    ...(attributes === undefined ? {} : { attributes: { ...flags, ...(expires === undefined ? {} : { exp: expires }) } }),
    ...(customProperties === undefined
      ? {}
      : {
          customProperties: Object.fromEntries(Object.entries(customProperties as object).map(([key, value]) => [key, value === "true"])),
        }),
  };
}

/** A segment the provider names itself is called after the Pulumi resource. */
const nameOf = ({ names }: ArmType, { name, inputs }: PlannedResource): string =>
  names.map((key) => (typeof inputs[key] === "string" ? (inputs[key] as string) : name)).join("/");

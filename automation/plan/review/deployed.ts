import { specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import type { GatewayPlan } from "../plan.ts";
import type { PlannedResource } from "../recorder.ts";
import { type PlanChanges, type PlanDocument, planChanges } from "./diff.ts";

/** A resource as the state of a stack holds it. */
export interface DeployedResource {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What the last operation on a stack left. */
export interface Deployment {
  /** When it ended, ISO 8601. */
  readonly at: string;
  readonly resources: readonly DeployedResource[];
  /** The stack's output `controls`; undefined when it has none. */
  readonly controls: PlanDocument["controls"] | undefined;
}

/** What a comparison with a deployment cannot see. */
export const UNSEEN =
  "Compared are the properties the plan sets and knows; values of the cloud's own, secrets, findings and routes are not. `gateway preview` asks the engine and the cloud.";

/** How a mark in a plan reads that stands for what only the cloud knows, or for a secret. */
const UNKNOWN = /\$\{[^}]*\}|\(known after deployment\)|^\[secret\]$/;

/** What a plan would change of what is deployed. Pure. */
export function changesSince(deployed: Deployment, plan: GatewayPlan): PlanChanges {
  const planned = new Map(plan.resources.map((resource) => [keyOf(resource), resource]));
  const resources = deployed.resources.map((resource): PlannedResource => {
    const after = planned.get(keyOf(resource));
    const inputs = after === undefined ? {} : comparable(after.inputs, resource.inputs);
    return { type: resource.type, name: resource.name, inputs, dependsOn: [], parent: undefined, options: after?.options ?? {} };
  });
  const before: PlanDocument = { ...plan, resources, controls: deployed.controls ?? plan.controls };
  const since = `the deployment of ${deployed.at.slice(0, 16).replace("T", " ")} UTC`;
  return { ...planChanges(before, plan), since, blind: UNSEEN };
}

const keyOf = ({ type, name }: { readonly type: string; readonly name: string }) => `${type} ${name}`;

/** The deployed value of every property the plan sets; the plan's own where the two cannot be told apart. */
function comparable(planned: Readonly<Record<string, unknown>>, deployed: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(planned).map(([property, value]) => [
      property,
      agrees(value, deployed[property]) ? value : (deployed[property] ?? null),
    ]),
  );
}

function agrees(planned: unknown, deployed: unknown): boolean {
  if (typeof planned === "string" && UNKNOWN.test(planned)) return true;
  if (isMap(deployed) && specialSigKey in deployed) return true;
  if (Array.isArray(planned))
    return Array.isArray(deployed) && planned.length === deployed.length && planned.every((one, index) => agrees(one, deployed[index]));
  if (isMap(planned)) return isMap(deployed) && Object.entries(planned).every(([key, one]) => agrees(one, deployed[key]));
  // Providers write numbers and truth values as texts in some places.
  return planned === deployed || (planned ?? null) === (deployed ?? null) || String(planned) === String(deployed);
}

const isMap = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

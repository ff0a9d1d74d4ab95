import { isDeepStrictEqual } from "node:util";
import type { PlannedResource } from "../../automation/plan/recorder.ts";
import type { ResourceChange } from "../service.ts";

/** Something that is deployed: as it was planned, or only what the state says of it. */
export type Known = Pick<PlannedResource, "type" | "name"> & Partial<Pick<PlannedResource, "inputs" | "options">>;

const key = ({ type, name }: { readonly type: string; readonly name: string }) => `${type}\n${name}`;

/** Components and providers make nothing. */
const isReal = ({ type }: { readonly type: string }) => !type.startsWith("pulumi:") && !type.startsWith("secure-gateway:");

/** What a deployment would do to each resource, as far as it can be told without asking the cloud: whether an update replaces, only the cloud's provider knows. */
export function resourceChanges(before: readonly Known[], after: readonly PlannedResource[]): ResourceChange[] {
  const old = new Map(before.map((resource) => [key(resource), resource]));
  // As the other ones were written and read: a field without a value is no field.
  const planned = (JSON.parse(JSON.stringify(after)) as PlannedResource[]).filter(isReal);
  const now = new Set(planned.map(key));
  return [
    ...planned.map((resource): ResourceChange => {
      const { type, name } = resource;
      const earlier = old.get(key(resource));
      if (earlier === undefined) return { type, name, change: "create", inputs: [] };
      // Only the state tells of it, so that anything may differ.
      if (earlier.inputs === undefined) return { type, name, change: "update", inputs: [] };
      const inputs = differing(earlier.inputs, resource.inputs);
      const options = isDeepStrictEqual(earlier.options, resource.options) ? [] : ["options"];
      return { type, name, change: inputs.length + options.length === 0 ? "same" : "update", inputs: [...inputs, ...options] };
    }),
    ...removals(before.filter((resource) => !now.has(key(resource)))),
  ];
}

/** Everything is removed. */
export const removals = (before: readonly Known[]): ResourceChange[] =>
  before.filter(isReal).map(({ type, name }) => ({ type, name, change: "delete", inputs: [] }));

function differing(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => !isDeepStrictEqual(a[name], b[name])).sort();
}

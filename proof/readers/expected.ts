import type { ControlId } from "../../components/backends/controls.ts";
import type { OpenPlan } from "../open-plan.ts";
import type { Observations } from "../verdicts.ts";
import { faultsOf, type Shape } from "./shape.ts";

/** A resource that has to be there, and what its inputs have to say. */
export interface Expected {
  readonly type: string;
  /** Its name without the gateway's. */
  readonly suffix: string;
  /** Its whole name, where that is another. @default the gateway's and the suffix */
  readonly name?: string;
  /** The promise that it keeps. */
  readonly control: ControlId;
  readonly inputs: Readonly<Record<string, Shape>>;
  /** What has to be there before it, beside what it refers to; names without the gateway's. @default nothing */
  readonly after?: readonly string[];
}

/** What a resource is found by in a plan. */
export const identityOf = ({ type, name }: { readonly type: string; readonly name: string }): string => `${type} ${name}`;

/** What a resource would not wait for although it has to. */
const tooEarly = ({ dependsOn }: OpenPlan["resources"][number], after: readonly string[], gateway: string): string[] =>
  after.filter((suffix) => !dependsOn.includes(`${gateway}-${suffix}`)).map((suffix) => `it does not wait for ${suffix}`);

/** Nothing that is expected is missing, and no input of it says anything else or stands unread. @returns Identities of all that is expected */
export function observeExpected(plan: OpenPlan, gateway: string, expected: Iterable<Expected>, o: Observations): ReadonlySet<string> {
  const found = new Map(plan.resources.map((resource) => [identityOf(resource), resource]));
  const wanted = new Set<string>();
  for (const { type, suffix, name = `${gateway}-${suffix}`, control, inputs, after = [] } of expected) {
    const resource = found.get(identityOf({ type, name }));
    wanted.add(identityOf({ type, name }));
    const faults =
      resource === undefined ? ["it is not there"] : [...faultsOf(inputs, resource.inputs), ...tooEarly(resource, after, gateway)];
    o.holds(
      control,
      name,
      `${type} is as it has to be${faults.length > 0 ? ` (${faults.slice(0, 3).join("; ")})` : ""}`,
      faults.length === 0,
    );
  }
  return wanted;
}

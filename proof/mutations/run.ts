import { reviewPolicies } from "../../automation/policies.ts";
import type { Cloud } from "../../components/backends/contract.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { masked, type OpenPlan } from "../open-plan.ts";
import { observe, unread } from "../parity/observe.ts";
import type { Observation } from "../verdicts.ts";
import { notRelevant } from "./not-relevant.ts";
import { OPERATORS, type Operator, REMOVED } from "./operators.ts";
import { close, open, patternOf, places, withChange } from "./tree.ts";

/** A plan with one security-relevant input changed, and who noticed. */
export interface MutationResult {
  readonly cloud: Cloud;
  readonly document: string;
  readonly type: string;
  readonly resource: string;
  readonly pattern: string;
  readonly operator: string;
  /** Ids of policies that the unchanged plan kept. */
  readonly policies: readonly string[];
  /** Controls of which a reader found something else than the document asks for, and did not before. */
  readonly readers: readonly string[];
}

/** What became of one plan's mutations. */
export interface Mutations {
  readonly results: readonly MutationResult[];
  /** Mutations there are, one for each kind of place and operator. */
  readonly made: number;
  /** Of these, those of inputs that matter; `results` holds an even sample of them. */
  readonly relevant: number;
  /** Why the others do not matter, and how many there are of each. */
  readonly reasons: ReadonlyMap<string, number>;
}

export interface MutationOptions {
  readonly document: string;
  /** At most so many relevant mutations are tried, evenly over the plan. @default all */
  readonly most?: number;
}

interface Mutant {
  readonly index: number;
  readonly path: readonly (string | number)[];
  readonly pattern: string;
  readonly operator: Operator | undefined;
}

/**
 * Tries every operator at one place of each kind in a plan.
 * @throws Error where the readers find the plan weaker than its document as it is: what they say of a change would prove little
 */
export function mutatePlan(plan: OpenPlan, model: GatewayModel, { document, most = Number.POSITIVE_INFINITY }: MutationOptions): Mutations {
  const names = [
    ...new Set([
      model.name,
      ...Object.keys(model.backends),
      ...Object.keys(model.jwtProviders),
      ...Object.keys(model.consumers),
      ...Object.keys(model.plans),
      ...model.routes.map(({ name }) => name),
    ]),
  ].sort((a, b) => b.length - a.length);
  const opened = plan.resources.map(({ inputs }) => open(inputs));
  const before = findings(plan, model);
  if (before.weaker.length > 0)
    throw new Error(`${plan.cloud}, ${document}: weaker than asked before anything is changed: ${before.weaker.join("; ")}`);
  const results: MutationResult[] = [];
  const all = mutants(plan, opened, names);
  const reasonOf = ({ index, pattern, operator }: Mutant) =>
    notRelevant(plan.cloud, plan.resources[index]?.type ?? "", pattern, operator?.name ?? "drop the resource");
  const relevant = all.filter((one) => reasonOf(one) === undefined);
  const every = Math.max(1, relevant.length / most);
  const chosen = relevant.filter((_, number) => Math.floor(number / every) !== Math.floor((number - 1) / every));
  for (const { index, path, pattern, operator } of chosen) {
    const changed = changedPlan(plan, opened, index, path, operator);
    const after = findings(changed, model);
    const { type, name } = plan.resources[index] as OpenPlan["resources"][number];
    results.push({
      cloud: plan.cloud,
      document,
      type,
      resource: name,
      pattern,
      operator: operator?.name ?? "drop the resource",
      policies: [...new Set(after.policies.filter((one) => !before.policies.includes(one)).map((one) => one.split(" ")[0] as string))],
      readers: [
        ...new Set(
          [...after.noticed].filter(([key, count]) => count > (before.noticed.get(key) ?? 0)).map(([key]) => key.split("\n")[0] as string),
        ),
      ],
    });
  }
  const reasons = new Map<string, number>();
  for (const one of all) {
    const reason = reasonOf(one);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  return { results, made: all.length, relevant: relevant.length, reasons };
}

function mutants(plan: OpenPlan, opened: readonly unknown[], names: readonly string[]): Mutant[] {
  const seen = new Set<string>();
  const found: Mutant[] = [];
  for (const [index, { type, name }] of plan.resources.entries()) {
    // Groups of resources; they have no inputs.
    if (type.startsWith("secure-gateway:")) continue;
    const role = `${type} ${patternOf([name], names)}`;
    if (!seen.has(role)) found.push({ index, path: [], pattern: "", operator: undefined });
    seen.add(role);
    for (const { path, kinds, value } of places(opened[index])) {
      if (path.at(-1) === "(inside)") continue;
      const pattern = patternOf(kinds, names);
      for (const operator of OPERATORS) {
        const key = `${role} ${pattern} ${operator.name}`;
        if (
          seen.has(key) ||
          (typeof path.at(-1) === "string" && XML.has(String(path.at(-1))) && operator.name === "remove") ||
          operator.apply(value, String(path.at(-1))) === undefined
        )
          continue;
        seen.add(key);
        found.push({ index, path, pattern, operator });
      }
    }
  }
  return found;
}

/** Parts of an opened XML element, which is no element without them. */
const XML = new Set(["element", "attributes", "children"]);

function changedPlan(
  plan: OpenPlan,
  opened: readonly unknown[],
  index: number,
  path: Mutant["path"],
  operator: Operator | undefined,
): OpenPlan {
  if (operator === undefined) return { ...plan, resources: plan.resources.filter((_, at) => at !== index) };
  const inputs = close(
    withChange(opened[index], path, (value) => {
      const changed = operator.apply(value, String(path.at(-1)));
      return changed === REMOVED ? undefined : changed;
    }),
  ) as Record<string, unknown>;
  return { ...plan, resources: plan.resources.map((one, at) => (at === index ? { ...one, inputs } : one)) };
}

/** What the pack and the readers hold against a plan. */
interface Findings {
  readonly policies: readonly string[];
  /** How often a reader found something else than was asked for, by control, place and what it found. */
  readonly noticed: ReadonlyMap<string, number>;
  /** Where it is weaker. */
  readonly weaker: readonly string[];
}

function findings(plan: OpenPlan, model: GatewayModel): Findings {
  const planned = plan.resources.map(({ type, name, inputs, dependsOn }) => ({
    type,
    name,
    dependsOn,
    inputs: masked(inputs) as Record<string, unknown>,
    parent: undefined,
    options: {},
  }));
  const { broken, advice } = reviewPolicies(planned);
  const policies = [...broken, ...advice].map(({ id, path }) => `${id} ${path}`);
  const observations: readonly Observation[] = observe(plan, model);
  const noticed = new Map<string, number>();
  const add = (key: string) => noticed.set(key, (noticed.get(key) ?? 0) + 1);
  // A reader that finds anything but what was asked for has noticed, also where that refuses more.
  for (const { control, path, asked, found } of observations) if (asked !== found) add(`${control}\n${path}\n${found}`);
  for (const control of unread(model, observations)) add(`${control}\n(unread)`);
  const weaker = observations.filter(({ verdict }) => verdict === "weaker").map(({ control, path }) => `${control} at ${path}`);
  return { policies, noticed, weaker };
}

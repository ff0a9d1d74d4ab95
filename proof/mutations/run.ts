import { reviewPolicies } from "../../automation/policies.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { masked, type OpenPlan } from "../open-plan.ts";
import { observe, unread } from "../parity.ts";
import type { Observation } from "../verdicts.ts";
import { notRelevant } from "./not-relevant.ts";
import { OPERATORS, type Operator, REMOVED } from "./operators.ts";
import { close, open, patternOf, places, withChange } from "./tree.ts";

/** A plan with one security-relevant input changed, and who noticed. */
export interface MutationResult {
  readonly cloud: string;
  readonly document: string;
  readonly type: string;
  readonly resource: string;
  readonly pattern: string;
  readonly operator: string;
  /** Ids of policies that the unchanged plan kept. */
  readonly policies: readonly string[];
  /** Controls whose readers found less than before. */
  readonly readers: readonly string[];
  /** Why this input is not held to matter; such a mutation is counted apart, caught or not. */
  readonly reason: string | undefined;
}

export interface MutationOptions {
  readonly document: string;
  /** Every how many-th mutation is tried. @default 1 */
  readonly every?: number;
}

interface Mutant {
  readonly index: number;
  readonly path: readonly (string | number)[];
  readonly pattern: string;
  readonly operator: Operator | undefined;
}

/** Tries every operator at one place of each kind in a plan. */
export function mutatePlan(plan: OpenPlan, model: GatewayModel, { document, every = 1 }: MutationOptions): MutationResult[] {
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
  const results: MutationResult[] = [];
  for (const [number, { index, path, pattern, operator }] of mutants(plan, opened, names).entries()) {
    if (number % every !== 0) continue;
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
          [...after.weaker].filter(([key, count]) => count > (before.weaker.get(key) ?? 0)).map(([key]) => key.split("\n")[0] as string),
        ),
      ],
      reason: notRelevant(plan.cloud, type, pattern, operator?.name ?? "drop the resource"),
    });
  }
  return results;
}

function mutants(plan: OpenPlan, opened: readonly unknown[], names: readonly string[]): Mutant[] {
  const seen = new Set<string>();
  const found: Mutant[] = [];
  for (const [index, { type, name }] of plan.resources.entries()) {
    if (type.startsWith("secure-gateway:") || type.startsWith("pulumi:")) continue;
    const role = `${type} ${patternOf([name], names)}`;
    if (!seen.has(role)) found.push({ index, path: [], pattern: "", operator: undefined });
    seen.add(role);
    for (const { path, value } of places(opened[index])) {
      if (path.at(-1) === "(inside)") continue;
      const pattern = patternOf(path, names);
      for (const operator of OPERATORS) {
        const key = `${role} ${pattern} ${operator.name}`;
        if (seen.has(key) || operator.apply(value, String(path.at(-1))) === undefined) continue;
        seen.add(key);
        found.push({ index, path, pattern, operator });
      }
    }
  }
  return found;
}

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
function findings(plan: OpenPlan, model: GatewayModel): { policies: string[]; weaker: Map<string, number> } {
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
  const weaker = new Map<string, number>();
  const add = (key: string) => weaker.set(key, (weaker.get(key) ?? 0) + 1);
  for (const { control, path, verdict, found } of observations) if (verdict === "weaker") add(`${control}\n${path}\n${found}`);
  for (const control of unread(model, observations)) add(`${control}\n(unread)`);
  return { policies, weaker };
}

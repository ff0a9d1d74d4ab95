import type { Cloud } from "../../components/backends/contract.ts";
import { planInTheOpen } from "../open-plan.ts";
import { subjectsOf } from "./documents.ts";
import { equivalentTo } from "./equivalent.ts";
import { type MutationResult, type Mutations, mutatePlan } from "./run.ts";

/** Mutations of one backend, over several plans. */
export interface BackendMutations {
  readonly cloud: Cloud;
  readonly plans: readonly { readonly name: string; readonly mutations: Mutations }[];
}

export interface Sample {
  /** Seeds of random documents. */
  readonly seeds: readonly number[];
  /** At most so many mutations of the stack's plan, evenly spread. @default all */
  readonly stack?: number;
  /** At most so many of each document written for the cloud. @default all */
  readonly written?: number;
  /** At most so many of each random document's. @default all */
  readonly random?: number;
}

/** Breaks the plans of one backend, input by input. */
export async function mutateBackend(root: string, cloud: Cloud, { seeds, ...most }: Sample): Promise<BackendMutations> {
  const plans: { name: string; mutations: Mutations }[] = [];
  for (const subject of await subjectsOf(root, cloud, seeds)) {
    const { name, kind, model, secrets } = subject;
    if (most[kind] === 0) continue;
    const plan = await planInTheOpen({ cloud, model, secrets });
    plans.push({ name, mutations: mutatePlan(plan, model, { document: name, ...(most[kind] === undefined ? {} : { most: most[kind] }) }) });
  }
  return { cloud, plans };
}

/** Somebody noticed. */
export const isCaught = ({ policies, readers }: MutationResult): boolean => policies.length + readers.length > 0;

/** Nobody noticed, and it was not judged to be the same. */
export const isMissed = (result: MutationResult): boolean => !isCaught(result) && equivalentTo(result) === undefined;

export const resultsOf = ({ plans }: BackendMutations): MutationResult[] => plans.flatMap(({ mutations }) => mutations.results);

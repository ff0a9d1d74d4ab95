import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOUDS, type Cloud } from "../../components/backends/contract.ts";
import { planInTheOpen } from "../open-plan.ts";
import { subjectsOf } from "./documents.ts";
import { type MutationResult, type Mutations, mutatePlan } from "./run.ts";

/** Mutations of one backend, over several plans. */
export interface BackendMutations {
  readonly cloud: Cloud;
  readonly plans: readonly { readonly name: string; readonly mutations: Mutations }[];
}

/** Breaks the plans of one backend, input by input. */
export async function mutateBackend(root: string, cloud: Cloud, most: number): Promise<BackendMutations> {
  const plans: { name: string; mutations: Mutations }[] = [];
  for (const { name, model, secrets } of await subjectsOf(root, cloud)) {
    const plan = await planInTheOpen({ cloud, model, secrets });
    plans.push({ name, mutations: mutatePlan(plan, model, { document: name, most }) });
  }
  return { cloud, plans };
}

export const isCaught = ({ policies, readers }: MutationResult): boolean => policies.length + readers.length > 0;

const MOST: Readonly<Record<Cloud, number>> = { aws: 250, azure: 150, gcp: 250, local: 250 };

/** Breaks all backends; the report goes to docs/proof/mutations.md. */
export async function proveMutations(root: string): Promise<number> {
  const backends: BackendMutations[] = [];
  for (const cloud of CLOUDS) backends.push(await mutateBackend(root, cloud, MOST[cloud]));
  const folder = join(root, "docs", "proof");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "mutations.md"), mutationReport(backends));
  for (const backend of backends) {
    const results = resultsOf(backend);
    process.stdout.write(`${backend.cloud}: ${results.filter(isCaught).length} of ${results.length} caught\n`);
  }
  return 0;
}

const resultsOf = ({ plans }: BackendMutations): MutationResult[] => plans.flatMap(({ mutations }) => mutations.results);

/** The table people read: per backend and operator who noticed, and everything nobody noticed. */
export function mutationReport(backends: readonly BackendMutations[]): string {
  const all = backends.flatMap(resultsOf);
  const caught = all.filter(isCaught);
  return `# Mutations

<!-- Written by \`npm run proof -- mutations\`; change proof/ instead. -->

Plans of the shop's stacks and of random documents that ask for much were broken one input at a time: every place of every resource, also inside definitions,
policies and configuration files, by every operator that has something to do there; one for each kind of place. The policy pack and the readers of [parity.md](parity.md) were asked what
is wrong. A mutation is *caught* when a policy fails that held before, or a reader finds something else than the document asks for. Inputs that do not matter are left out, each with its reason below.

**${caught.length} of ${all.length} mutations of inputs that matter were caught (${percent(caught.length, all.length)}).** The others are listed below: nobody noticed them. They have not been judged one by one yet; those that turn out not to matter belong into the list of reasons, the others need a reader or a rule.

${backends.map(backendSection).join("\n\n")}

## Inputs that do not matter

| Reason | Mutations |
| --- | --- |
${[...reasonsOf(backends)]
  .sort(([, a], [, b]) => b - a)
  .map(([reason, count]) => `| ${reason} | ${count} |`)
  .join("\n")}
`;
}

const percent = (part: number, whole: number): string => `${whole === 0 ? 100 : Math.floor((part / whole) * 1000) / 10} %`;

function reasonsOf(backends: readonly BackendMutations[]): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { plans } of backends)
    for (const { mutations } of plans) for (const [reason, count] of mutations.reasons) sum.set(reason, (sum.get(reason) ?? 0) + count);
  return sum;
}

function backendSection(backend: BackendMutations): string {
  const results = resultsOf(backend);
  const operators = [...new Set(results.map(({ operator }) => operator))];
  const rows = operators.map((operator) => {
    const own = results.filter((one) => one.operator === operator);
    return `| ${operator} | ${own.length} | ${own.filter(({ policies }) => policies.length > 0).length} | ${own.filter(({ readers }) => readers.length > 0).length} | ${own.filter((one) => !isCaught(one)).length} | ${top(own.flatMap(({ policies }) => policies))} | ${top(own.flatMap(({ readers }) => readers))} |`;
  });
  const survivors = results
    .filter((one) => !isCaught(one))
    .map(({ type, resource, pattern, operator }) => `- \`${type}\` ${resource}: ${operator} at \`${pattern || "(whole)"}\``);
  return `## ${backend.cloud}

${backend.plans.map(({ name, mutations }) => `${name}: ${mutations.made} mutations, ${mutations.relevant} of inputs that matter, ${mutations.results.length} of these tried.`).join("\n")}
Caught: ${results.filter(isCaught).length} of ${results.length} (${percent(results.filter(isCaught).length, results.length)}).

| Operator | Tried | By a policy | By a reader | By nobody | Policies, most often | Readers' controls, most often |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}

### Noticed by nobody

${survivors.length === 0 ? "None." : survivors.sort().join("\n")}`;
}

function top(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return (
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, 3)
      .map(([name, count]) => `\`${name}\` ${count}`)
      .join(", ") || "–"
  );
}

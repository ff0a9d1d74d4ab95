import { type BackendMutations, isCaught, isMissed, resultsOf } from "./backends.ts";
import { equivalentTo } from "./equivalent.ts";
import type { MutationResult } from "./run.ts";

/** The table people read: per backend, operator and type of resource who noticed, and everything nobody noticed. */
export function mutationReport(backends: readonly BackendMutations[]): string {
  const all = backends.flatMap(resultsOf);
  const same = all.filter((one) => !isCaught(one) && !isMissed(one)).length;
  const [caught, missed] = [all.filter(isCaught), all.filter(isMissed)];
  return `# Mutations

<!-- Written by \`npm run proof -- mutations\`; change proof/ instead. -->

Plans of the shop's stacks, of documents written for what random ones do not ask for (networks, ways to one's premises, other flavours), and of random documents were broken one input at a time: every place of every resource, also inside definitions, policies and
configuration files, by every operator that has something to do there; one for each kind of place. All of them were tried on the shop's stacks and the written documents, an even sample on each of the
random documents. The policy pack and the readers of [parity.md](parity.md) were asked what is wrong. A mutation is *caught* when a policy fails that held before, or a reader
finds something else than the document asks for. Inputs that do not matter are left out, each with its reason below.

**${caught.length} of ${all.length - same} mutations of inputs that matter were caught (${percent(caught.length, all.length - same)}).** ${
    missed.length === 0 ? "None was missed." : "The others are listed below: nobody noticed them."
  } ${same} more change nothing in the one plan they were tried on; each was looked at by itself and stands below with its reason. A policy alone would have noticed ${all.filter(({ policies }) => policies.length > 0).length} of them: policies know what every gateway has to keep, readers what this document asks for.

${backends.map(backendSection).join("\n\n")}
`;
}

const percent = (part: number, whole: number): string => `${whole === 0 ? 100 : Math.floor((part / whole) * 1000) / 10} %`;

function backendSection(backend: BackendMutations): string {
  const results = resultsOf(backend);
  const caught = results.filter(isCaught).length;
  const place = ({ document, type, resource, pattern, operator }: MutationResult) =>
    `- ${document}: \`${type}\` ${resource}: ${operator} at \`${pattern || "(whole)"}\``;
  const missed = results.filter(isMissed).map(place);
  const same = results.filter((one) => !isCaught(one) && !isMissed(one)).map((one) => `${place(one)}: ${equivalentTo(one)?.reason}`);
  return `## ${backend.cloud}

Caught: ${caught} of ${results.length - same.length} (${percent(caught, results.length - same.length)}).

| Document | Mutations | Of inputs that matter | Tried | Caught |
| --- | --- | --- | --- | --- |
${backend.plans
  .map(
    ({ name, mutations: { made, relevant, results: tried } }) =>
      `| ${name} | ${made} | ${relevant} | ${tried.length} | ${tried.filter(isCaught).length} |`,
  )
  .join("\n")}

### Noticed by nobody

${missed.length === 0 ? "Nothing." : [...new Set(missed)].sort().join("\n")}

### The same, looked at one by one

${same.length === 0 ? "None." : [...new Set(same)].sort().join("\n")}

### By operator

${table("Operator", results, ({ operator }) => operator)}

### By type of resource

${table("Type", results, ({ type }) => `\`${type}\``)}

### Inputs that do not matter

| Reason | Mutations |
| --- | --- |
${[...reasonsOf(backend)]
  .sort(([, a], [, b]) => b - a)
  .map(([reason, count]) => `| ${reason} | ${count} |`)
  .join("\n")}`;
}

/** Who noticed, group by group. */
function table(heading: string, results: readonly MutationResult[], groupOf: (result: MutationResult) => string): string {
  const groups = Map.groupBy(results, groupOf);
  const rows = [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([group, own]) => {
      const count = (holds: (one: MutationResult) => boolean) => own.filter(holds).length;
      const cells = [own.length, count(({ policies }) => policies.length > 0), count(({ readers }) => readers.length > 0)];
      return `| ${[group, ...cells, count(isMissed), top(own.flatMap(({ policies }) => policies)), top(own.flatMap(({ readers }) => readers))].join(" | ")} |`;
    });
  return `| ${heading} | Tried | By a policy | By a reader | By nobody | Policies | Controls of readers, most often |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}`;
}

const SHOWN = 6;

function top(names: readonly string[]): string {
  const counts = [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const).sort(([, a], [, b]) => b - a);
  const shown = counts.slice(0, SHOWN).map(([name, count]) => `\`${name}\` ${count}`);
  return [...shown, ...(counts.length > SHOWN ? [`${counts.length - SHOWN} more`] : [])].join(", ") || "–";
}

function reasonsOf({ plans }: BackendMutations): Map<string, number> {
  const sum = new Map<string, number>();
  for (const { mutations } of plans) for (const [reason, count] of mutations.reasons) sum.set(reason, (sum.get(reason) ?? 0) + count);
  return sum;
}

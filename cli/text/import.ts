import { type Fault, formatFault } from "../../components/spec/faults.ts";
import type { Imported } from "../../import/import.ts";
import { WEIGHTS } from "../../import/leftovers.ts";
import { count, type Stylist } from "./style.ts";

/** The report of an import: what is asked, what is wrong, and what could not be carried over, the weightiest first. */
export function importText(imported: Imported & { readonly faults: readonly Fault[] }, out: string | undefined, style: Stylist): string {
  const { document, questions, leftovers, faults, format } = imported;
  const sizes = [
    count(Object.keys((document.routes ?? {}) as object).length, "route"),
    count(Object.keys((document.backends ?? {}) as object).length, "backend"),
  ];
  const done = questions.length + faults.length === 0;
  const lines = [
    `${done ? style.green("✓") : style.yellow("!")} ${out === undefined ? "imported" : `${out}:`} ${sizes.join(", ")} (${format})`,
  ];
  if (questions.length > 0) lines.push("", style.bold(`To be said (--set field=value, or in the document): ${questions.length}`));
  for (const [what, paths] of grouped(questions.map(({ paths, what }) => [what, paths[0]])))
    lines.push(`  ${listed(paths)}`, `      ${what}`);
  if (faults.length > 0)
    lines.push("", style.bold(`To be corrected: ${faults.length}`), ...faults.map((fault) => `  ${formatFault(fault)}`));
  for (const [weight, meaning] of Object.entries(WEIGHTS)) {
    const some = leftovers.filter((leftover) => leftover.weight === weight);
    if (some.length === 0) continue;
    lines.push("", style.bold(`Not carried over: ${meaning} (${some.length})`));
    for (const { file, line, paths, what, remedy } of some) {
      const place = `${file}${line === undefined ? "" : `:${line}`}`;
      lines.push(`  ${what}; ${remedy}`, style.dim(`      ${place}: ${listed(paths.map((path) => path || "the whole file"))}`));
    }
  }
  return lines.join("\n");
}

function grouped(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [key, value] of pairs) groups.set(key, [...(groups.get(key) ?? []), value]);
  return groups;
}

const listed = (texts: readonly string[]) =>
  texts.length <= 3 ? texts.join(", ") : `${texts.slice(0, 3).join(", ")} and ${texts.length - 3} more`;

import type { CloudAnswer, ComparedControl, Comparison, ControlAnswer } from "../../components/backends/compare.ts";
import { CLOUDS } from "../../components/backends/contract.ts";
import { columns, count, type Stylist } from "./style.ts";

const WORDS: Readonly<Record<ControlAnswer["status"], string>> = { native: "native", composed: "composed", refused: "refused" };

/** One document on all clouds: who enforces all of it, control by control, and what each refusal would take. */
export function compareText(comparison: Comparison, shown: string, how: boolean, style: Stylist): string {
  const { clouds, controls } = comparison;
  return [
    style.bold(`${shown} on every cloud`),
    ...columns(clouds.map((answer) => [mark(answer, style), answer.cloud, answer.variant, verdict(answer, controls.length)])),
    "",
    ...columns([
      ["control", ...CLOUDS],
      ...controls.map(({ control, by }) => [control, ...CLOUDS.map((cloud) => WORDS[by[cloud].status])]),
    ]),
    ...(how ? controls.flatMap((control) => howLines(control, style)) : []),
    ...clouds.filter(({ refusals }) => refusals.length > 0).flatMap((answer) => refusalLines(answer, style)),
  ].join("\n");
}

const mark = ({ enforced }: CloudAnswer, style: Stylist) => (enforced ? style.green("✓") : style.red("✗"));

function verdict({ enforced, refusals, findings, why }: CloudAnswer, controls: number): string {
  const kept = enforced ? `enforces all ${controls} controls` : `refuses ${count(refusals.length, "thing")}`;
  const noted = findings.length === 0 ? "" : `, ${count(findings.length, "finding")}`;
  return `${kept}${noted}${why === "" ? "" : ` (${why})`}`;
}

function howLines({ control, promise, by }: ComparedControl, style: Stylist): string[] {
  const rows = CLOUDS.map((cloud) => {
    const answer = by[cloud];
    if (answer.status === "refused") return [cloud, style.red("refused")];
    return [cloud, answer.status, answer.deviation === undefined ? answer.how : `${answer.how}. Clients may notice: ${answer.deviation}`];
  });
  return ["", style.bold(`${control}: ${promise}`), ...columns(rows)];
}

function refusalLines({ cloud, variant, refusals }: CloudAnswer, style: Stylist): string[] {
  const groups = Map.groupBy(refusals, ({ message, remedy }) => `${message}\n${remedy}`);
  const lines = [...groups.values()].flatMap((group) => {
    const [{ message, remedy } = { message: "", remedy: "" }] = group;
    const paths = group.map(({ path }) => path || "the document").join(", ");
    return [
      `  ${style.bold(paths)}: ${message.replace(`${cloud} (${variant}) cannot do this: `, "cannot ")}`,
      `      ${style.dim(remedy)}`,
    ];
  });
  return ["", style.bold(`What ${cloud} (${variant}) refuses, and what that would take`), ...lines];
}

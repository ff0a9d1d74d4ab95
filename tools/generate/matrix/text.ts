import { type Capability, type Support, supportOf } from "../../../components/backends/capabilities.ts";
import type { BackendDeclaration, Cloud } from "../../../components/backends/contract.ts";
import { CONTROL_FIELDS } from "../../../components/backends/control-fields.ts";
import { CONTROLS, type ControlId } from "../../../components/backends/controls.ts";

type Declarations = Readonly<Record<Cloud, BackendDeclaration>>;

const TITLES: Readonly<Record<Cloud, string>> = { aws: "AWS", azure: "Azure", gcp: "Google Cloud", local: "Local" };
const SIGNS: Readonly<Record<Support["status"], string>> = { native: "●", composed: "◐", refused: "✕" };

const INTRODUCTION = `# What each cloud enforces

<!-- Written by \`npm run generate\` from the backends' declarations; change it there. -->

For every promise a gateway document can ask for: how each cloud keeps it, or why it refuses the document and what to do. What the promises mean is in
[semantics.md](semantics.md). \`gateway check --cloud aws\` asks one cloud about one document, \`gateway compare\` all of them.

● a feature of the cloud's own gateway · ◐ put together from several resources or from a program of this project · ✕ refused ·
\\* with rules of its own, in the last column below`;

/** The capability matrix in Markdown: an overview, then every promise with how it is kept. */
export function matrixText(declarations: Declarations): string {
  const clouds = Object.values(declarations);
  return `${[
    INTRODUCTION,
    "## Flavours and tiers",
    ...clouds.map(variantsText),
    "## Overview",
    overview(clouds),
    "## Every promise",
    ...controls().map((control) => controlText(control, clouds)),
  ].join("\n\n")}\n`;
}

const controls = () => Object.keys(CONTROLS) as ControlId[];

function variantsText({ cloud, variants }: BackendDeclaration): string {
  return [`**${TITLES[cloud]}**`, "", ...Object.entries(variants).map(([name, what]) => `- \`${name}\`: ${what}`)].join("\n");
}

function overview(clouds: readonly BackendDeclaration[]): string {
  return table(
    ["Promise", ...clouds.map(({ cloud }) => TITLES[cloud])],
    controls().map((control) => [
      `[\`${control}\`](#${control.toLowerCase().replaceAll(".", "")})`,
      ...clouds.map((declaration) => sign(declaration, declaration.capabilities[control])),
    ]),
  );
}

/** One sign where all variants agree, else one for each group of variants; `*` where single values are refused. */
function sign({ variants }: BackendDeclaration, capability: Capability): string {
  const mark = capability.restrictions === undefined ? "" : "\\*";
  const groups = groupBy(Object.keys(variants), (variant) => SIGNS[supportOf(capability, variant).status]);
  if (groups.size === 1) return `${[...groups.keys()][0]}${mark}`;
  const bySize = [...groups].sort(([, a], [, b]) => a.length - b.length);
  return bySize
    .map(
      ([of, names], index) =>
        `${of}${of === "✕" ? "" : mark} ${index === bySize.length - 1 && names.length > 2 ? "others" : names.join(", ")}`,
    )
    .join("; ");
}

function controlText(control: ControlId, clouds: readonly BackendDeclaration[]): string {
  const fields = CONTROL_FIELDS[control].map((field) => `\`${field}\``);
  const rows = clouds.flatMap((declaration) => rowsOf(control, declaration));
  return [
    `### ${control}`,
    "",
    `${CONTROLS[control]}. ${fields.length === 0 ? "Every document asks for it." : `Asked for in ${fields.join(", ")}.`}`,
    "",
    table(["Cloud", "", "How, or why not", "What a client may notice", "Only"], rows),
  ].join("\n");
}

function rowsOf(control: ControlId, { cloud, variants, capabilities }: BackendDeclaration): string[][] {
  const capability = capabilities[control];
  const names = Object.keys(variants);
  const groups = groupBy(names, (variant) => JSON.stringify(supportOf(capability, variant)));
  const rules = (capability.restrictions ?? []).map(({ rule }) => rule).join("; ");
  return [...groups.values()].map((group) => {
    const support = supportOf(capability, group[0] ?? "*");
    const where = group.length === names.length ? TITLES[cloud] : `${TITLES[cloud]} (${group.join(", ")})`;
    if (support.status === "refused") return [where, SIGNS.refused, `${support.reason}. Instead: ${support.remedy}`, "", ""];
    return [where, SIGNS[support.status], support.how, support.deviation ?? "", rules];
  });
}

function groupBy<T>(values: readonly T[], key: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const name = key(value);
    const group = groups.get(name);
    if (group) group.push(value);
    else groups.set(name, [value]);
  }
  return groups;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => " --- |").join("")}`, ...rows.map(line)].join("\n");
}

const cell = (text: string) =>
  text
    .replace(/\s+/g, " ")
    .replace(/(?<!\\)\|/g, "\\|")
    .replaceAll("<", "&lt;");

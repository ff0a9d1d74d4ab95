import { CLOUDS } from "../../components/backends/contract.ts";
import { CONTROLS, type ControlId } from "../../components/backends/controls.ts";
import type { ParityResult, Tally } from "./run.ts";

/** How a run was made: first seed, wall-clock time, and on how many threads. */
export interface Circumstances {
  readonly from: number;
  readonly seconds: number;
  readonly workers: number;
}

/** The table people read: every control by cloud, how often it was found exact, stronger, refused, weaker. */
export function parityReport({ documents, tallies, weakenings }: ParityResult, { from, seconds, workers }: Circumstances): string {
  const cell = (one: Tally | undefined): string =>
    one === undefined
      ? "–"
      : [
          one.exact && `${one.exact} exact`,
          one.stronger && `${one.stronger} stronger`,
          one.refused && `${one.refused} refused`,
          one.weaker && `**${one.weaker} weaker**`,
          one.unread && `**${one.unread} unread**`,
        ]
          .filter(Boolean)
          .join(", ") || "–";
  const rows = (Object.keys(CONTROLS) as ControlId[]).map(
    (control) => `| \`${control}\` | ${CLOUDS.map((cloud) => cell(tallies[cloud][control])).join(" | ")} |`,
  );
  return `# Parity

<!-- Written by \`npm run proof -- parity\`; change proof/ instead. -->

Random documents, seeds from ${from} on, were planned on every cloud without credentials or network. What a cloud refuses was taken out until it accepted the rest; then
readers written independently of the renderers read every promise back from the rendered definition: Envoy's configuration by routing requests
through it, AWS definitions and firewalls by inspecting requests, Azure policies by running their C#, Google Cloud by Cloud Armor's CEL, the
Endpoints definition and Envoy. A promise is *exact*, *stronger* (more is refused than asked, or sooner), or *refused* (the cloud's \`check\` says so). Found *weaker*, or not read
at all, is a failure.

${CLOUDS.map((cloud) => `- **${cloud}**: ${documents[cloud].made} documents, of which ${documents[cloud].planned} had something left to plan.`).join("\n")}

The run took ${seconds} seconds on ${workers} threads. Numbers are documents; a document counts by the worst it showed of a control.

| Control | ${CLOUDS.join(" | ")} |
| --- | ${CLOUDS.map(() => "---").join(" | ")} |
${rows.join("\n")}

## Found weaker

${
  weakenings.length === 0
    ? "Nothing."
    : weakenings
        .slice(0, 50)
        .map(
          ({ cloud, seed, control, path, asked, found, document }) =>
            `- ${cloud}, seed ${seed}, \`${control}\` at \`${path}\`: asked ${asked}, found ${found}${document === undefined ? "" : `. Smallest document: \`${JSON.stringify(document)}\``}`,
        )
        .join("\n")
}
`;
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CLOUDS, type Cloud } from "../components/backends/contract.ts";
import { CONTROLS, type ControlId } from "../components/backends/controls.ts";
import { judge } from "../components/backends/judge.ts";
import { loadDocument } from "../components/spec/load.ts";
import { acceptedBy } from "./documents/accepted.ts";
import { testCertificates } from "./documents/certificates.ts";
import { randomDocument } from "./documents/random.ts";
import { shrink } from "./documents/shrink.ts";
import { planInTheOpen } from "./open-plan.ts";
import { observe, unread } from "./parity.ts";

/** How often a control was found in which state on a cloud. */
export type Tally = Record<"exact" | "stronger" | "weaker" | "refused" | "unread", number>;

/** Something found weaker than asked: where, what, and the smallest document that shows it. */
export interface Weakening {
  readonly cloud: Cloud;
  readonly seed: number;
  readonly control: string;
  readonly path: string;
  readonly asked: string;
  readonly found: string;
  readonly document: unknown;
}

export interface ParityResult {
  readonly from: number;
  /** Documents by cloud: made, still something left after what is refused was taken out, and planned. */
  readonly documents: Record<Cloud, { made: number; planned: number }>;
  readonly tallies: Record<Cloud, Partial<Record<ControlId, Tally>>>;
  readonly weakenings: Weakening[];
}

export interface ParityOptions {
  /** Seeds from here on. */
  readonly from: number;
  /** Number of documents on this machine's cloud, which plans quickly. */
  readonly documents: number;
  /** Number of documents on each of the other clouds. */
  readonly clouds: number;
  /** Stop with what there is after so many seconds. */
  readonly seconds: number;
}

const empty = (): Tally => ({ exact: 0, stronger: 0, weaker: 0, refused: 0, unread: 0 });

/** Makes random documents, plans what each cloud accepts of them, reads every promise back from the plan. */
export async function runParity(options: ParityOptions, clouds: readonly Cloud[] = CLOUDS): Promise<ParityResult> {
  const result: ParityResult = {
    from: options.from,
    documents: Object.fromEntries(CLOUDS.map((cloud) => [cloud, { made: 0, planned: 0 }])) as ParityResult["documents"],
    tallies: Object.fromEntries(CLOUDS.map((cloud) => [cloud, {}])) as ParityResult["tallies"],
    weakenings: [],
  };
  const end = performance.now() + options.seconds * 1000;
  const most = Math.max(options.documents, options.clouds);
  for (let seed = options.from; seed < options.from + most && performance.now() < end; seed += 1)
    for (const cloud of clouds) {
      const limit = cloud === "local" ? options.documents : options.clouds;
      if (seed < options.from + limit) await proveOne(cloud, seed, result);
    }
  return result;
}

async function proveOne(cloud: Cloud, seed: number, result: ParityResult): Promise<void> {
  const { value, secrets } = randomDocument(seed, testCertificates());
  const tally = (control: ControlId): Tally => {
    result.tallies[cloud][control] ??= empty();
    return result.tallies[cloud][control] as Tally;
  };
  result.documents[cloud].made += 1;
  for (const control of await refusedControls(cloud, value)) tally(control).refused += 1;
  const accepted = await acceptedBy(cloud, value);
  if (accepted.model === undefined) return;
  const plan = await planInTheOpen({ cloud, model: accepted.model, secrets });
  result.documents[cloud].planned += 1;
  const observations = observe(plan, accepted.model);
  const worst = new Map<ControlId, "exact" | "stronger" | "weaker">();
  for (const { control, verdict } of observations) {
    const known = worst.get(control);
    if (known === undefined || verdict === "weaker" || (verdict === "stronger" && known === "exact")) worst.set(control, verdict);
  }
  for (const [control, verdict] of worst) tally(control)[verdict] += 1;
  for (const control of unread(accepted.model, observations)) {
    tally(control as ControlId).unread += 1;
    result.weakenings.push({ cloud, seed, control, path: "", asked: "something is read", found: "nothing", document: undefined });
  }
  for (const { control, path, asked, found } of observations.filter(({ verdict }) => verdict === "weaker")) {
    const shown = result.weakenings.filter((one) => one.cloud === cloud && one.control === control).length;
    const document =
      shown === 0 && result.weakenings.filter((one) => one.document !== undefined).length < 3
        ? await shrink(cloud, accepted.value, secrets, control)
        : undefined;
    result.weakenings.push({ cloud, seed, control, path, asked, found, document });
  }
}

/** Controls a cloud refuses of a document as it was made. */
async function refusedControls(cloud: Cloud, value: unknown): Promise<ControlId[]> {
  const { model } = await loadDocument({
    file: "document.json",
    text: JSON.stringify(value),
    read: () => Promise.reject(new Error("no files")) as never,
  });
  return model ? [...new Set(judge(cloud, model).refused.map(({ control }) => control))] : [];
}

/** The whole run; the report goes to docs/proof/parity.md and parity.json. */
export async function proveParity(root: string, options: ParityOptions): Promise<number> {
  const started = performance.now();
  const result = await runParity(options);
  const folder = join(root, "docs", "proof");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "parity.json"), `${JSON.stringify({ ...result, weakenings: result.weakenings.slice(0, 200) }, null, 2)}\n`);
  writeFileSync(join(folder, "parity.md"), parityReport(result, Math.round((performance.now() - started) / 1000)));
  process.stdout.write(
    `${CLOUDS.map((cloud) => `${cloud}: ${result.documents[cloud].planned} of ${result.documents[cloud].made} documents planned`).join("\n")}\n${result.weakenings.length} found weaker\n`,
  );
  return result.weakenings.length === 0 ? 0 : 1;
}

/** The table people read: every control by cloud, how often it was found exact, stronger, refused, weaker. */
export function parityReport({ from, documents, tallies, weakenings }: ParityResult, seconds: number): string {
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

The run took ${seconds} seconds. Numbers are documents; a document counts by the worst it showed of a control.

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

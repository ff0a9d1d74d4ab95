import { readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { GatewayPlan } from "../../automation/plan/plan.ts";
import { isPlanDocument, nothingSince, type PlanChanges, type PlanDocument } from "../../automation/plan/review/diff.ts";
import { CLOUDS } from "../../components/backends/contract.ts";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { documentSource } from "../source.ts";
import { findingLines } from "../text/findings.ts";
import { columns, count, type Stylist, stylist } from "../text/style.ts";

export const plan: Verb = {
  name: "plan",
  declare: (command) =>
    command
      .description("What a deployment would create and which resource keeps which promise; offline, without credentials or engine.")
      .option("-f, --file <document>", "the gateway document; needs --cloud")
      .option("-s, --stack <stack>", "a stack: its document with its overlay, on its cloud")
      .option("--cloud <cloud>", "aws, azure, gcp or local")
      .option("--html <file>", "write one page for reviewers: the way of a request, findings, routes, controls, certificates, resources")
      .option("--markdown", "answer in Markdown, for a pull request")
      .option("--against <file>", "show what changes since a plan made before with --json; with --html or --markdown"),
  async run(line, options): Promise<Answer> {
    if (options.against !== undefined && options.html === undefined && options.markdown !== true)
      throw new UsageError("--against shows its differences with --html or --markdown; give one of them");
    const source = await documentSource(line, options);
    if (source.cloud === undefined)
      throw new UsageError("a document alone does not say which cloud to plan for", `give it with --cloud: ${CLOUDS.join(", ")}`);
    const { OperationError } = await import("../../automation/errors.ts");
    const { model, faults } = await source.load();
    if (model === undefined)
      throw new OperationError("document", `${source.shown} has ${count(faults.length, "fault")}`, "correct the document", { faults });

    const { planGateway, RefusedError } = await import("../../automation/plan/plan.ts");
    const { reviewPolicies } = await import("../../automation/policies.ts");
    try {
      const stack = source.stack === undefined ? {} : { stack: source.stack };
      const bare = await planGateway({ cloud: source.cloud, model, documentFolder: dirname(source.file), ...stack });
      const { broken, advice } = reviewPolicies(bare.resources);
      const planned = { ...bare, findings: [...broken, ...bare.findings, ...advice] };
      const { deploymentOf } = await import("../../automation/deployed.ts");
      const { planDocument, reviewOf } = await import("../../automation/plan/review/review.ts");
      const against = typeof options.against === "string" ? readPlan(options.against) : undefined;
      const deployed = source.stack === undefined || against !== undefined ? undefined : deploymentOf(line.project, source.stack);
      const review = () => reviewOf({ document: source.shown, model, plan: planned, against, deployed });
      if (typeof options.html === "string") {
        const { planPage } = await import("../../automation/plan/html/page.ts");
        writePage(options.html, planPage(review()));
      }
      if (options.markdown === true) {
        const { planMarkdown } = await import("../../automation/plan/markdown/document.ts");
        return { ok: true, document: planDocument(model, planned), text: planMarkdown(review()) };
      }
      const text =
        typeof options.html === "string"
          ? `written  ${options.html}`
          : planText(planned, source.shown, deployed && review().changes, stylist(line.streams.stdout));
      return { ok: true, document: planDocument(model, planned), text };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new OperationError("refused", error.message, "change the document or the cloud", { faults: error.faults });
    }
  },
};

/** A plan made before. @throws UsageError when the file is not one. */
function readPlan(file: string): PlanDocument {
  let read: unknown;
  try {
    read = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    const why = error instanceof SyntaxError ? "is not JSON" : "cannot be read";
    throw new UsageError(`--against: ${file} ${why}; give a file written by gateway plan --json`);
  }
  if (!isPlanDocument(read)) throw new UsageError(`--against: ${file} is not a plan; give a file written by gateway plan --json`);
  return read;
}

function writePage(file: string, page: string): void {
  try {
    writeFileSync(file, page);
  } catch (error) {
    throw new UsageError(
      `--html: ${file} cannot be written (${(error as NodeJS.ErrnoException).code}); give a file in a folder that is there`,
    );
  }
}

function planText(planned: GatewayPlan, shown: string, changes: PlanChanges | undefined, style: Stylist): string {
  const { cloud, variant, why, resources, controls, findings } = planned;
  return [
    style.bold(`${shown} on ${cloud} (${variant})`) + (why === "" ? "" : style.dim(`  ${why}`)),
    "",
    style.bold(count(resources.length, "resource")),
    ...columns(resources.map(({ name, type }) => [name, type])),
    "",
    style.bold(`${count(controls.length, "control")}, each kept by`),
    ...columns(controls.map(({ control, status, resources: by, how }) => [control, status, `${how} [${by.join(", ")}]`])),
    ...(findings.length === 0 ? [] : ["", style.bold(count(findings.length, "finding")), ...findingLines(findings, style)]),
    ...(changes === undefined ? [] : ["", ...changeLines(changes, style)]),
  ].join("\n");
}

/** What differs from what is deployed. */
function changeLines(changes: PlanChanges, style: Stylist): string[] {
  if (changes.none) return [style.bold(nothingSince(changes))];
  const all = [...changes.controls, ...changes.resources];
  return [
    style.bold(`${count(all.length, "change")} since ${changes.since}`),
    ...columns(all.map(({ kind, name, what }) => [kind, name, what.join("; ")])),
    ...(changes.blind === undefined ? [] : [style.dim(`  ${changes.blind}`)]),
  ];
}

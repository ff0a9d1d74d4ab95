import { dirname } from "node:path";
import type { GatewayPlan } from "../../automation/plan/plan.ts";
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
      .option("--cloud <cloud>", "aws, azure, gcp or local"),
  async run(line, options): Promise<Answer> {
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
      return { ok: true, document: planned, text: planText(planned, source.shown, stylist(line.streams.stdout)) };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      throw new OperationError("refused", error.message, "change the document or the cloud", { faults: error.faults });
    }
  },
};

function planText(planned: GatewayPlan, shown: string, style: Stylist): string {
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
  ].join("\n");
}

import type { Fault } from "../../components/spec/faults.ts";
import type { Answer, Verb } from "../command-line.ts";
import { documentSource } from "../source.ts";
import { findingLines } from "../text/findings.ts";
import { count, stylist } from "../text/style.ts";

export const check: Verb = {
  name: "check",
  declare: (command) =>
    command
      .description("Check a gateway document: every fault at once, and with a cloud everything it would refuse. Needs no network.")
      .option("-f, --file <document>", "the gateway document")
      .option("-s, --stack <stack>", "a stack: its document with its overlay, on its cloud")
      .option("--cloud <cloud>", "aws, azure, gcp or local: list what this cloud refuses, too"),
  async run(line, options): Promise<Answer> {
    const style = stylist(line.streams.stdout);
    const source = await documentSource(line, options);
    const { model, faults } = await source.load();
    if (model === undefined) return refusal(faults, `${source.shown}: ${count(faults.length, "fault")}`, style);
    const { judge, judgeCertificates } = await import("../../components/backends/judge.ts");
    if (source.cloud === undefined) {
      const { faults, findings } = judgeCertificates(model, 0);
      if (faults.length > 0) return refusal(faults, `${source.shown}: ${count(faults.length, "fault")}`, style);
      const lines = [`${style.green("✓")} ${source.shown} has no faults`, ...findingLines(findings, style)];
      return { ok: true, document: { ok: true, faults: [], findings }, text: lines.join("\n") };
    }

    const judged = judge(source.cloud, model);
    const { variant, why, findings } = judged;
    const rest = { cloud: source.cloud, variant, why, findings };
    if (judged.faults.length > 0) {
      const answer = refusal(judged.faults, `${source.cloud} (${variant}) refuses ${source.shown}`, style);
      return { ...answer, document: { ok: false, faults: judged.faults, ...rest } };
    }
    const kept = count(judged.decisions.length, "control");
    const lines = [
      `${style.green("✓")} ${source.shown} has no faults; ${source.cloud} (${variant}) enforces all its ${kept}`,
      ...findingLines(findings, style),
    ];
    return { ok: true, document: { ok: true, faults: [], ...rest }, text: lines.join("\n") };
  },
};

function refusal(faults: readonly Fault[], title: string, style: ReturnType<typeof stylist>): Answer {
  const lines = faults.map((fault) => {
    const place = fault.line === undefined ? "" : style.dim(` (${fault.file}:${fault.line}:${fault.column ?? 1})`);
    return `  ${style.bold(fault.path || "the document")}: ${fault.message}${place}\n      ${fault.remedy}`;
  });
  return { ok: false, document: { ok: false, faults }, text: [`${style.red("✗")} ${title}`, ...lines].join("\n") };
}

import type { Answer, Verb } from "../command-line.ts";
import { UsageError } from "../command-line.ts";
import { documentSource } from "../source.ts";
import { compareText } from "../text/compare.ts";
import { count, stylist } from "../text/style.ts";

export const compare: Verb = {
  name: "compare",
  declare: (command) =>
    command
      .description(
        "One document on all clouds side by side: what each enforces how, what each refuses and what that would take. Needs no network.",
      )
      .argument("[document]", "the gateway document")
      .option("-s, --stack <stack>", "a stack: its document with its overlay")
      .option("--how", "say for every control how each cloud enforces it"),
  async run(line, options, [document]): Promise<Answer> {
    if (document !== undefined && options.stack !== undefined) throw new UsageError("give either a document or a stack with -s");
    if (document === undefined && options.stack === undefined) throw new UsageError("give a document, or a stack with -s");
    const source = await documentSource(line, { ...options, ...(document === undefined ? {} : { file: document }) });
    const { OperationError } = await import("../../automation/errors.ts");
    const { model, faults } = await source.load();
    if (model === undefined)
      throw new OperationError("document", `${source.shown} has ${count(faults.length, "fault")}`, "correct the document", { faults });
    const { compareClouds } = await import("../../components/backends/compare.ts");
    const comparison = compareClouds(model);
    return {
      ok: true,
      document: { document: source.shown, ...comparison },
      text: compareText(comparison, source.shown, options.how === true, stylist(line.streams.stdout)),
    };
  },
};

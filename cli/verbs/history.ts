import type { Answer, Verb } from "../command-line.ts";
import { columns } from "../text/style.ts";
import { changesText } from "../text/summary.ts";

export const history: Verb = {
  name: "history",
  declare: (command) =>
    command.description("The latest operations on the stack, newest first.").requiredOption("-s, --stack <stack>", "the stack"),
  async run(line, options): Promise<Answer> {
    const { readHistory } = await import("../../automation/maintenance.ts");
    const entries = await readHistory({ project: line.project, stack: options.stack as string, engine: await line.engine() });
    const rows = entries.map(({ startTime, kind, result, changes, message }) => [
      startTime,
      kind,
      result,
      changesText(changes, false),
      message,
    ]);
    return { ok: true, document: entries, text: columns(rows, "").join("\n") };
  },
};

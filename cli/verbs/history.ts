import type { Answer, Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";
import { columns } from "../text/style.ts";
import { changesText } from "../text/summary.ts";

export const history: Verb = {
  name: "history",
  declare: (command) => withStack(command.description("The latest operations on the stack, newest first.")),
  async run(line, options): Promise<Answer> {
    const { readHistory } = await import("../../automation/maintenance.ts");
    const entries = await readHistory(await openStack(line, options));
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

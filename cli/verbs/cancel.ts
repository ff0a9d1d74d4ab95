import type { Answer, Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";

export const cancel: Verb = {
  name: "cancel",
  declare: (command) =>
    withStack(
      command.description("Clear the lock a lost operation has left on the stack's state. Only when you know that it no longer runs."),
    ),
  async run(line, options): Promise<Answer> {
    const { clearLocks } = await import("../../automation/maintenance.ts");
    await clearLocks(await openStack(line, options));
    return { ok: true, document: { ok: true }, text: `The lock of ${options.stack} is cleared.` };
  },
};

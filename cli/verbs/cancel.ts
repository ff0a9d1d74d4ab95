import type { Answer, Verb } from "../command-line.ts";

export const cancel: Verb = {
  name: "cancel",
  declare: (command) =>
    command
      .description("Clear the lock a lost operation has left on the stack's state. Only when you know that it no longer runs.")
      .requiredOption("-s, --stack <stack>", "the stack"),
  async run(line, options): Promise<Answer> {
    const { clearLocks } = await import("../../automation/maintenance.ts");
    await clearLocks({ project: line.project, stack: options.stack as string, engine: await line.engine() });
    return { ok: true, document: { ok: true }, text: `The lock of ${options.stack} is cleared.` };
  },
};

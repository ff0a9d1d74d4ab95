import { text } from "node:stream/consumers";
import { type Answer, UsageError, type Verb } from "../command-line.ts";
import { openStack, withStack } from "../stack.ts";

export const secret: Verb = {
  name: "secret",
  declare: (command) =>
    withStack(command)
      .description("Encrypt a value read from standard input into the stack's file, for `{ secret: <name> }` in its document.")
      .argument("<name>", "the secret's name")
      .addHelpText("after", "\nExample: openssl rand -hex 32 | npx gateway secret origin-token -s prod"),
  async run(line, options, [name = ""]): Promise<Answer> {
    const opened = await openStack(line, options);
    if (process.stdin.isTTY) line.note("Type the value and end it with Ctrl-D.");
    const value = (await text(process.stdin)).replace(/\r?\n$/, "");
    if (value === "") throw new UsageError("standard input is empty", "give the secret's value there");
    const { setSecret } = await import("../../automation/maintenance.ts");
    const file = await setSecret({ ...opened, name, value });
    return {
      ok: true,
      document: { ok: true, name, file },
      text: `${name} is encrypted in ${file}; commit the file and run \`npx gateway up -s ${opened.stack}\``,
    };
  },
};

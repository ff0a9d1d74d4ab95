import type { Command } from "commander";
import type { Changes } from "../../automation/events.ts";
import type { OperationKind, OperationResult } from "../../automation/operation.ts";
import type { Answer, CommandLine, Verb } from "../command-line.ts";
import { openStack, stackName, withStack } from "../stack.ts";
import { ProgressLines } from "../text/progress.ts";
import { summaryText } from "../text/summary.ts";

const verb = (name: OperationKind, description: string, more: (command: Command) => Command = (command) => command): Verb => ({
  name,
  declare: (command) =>
    more(withStack(command.description(description))).option(
      "--portal <url>",
      "do it through this portal instead of here; GATEWAY_PORTAL_TOKEN holds an access token for it",
    ),
  run: (line, options) => runOperation(line, name, options),
});

const withMessage = (command: Command) => command.option("-m, --message <text>", "a note for the stack's history");

export const preview = verb("preview", "What `up` would change, asked of the real engine and the cloud.");
export const up = verb("up", "Make the stack as its document says: create, change and remove what differs.", withMessage);
export const refresh = verb("refresh", "Look at what really exists and correct the stack's state.", (command) =>
  withMessage(command).option(
    "--forget-interrupted",
    "drop creations that were interrupted from the state, after someone has looked for what they left in the cloud",
  ),
);
export const destroy = verb("destroy", "Remove everything the stack has created.", withMessage);

/** Runs an operation with live progress; Ctrl-C asks the engine to stop, a second one stops it at once. */
async function runOperation(line: CommandLine, kind: OperationKind, options: Readonly<Record<string, unknown>>): Promise<Answer> {
  const stack = stackName(line, options);
  if (typeof options.portal === "string") {
    const { runRemotely } = await import("../remote/operations.ts");
    return runRemotely(line, kind, stack, options.portal);
  }
  const { readStackFile, settingsOf } = await import("../../automation/stack-file.ts");
  const { cloud } = settingsOf(line.project, readStackFile(line.project, stack));
  const { engine } = await openStack(line, options);
  if (cloud === "local" && kind !== "destroy") await line.envoy();

  const { startOperation } = await import("../../automation/operation.ts");
  const operation = startOperation({
    kind,
    project: line.project,
    stack,
    engine,
    ...(typeof options.message === "string" ? { message: options.message } : {}),
    ...(options.forgetInterrupted === true ? { forgetInterrupted: true } : {}),
  });
  const progress = new ProgressLines(line.streams.stderr, kind === "preview");
  let asked = false;
  const stop = () => {
    line.note(
      asked
        ? "Stopping at once; what is being worked on stays half done."
        : "Stopping after what is being worked on; press Ctrl-C again to stop at once.",
    );
    asked = true;
    operation.cancel();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, stop);
  try {
    for await (const event of operation.events) progress.show(event);
    const result = await operation.result;
    return { ok: true, document: documentOf(result), text: summaryText(result, line.streams.stdout) };
  } finally {
    progress.close();
    for (const signal of signals) process.removeListener(signal, stop);
  }
}

function documentOf({ kind, stack, changes, outputs, seconds }: OperationResult): {
  ok: true;
  stack: string;
  changes: Changes;
  seconds: number;
  outputs?: unknown;
} {
  return { ok: true, stack, changes, seconds, ...(kind === "preview" || kind === "destroy" ? {} : { outputs }) };
}

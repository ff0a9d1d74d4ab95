import type { Command } from "commander";
import type { MaintenanceOptions } from "../automation/maintenance.ts";
import { stackNames } from "../automation/project.ts";
import { type CommandLine, UsageError } from "./command-line.ts";

/** Declares `-s`. It is asked for in `stackName`, whose message names the stacks there are. */
export const withStack = (command: Command): Command => command.option("-s, --stack <stack>", "the stack: stacks/Pulumi.<stack>.yaml");

/** The stack given with `-s`. @throws UsageError when there is none. */
export function stackName(line: CommandLine, options: Readonly<Record<string, unknown>>): string {
  if (typeof options.stack === "string") return options.stack;
  const names = stackNames(line.project);
  throw new UsageError("no stack is given", names.length === 0 ? "give one with -s" : `give one with -s: ${names.join(", ")}`);
}

/**
 * The stack given with `-s` and the engine for it, provided where the machine has none. Whether there is such a stack is found out first.
 *
 * @throws UsageError, or OperationError (`usage`, `no-stack`, `settings` or `tool`).
 */
export async function openStack(line: CommandLine, options: Readonly<Record<string, unknown>>): Promise<MaintenanceOptions> {
  const stack = stackName(line, options);
  const { readStackFile } = await import("../automation/stack-file.ts");
  readStackFile(line.project, stack);
  return { project: line.project, stack, engine: await line.engine() };
}

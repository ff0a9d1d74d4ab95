import { Command, CommanderError } from "commander";
import { OperationError } from "../automation/errors.ts";
import { type Answer, CommandLine, type Streams, UsageError } from "./command-line.ts";
import { describeError, errorDocument } from "./text/errors.ts";
import { VERBS } from "./verbs/index.ts";

/**
 * Runs one command.
 *
 * @returns the exit code: 0 fine, 1 the answer is no, 2 wrong usage.
 */
export async function main(argv: readonly string[], streams: Streams): Promise<number> {
  const json = argv.includes("--json");
  const line = new CommandLine(streams);
  let answer: Answer | undefined;
  const program = new Command("gateway")
    .description(
      "One document describes a secure API gateway; this command checks, plans, runs and proves it on AWS, Azure, Google Cloud or this machine.",
    )
    .exitOverride()
    .configureOutput({ writeOut: (text) => streams.stdout.write(text), writeErr: (text) => streams.stderr.write(text) })
    .showHelpAfterError("(see `npx gateway <verb> --help`)")
    .addHelpText(
      "after",
      "\nExit codes: 0 fine, 1 the answer is no, 2 wrong usage. With --json, standard output is exactly one JSON document.",
    );
  program.version(line.version, "--version", "the version of this project");
  for (const verb of VERBS) {
    verb
      .declare(program.command(verb.name))
      .option("--json", "answer with one JSON document on standard output")
      .action(async (...given) => {
        const [options, positional] = [given.at(-2) as Record<string, unknown>, given.slice(0, -2) as (string | undefined)[]];
        answer = await verb.run(line, options, positional);
      });
  }
  try {
    await program.parseAsync([...argv], { from: "user" });
    if (answer?.document !== undefined)
      streams.stdout.write(json ? `${JSON.stringify(answer.document, null, 2)}\n` : answer.text === "" ? "" : `${answer.text.trimEnd()}\n`);
    return answer?.ok === false ? 1 : 0;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    if (json) streams.stdout.write(`${JSON.stringify(errorDocument(error), null, 2)}\n`);
    // Commander has already written its own.
    else if (!(error instanceof CommanderError)) streams.stderr.write(`${describeError(error, streams.stderr)}\n`);
    return isUsage(error) ? 2 : 1;
  }
}

function isUsage(error: unknown): boolean {
  return error instanceof CommanderError || error instanceof UsageError || (error instanceof OperationError && error.code === "usage");
}

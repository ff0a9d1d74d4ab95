import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import type { EngineLocation } from "../automation/engine.ts";
import { OperationError } from "../automation/errors.ts";
import { openProject, type Project } from "../automation/project.ts";

/** A stream the command writes to; colours only when it is a terminal. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface Streams {
  /** Folder of the project. */
  readonly root: string;
  /** Answers: text for people, or with `--json` exactly one document. */
  readonly stdout: TextStream;
  /** Progress and errors. */
  readonly stderr: TextStream;
}

/** What a verb answers. */
export interface Answer {
  /** False makes the exit code 1: the question was understood, and the answer is no. */
  readonly ok: boolean;
  /** For `--json`; undefined when the verb has written its own already. */
  readonly document: unknown;
  /** For people; empty to print nothing. */
  readonly text: string;
}

/** One verb of the command. Its file loads nothing heavy; `run` loads what it needs. */
export interface Verb {
  readonly name: string;
  /** Adds description, options and arguments. */
  declare(command: Command): Command;
  run(line: CommandLine, options: Readonly<Record<string, unknown>>, positional: readonly (string | undefined)[]): Promise<Answer>;
}

/** Wrong usage; exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly remedy: string;

  constructor(message: string, remedy = "see `npx gateway <verb> --help`") {
    super(message);
    this.remedy = remedy;
  }
}

/** What every verb works with. */
export class CommandLine {
  readonly streams: Streams;
  #project: Project | undefined;

  constructor(streams: Streams) {
    this.streams = streams;
  }

  get project(): Project {
    this.#project ??= openProject(this.streams.root);
    return this.#project;
  }

  /** Version of this project. */
  get version(): string {
    return (JSON.parse(readFileSync(join(this.streams.root, "package.json"), "utf8")) as { version: string }).version;
  }

  /** The Pulumi CLI, provided first where the machine has none. */
  async engine(): Promise<EngineLocation> {
    const { ensurePulumi } = await import("../tools/setup/pulumi.ts");
    try {
      return await ensurePulumi(this.streams.root);
    } catch (error) {
      throw new OperationError("tool", (error as Error).message, "");
    }
  }

  /** Makes sure Envoy is there, for stacks that run on this machine. */
  async envoy(): Promise<void> {
    const { ensureEnvoy } = await import("../tools/setup/envoy.ts");
    try {
      await ensureEnvoy(this.streams.root);
    } catch (error) {
      throw new OperationError("tool", (error as Error).message, "");
    }
  }

  /** A line of progress. */
  note(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }
}

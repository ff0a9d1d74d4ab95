import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import * as cmd from "@pulumi/pulumi/automation/cmd.js";
import * as errors from "@pulumi/pulumi/automation/errors.js";
import { SemVer } from "semver";
import { childrenOf } from "../tools/setup/process.mjs";

/** What a CLI run printed and how it ended. */
export interface CommandResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

// Parts of the Automation API that its typings leave out, and that it expects from whoever runs the CLI for it.
const { CommandResult } = cmd as unknown as {
  CommandResult: new (stdout: string, stderr: string, code: number, error?: Error) => CommandResult;
};
const { createCommandError } = errors as unknown as { createCommandError(result: CommandResult): errors.CommandError };

/** How the engine is reached: the CLI, and what its environment gets on top of ours. */
export interface EngineLocation {
  /** Absolute path of the CLI. */
  readonly command: string;
  /** Such as `3.250.0`. */
  readonly version: string;
}

/** How long an engine that was asked to stop may take before it is asked again, and then before it is killed; milliseconds. */
export interface Patience {
  readonly stop: number;
  readonly kill: number;
}

export const PATIENCE: Patience = { stop: 10 * 60_000, kill: 30_000 };

/**
 * The CLI as the Automation API runs it, in a process group of its own. The API's own runner leaves the engine in ours, where Ctrl-C in a terminal reaches it
 * directly as well as through the API, and two interrupts mean "stop at once, whatever is half done".
 */
export class Engine {
  readonly command: string;
  readonly version: SemVer;
  /** Called with the process of each CLI run. */
  onStart: ((pid: number) => void) | undefined;
  readonly #patience: Patience;
  readonly #running = new Set<(signal: NodeJS.Signals) => void>();

  constructor({ command, version }: EngineLocation, patience: Patience = PATIENCE) {
    this.command = command;
    this.version = new SemVer(version);
    this.#patience = patience;
  }

  /** For the Automation API, whose class has private parts that nothing uses. */
  asPulumiCommand(): cmd.PulumiCommand {
    return this as unknown as cmd.PulumiCommand;
  }

  /** Ends the engine at once; what it was doing stays half done. */
  kill(): void {
    for (const send of this.#running) send("SIGKILL");
  }

  /** Asks the engine once more to stop; on the second time it no longer waits for what is being done. */
  interrupt(): void {
    for (const send of this.#running) send("SIGINT");
  }

  /** Signature of the Automation API's own runner; what is printed is handed over at the end. `signal` asks the engine to stop once what is being done is done. */
  run(
    args: string[],
    cwd: string,
    additionalEnv: Record<string, string>,
    onOutput?: (text: string) => void,
    onError?: (text: string) => void,
    signal?: AbortSignal,
    input?: string,
  ): Promise<CommandResult> {
    const all = args.includes("--non-interactive") ? args : [...args, "--non-interactive"];
    const path = [dirname(this.command), additionalEnv.PATH ?? process.env.PATH].join(":");
    const output = new OutputFiles(cwd);
    return new Promise((resolve, reject) => {
      const child = spawn(this.command, all, {
        cwd,
        env: { ...process.env, ...additionalEnv, PATH: path, PULUMI_AUTOMATION_API: "true" },
        stdio: [input === undefined ? "ignore" : "pipe", output.stdout, output.stderr],
        detached: true,
      });
      child.stdin?.on("error", () => {}).end(input);

      const send = (name: NodeJS.Signals) => {
        if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
        // The CLI stops its plugins, unless it is killed: then they go with it. What plugins have started (the gateway itself) stays.
        const plugins = name === "SIGKILL" ? childrenOf(child.pid) : [];
        for (const pid of [child.pid, ...plugins]) signalProcess(pid, name);
      };
      const timers: NodeJS.Timeout[] = [];
      const stop = () => {
        send("SIGINT");
        timers.push(setTimeout(() => send("SIGINT"), this.#patience.stop));
        timers.push(setTimeout(() => send("SIGKILL"), this.#patience.stop + this.#patience.kill));
      };
      const done = () => {
        this.#running.delete(send);
        signal?.removeEventListener("abort", stop);
        for (const timer of timers) clearTimeout(timer);
      };
      child.once("spawn", () => {
        this.#running.add(send);
        this.onStart?.(child.pid as number);
        if (signal?.aborted) stop();
        else signal?.addEventListener("abort", stop, { once: true });
      });
      child.once("error", (error) => {
        done();
        output.take();
        reject(createCommandError(new CommandResult("", error.message, -2, error)));
      });
      child.once("close", (code, killedBy) => {
        done();
        const { stdout, stderr } = output.take();
        if (stdout !== "") onOutput?.(stdout);
        if (stderr !== "") onError?.(stderr);
        const result = new CommandResult(stdout, killedBy === null ? stderr : `${stderr}\nended by ${killedBy}`, code ?? -2);
        if (code === 0) resolve(result);
        else reject(createCommandError(result));
      });
    });
  }
}

/** What an engine prints, in files: an engine that prints into a pipe dies with whoever reads it, in the middle of what it does. */
class OutputFiles {
  readonly stdout: number;
  readonly stderr: number;
  readonly #paths: readonly string[];

  constructor(folder: string) {
    const name = join(folder, `.output-${randomUUID()}`);
    this.#paths = [`${name}.out`, `${name}.err`];
    [this.stdout, this.stderr] = this.#paths.map((path) => openSync(path, "wx+", 0o600)) as [number, number];
  }

  /** Everything that was printed; once. */
  take(): { readonly stdout: string; readonly stderr: string } {
    const [stdout, stderr] = this.#paths.map((path) => readFileSync(path, "utf8")) as [string, string];
    for (const file of [this.stdout, this.stderr]) closeSync(file);
    for (const path of this.#paths) rmSync(path, { force: true });
    return { stdout, stderr };
  }
}

function signalProcess(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}

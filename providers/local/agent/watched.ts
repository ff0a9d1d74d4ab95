import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { identify, isAlive, type ProcessIdentity } from "../machine/processes.ts";

const LOOK_MS = 100;

/** A process whose end is noticed: at once for a child, within a tenth of a second for one that an agent before this one has started. */
export interface Watched {
  readonly identity: ProcessIdentity;
  /** Resolves when the process has ended, with how it did, if that is known. */
  readonly ended: Promise<string>;
}

/** Watches a process that is not a child of this one. */
export function adopt(identity: ProcessIdentity): Watched {
  const ended = new Promise<string>((resolve) => {
    const timer = setInterval(() => {
      if (isAlive(identity)) return;
      clearInterval(timer);
      resolve("it ended");
    }, LOOK_MS);
  });
  return { identity, ended };
}

export interface StartOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** File that standard output and error are appended to. It is a file and no pipe, so that the process outlives the agent. */
  readonly log: string;
}

/** Starts a process in a session of its own; it is a child of this one. @throws Error when it cannot be started */
export async function start({ command, args, cwd, env, log }: StartOptions): Promise<Watched> {
  const output = openSync(log, "a", 0o600);
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", output, output] });
    const ended = endOf(child);
    const failed = new Promise<never>((_, reject) => child.once("error", reject));
    await Promise.race([new Promise((resolve) => child.once("spawn", resolve)), failed]);
    child.on("error", () => {});
    child.unref();
    const pid = child.pid as number;
    return { identity: identify(pid) ?? { pid, started: "ended" }, ended };
  } finally {
    closeSync(output);
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`));
  });
}

/** How long to wait before a process that keeps ending is started again. */
export class Backoff {
  #failures = 0;
  #startedAt = 0;

  /** Call when the process starts. */
  started(): void {
    this.#startedAt = Date.now();
  }

  /** Call when it has ended. @returns milliseconds to wait: none at first, then doubling from 0.1 s to 30 s; a run of 10 s counts as a recovery */
  ended(): number {
    if (Date.now() - this.#startedAt > 10_000) this.#failures = 0;
    this.#failures += 1;
    return this.#failures === 1 ? 0 : Math.min(30_000, 100 * 2 ** (this.#failures - 2));
  }

  reset(): void {
    this.#failures = 0;
  }
}

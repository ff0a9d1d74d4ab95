import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { childrenOf, isRunning, programOf, startOf } from "../../tools/setup/process.mjs";
import { isAway } from "../store/failures.ts";
import { claim, type Identity } from "./claim.ts";
import { FILES, type RunRequest } from "./request.ts";

const ENTRY = join(import.meta.dirname, "runner.ts");

/** Prepares the folder of an attempt and starts its runner, which goes on when we end. */
export function startRunner(folder: string, request: RunRequest, entry = ENTRY): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, FILES.request), JSON.stringify(request), { mode: 0o600 });
  writeFileSync(join(folder, FILES.lease), "");
  const log = openSync(join(folder, FILES.log), "a", 0o600);
  try {
    const { DATABASE_URL: _, ...env } = process.env;
    const child = spawn(process.execPath, [entry, folder], { detached: true, stdio: ["ignore", log, log], env });
    child.on("error", () => {});
    child.unref();
  } finally {
    closeSync(log);
  }
}

/** The process of an attempt, found by what it has written into its folder. */
export class Runner {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  get journal(): string {
    return join(this.folder, FILES.journal);
  }

  /** `booting` until it has written who it is. */
  state(): "booting" | "running" | "ended" {
    const who = this.#identity();
    if (who === undefined) return "booting";
    if (who.pid === 0 || !isRunning(who.pid)) return "ended";
    const now = startOf(who.pid);
    return who.started !== undefined && now !== undefined && now !== who.started ? "ended" : "running";
  }

  /** Keeps a runner that has not begun from ever beginning. @returns false when it has begun, or the disk does not take the note that keeps it */
  void(): boolean {
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      return claim(this.folder, { host: hostname(), pid: 0 });
    } catch (error) {
      if (isAway(error)) return false;
      throw error;
    }
  }

  /** Milliseconds since it was started; without end when it was not. */
  get age(): number {
    const asked = statSync(join(this.folder, FILES.lease), { throwIfNoEntry: false });
    return asked === undefined ? Number.POSITIVE_INFINITY : Date.now() - asked.birthtimeMs;
  }

  send(signal: NodeJS.Signals): void {
    const who = this.#identity();
    if (who === undefined || this.state() !== "running") return;
    // The engine is in a group of its own; killed with its runner, it would go on without its program.
    const targets = signal === "SIGKILL" ? [...childrenOf(who.pid), who.pid] : [who.pid];
    for (const pid of targets) kill(pid, signal);
  }

  /** Tells the runner that somebody looks after it. */
  renew(): void {
    const now = new Date();
    try {
      utimesSync(join(this.folder, FILES.lease), now, now);
    } catch {
      // The attempt has been cleared away.
    }
  }

  #identity(): Identity | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, FILES.runner), "utf8")) as Identity;
    } catch {
      return undefined;
    }
  }
}

/** Asks engines whose runner is gone to stop: their program went with it. */
export function interruptEngines(pids: readonly number[]): void {
  for (const pid of pids) if (isRunning(pid) && programOf(pid)?.startsWith("pulumi")) kill(pid, "SIGINT");
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}

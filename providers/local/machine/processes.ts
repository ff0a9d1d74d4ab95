import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, programOf, startOf } from "../../../tools/setup/process.mjs";

/** One process, told from a later one with the same number and from one before the machine's last start. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Such as `<boot>:<ticks>`; compared only for equality. */
  readonly started: string;
}

/** @returns undefined when no such process runs */
export function identify(pid: number): ProcessIdentity | undefined {
  if (!isRunning(pid)) return undefined;
  const started = startOf(pid);
  return started === undefined ? undefined : { pid, started: `${bootId()}:${started}` };
}

/** True while that very process runs. */
export const isAlive = (identity: ProcessIdentity): boolean => identify(identity.pid)?.started === identity.started;

/** Sends a signal to that very process; nothing happens when it has ended. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Waits for the end of a process. @returns false when it still runs after `withinMs` */
export async function hasEnded(identity: ProcessIdentity, withinMs: number): Promise<boolean> {
  const until = Date.now() + withinMs;
  while (isAlive(identity)) {
    if (Date.now() >= until) return false;
    await sleep(20);
  }
  return true;
}

/** Ends a process: SIGTERM, and SIGKILL when it has not ended after `graceMs`. */
export async function terminate(identity: ProcessIdentity, graceMs: number): Promise<void> {
  signal(identity, "SIGTERM");
  if (await hasEnded(identity, graceMs)) return;
  signal(identity, "SIGKILL");
  await hasEnded(identity, 5000);
}

/** Program and arguments of a process of this user; empty when there is none. */
export const commandLine = (pid: number): string[] => (LINUX ? linuxWords(pid, "cmdline") : psLine(pid, "args="));

/** Processes of this user that were started with exactly this argument. */
export const withArgument = (argument: string): ProcessIdentity[] => processes((pid) => commandLine(pid).includes(argument));

/** Processes of this user in whose environment a variable has this value. */
export const withVariable = (name: string, value: string): ProcessIdentity[] =>
  processes((pid) =>
    LINUX ? linuxWords(pid, "environ").includes(`${name}=${value}`) : psLine(pid, "command=", "-E").includes(`${name}=${value}`),
  );

/** `nginx (process 812)`, for people. */
export function describe(pid: number): string {
  const program = programOf(pid);
  return program === undefined ? `process ${pid}` : `${program} (process ${pid})`;
}

const LINUX = process.platform === "linux";

function processes(matches: (pid: number) => boolean): ProcessIdentity[] {
  return pids()
    .filter((pid) => pid !== process.pid && matches(pid))
    .flatMap((pid) => identify(pid) ?? []);
}

function pids(): number[] {
  if (LINUX) return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
  return execFileSync("ps", ["-x", "-o", "pid="], { encoding: "utf8" }).split("\n").map(Number).filter(Boolean);
}

/** @returns nothing for processes of other users and those that have just ended */
function linuxWords(pid: number, file: "cmdline" | "environ"): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0");
  } catch {
    return [];
  }
}

function psLine(pid: number, column: string, ...flags: string[]): string[] {
  try {
    return execFileSync("ps", [...flags, "-ww", "-o", column, "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
      .trim()
      .split(" ");
  } catch {
    return [];
  }
}

let boot: string | undefined;

/** Names the machine's last start; empty where the start time of a process is a date already. */
function bootId(): string {
  boot ??= LINUX ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() : "";
  return boot;
}

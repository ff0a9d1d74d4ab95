import { hostname } from "node:os";
import { join } from "node:path";
import { type Owner, tryLock } from "../tools/setup/lock.mjs";
import { isRunning, programOf } from "../tools/setup/process.mjs";
import { OperationError } from "./errors.ts";
import type { Project } from "./project.ts";

/** How long to wait for the engine of a killed command to finish what it is doing, in milliseconds. */
const ORPHAN_PATIENCE = 5 * 60_000;

/** The right to change a stack from this checkout; one operation at a time. */
export interface Lease {
  /** Keeps the lease taken while the engine runs, even when we are killed. */
  share(pid: number): void;
  release(): void;
}

/**
 * Takes the lease of a stack. When its last holder was killed but its engine still runs, waits for the engine to finish.
 *
 * @throws OperationError (`locked`) naming who holds it.
 */
export async function takeLease(project: Project, stack: string, purpose: string, waiting: (message: string) => void): Promise<Lease> {
  const path = join(project.privateFolder, "locks", `stack-${stack.replaceAll("/", "+")}`);
  const deadline = Date.now() + ORPHAN_PATIENCE;
  let told = false;
  for (;;) {
    const taken = tryLock(path, purpose);
    if (!("owner" in taken)) return taken;
    if (!isOrphaned(taken.owner) || Date.now() > deadline) throw lockedBy(taken.owner, stack);
    if (!told) waiting(`An earlier command was killed; waiting for its engine (process ${taken.owner.helper?.pid}) to finish.`);
    told = true;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** The holder itself is gone and only its engine keeps the lease. */
const isOrphaned = ({ host, pid, helper }: Owner) => host === hostname() && helper !== undefined && !isRunning(pid);

function lockedBy({ pid, host, purpose }: Owner, stack: string): OperationError {
  const where = host === hostname() ? `process ${pid}` : `process ${pid} on ${host}`;
  return new OperationError(
    "locked",
    `Stack "${stack}" is busy: ${where} is running \`${purpose ?? "an operation"}\` on it`,
    "wait until it has finished, or stop it",
  );
}

/** One lock of the state itself, as the engine lists it. */
export interface StateLock {
  readonly user: string;
  readonly host: string;
  readonly pid: number;
  /** RFC 3339. */
  readonly since: string;
}

/** Reads the locks out of the engine's refusal: `<file>: created by root@host (pid 12) at 2026-11-21T12:00:00Z`. */
export function stateLocks(text: string): StateLock[] {
  return [...text.matchAll(/created by (\S+)@(\S+) \(pid (\d+)\) at (\S+)/g)].map(([, user = "", host = "", pid, since = ""]) => ({
    user,
    host,
    pid: Number(pid),
    since,
  }));
}

/** An engine that is gone, on whichever host it ran. */
export interface DeadEngine {
  readonly host: string;
  readonly pid: number;
}

/**
 * True when nobody will ever release the lock: the engine that took it ran on this host and no longer runs, or it is one of those known to be gone.
 */
export function isAbandoned({ host, pid }: StateLock, dead: readonly DeadEngine[] = []): boolean {
  if (host !== hostname()) return dead.some((engine) => engine.host === host && engine.pid === pid);
  const program = programOf(pid);
  return !isRunning(pid) || (program !== undefined && !program.startsWith("pulumi"));
}

/** The refusal of a state somebody else is changing. */
export function stateLockedBy(stack: string, locks: readonly StateLock[], remedyVerb: string): OperationError {
  const who = locks.map(({ user, host, pid, since }) => `${user}@${host} (process ${pid}, since ${since})`).join(", ");
  return new OperationError(
    "locked",
    `The state of stack "${stack}" is locked by ${who === "" ? "another operation" : who}`,
    `wait until it has finished; if you know that it no longer runs, clear the lock with \`${remedyVerb}\``,
  );
}

import { readFileSync, statSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { DISK_FULL, OperationError } from "../../automation/errors.ts";
import { openProject } from "../../automation/project.ts";
import { parseStackFile } from "../../automation/stack-file.ts";
import { formatFault } from "../../components/spec/faults.ts";
import { startOf } from "../../tools/setup/process.mjs";
import { saysFull } from "../store/space.ts";
import { claim } from "./claim.ts";
import { JournalWriter, waitForSpace } from "./journal.ts";
import { Redactor, secretsOfEnvironment } from "./redact.ts";
import { FILES, type RunEnd, type RunRequest } from "./request.ts";
import type { Task } from "./run-engine.ts";
import { Work } from "./work.ts";

const LEASE_CHECK_MS = 1000;
/** Faults named in a message. */
const MOST_FAULTS = 20;

/** Runs the attempt in a folder to its end. @returns the process's exit code */
export async function run(folder: string): Promise<number> {
  if (!isFirst(folder)) return 0;
  const request = JSON.parse(readFileSync(join(folder, FILES.request), "utf8")) as RunRequest;
  const redactor = new Redactor();
  redactor.add(secretsOfEnvironment(process.env));
  const journal = new JournalWriter(join(folder, FILES.journal), redactor.hide);
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => abort.abort());
  const watch = watchLease(folder, request.orphanMs, () => abort.abort());

  const project = openProject(request.projectRoot);
  const stackFile = parseStackFile(request.stack, join(folder, `Pulumi.${request.stack}.yaml`), request.stackFile, "the stack's settings");
  const target = { project, stack: request.stack, engine: request.engine, stackFile };
  const known = Promise.withResolvers<void>();
  // What is told before the secrets are known is held back; where they cannot be known, nothing is told, and nothing is done any more.
  const work = new Work(journal, known.promise);
  work.begin(
    request.kind === "verify"
      ? "Asking the stack where its gateway is."
      : "Comparing the stack with what was asked for, and starting the engine.",
  );
  known.promise.catch(() => abort.abort());
  import("./secrets.ts")
    .then(({ stackSecrets }) => stackSecrets(target))
    .then((found) => redactor.add(found))
    .then(known.resolve, known.reject);
  let end: RunEnd;
  try {
    const task = { request, target, work, signal: abort.signal };
    end = await TASKS[request.kind](task, folder);
  } catch (error) {
    end = failureOf(error, abort.signal.aborted);
  }
  clearInterval(watch);
  try {
    await work.flush();
  } catch (error) {
    end = { ...failureOf(error, false), ...(end.after === undefined ? {} : { after: end.after }) };
  }
  journal.write({ at: new Date().toISOString(), end });
  return 0;
}

const engine = async (task: Task) => (await import("./run-engine.ts")).runEngine(task);

/** Loaded when they are needed: the SDK takes most of a second, and the first word comes before it. */
const TASKS: Readonly<Record<RunRequest["kind"], (task: Task, folder: string) => Promise<RunEnd>>> = {
  verify: async (task) => (await import("./run-verify.ts")).runVerify(task),
  rotate: async (task, folder) => (await import("./run-rotation.ts")).runRotation(task, folder),
  preview: engine,
  up: engine,
  refresh: engine,
  destroy: engine,
};

/** Of two that might run an attempt, or a portal that has given it up, the first wins. */
function isFirst(folder: string): boolean {
  const started = startOf(process.pid);
  const self = { host: hostname(), pid: process.pid, ...(started === undefined ? {} : { started }) };
  for (;;) {
    try {
      return claim(folder, self);
    } catch (error) {
      // Cleared away by a portal that has given it up.
      if (!saysFull(error)) return false;
      waitForSpace();
    }
  }
}

/** Stops a runner that no portal has looked after for too long: another may be about to begin. */
function watchLease(folder: string, orphanMs: number | undefined, stop: () => void): NodeJS.Timeout | undefined {
  if (orphanMs === undefined) return undefined;
  const began = Date.now();
  return setInterval(() => {
    const seen = statSync(join(folder, FILES.lease), { throwIfNoEntry: false })?.mtimeMs ?? began;
    if (Date.now() - Math.max(seen, began) > orphanMs) stop();
  }, LEASE_CHECK_MS);
}

export function failureOf(thrown: unknown, cancelled: boolean): RunEnd {
  const error = saysFull(thrown) ? new OperationError(DISK_FULL.code, DISK_FULL.message, DISK_FULL.remedy) : thrown;
  if (error instanceof OperationError) {
    const { code, message, remedy, faults, failures, output } = error;
    const shown = faults
      .slice(0, MOST_FAULTS)
      .map(({ path, message: what, remedy: way }) => `\n${formatFault({ path, message: what, remedy: way })}`);
    const more = faults.length > MOST_FAULTS ? `\n… and ${faults.length - MOST_FAULTS} more` : "";
    return {
      state: code === "cancelled" || (cancelled && code === "lost") ? "cancelled" : "failed",
      error: { code, message: `${message}${shown.join("")}${more}`, remedy, ...(failures.length === 0 ? {} : { failures }) },
      ...(/ended by SIG/.test(output) ? { hard: true } : {}),
    };
  }
  // For those who run the portal; it stands in the attempt's log, never in an answer.
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return {
    state: cancelled ? "cancelled" : "failed",
    error: {
      code: "internal",
      message: "The operation failed for a reason the portal does not know",
      remedy: "try again; if it fails again, those who run the portal find more in its log",
    },
  };
}

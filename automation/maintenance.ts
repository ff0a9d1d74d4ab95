import { relative } from "node:path";
import { NAMESPACE } from "../components/stack-settings.ts";
import type { EngineLocation } from "./engine.ts";
import { OperationError } from "./errors.ts";
import type { Changes } from "./events.ts";
import { operationError } from "./failure.ts";
import { isRecord, type Project } from "./project.ts";
import { Session } from "./session.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";

export interface MaintenanceOptions {
  readonly project: Project;
  readonly stack: string;
  readonly engine: EngineLocation;
  /** The stack's file, where it is not in the project's folder of stack files. */
  readonly stackFile?: StackFile;
}

/** Clears every lock of the stack's state, whoever holds it. Only for locks whose holder is known to be gone. */
export async function clearLocks(options: MaintenanceOptions): Promise<void> {
  await withSession(options, (session) => session.run(["cancel", "--yes"]));
}

/**
 * Encrypts a value into the stack's file, where the document can name it with `{ secret: <name> }`. The value never appears in an argument list.
 *
 * @returns the file that was changed, relative to the project
 */
export async function setSecret(options: MaintenanceOptions & { readonly name: string; readonly value: string }): Promise<string> {
  const { project, stack, name, value } = options;
  if (!/^[A-Za-z][\w-]*$/.test(name))
    throw new OperationError("usage", `${JSON.stringify(name)} is not a name for a secret`, "use letters, digits, dashes and underscores");
  const { file } = readStackFile(project, stack);
  await withSession(options, async (session) => {
    await session.createIfMissing();
    await session.run(["config", "set", "--secret", `${NAMESPACE}:${name}`, "--config-file", file], value);
  });
  return relative(project.root, file);
}

/** One finished or broken-off operation in a stack's history, newest first. */
export interface HistoryEntry {
  readonly kind: string;
  /** RFC 3339. */
  readonly startTime: string;
  /** RFC 3339; undefined when it never ended properly. */
  readonly endTime: string | undefined;
  readonly result: "succeeded" | "failed" | "in-progress" | "not-started";
  readonly message: string;
  readonly changes: Changes;
}

/** The latest operations on a stack. */
export async function readHistory(options: MaintenanceOptions & { readonly limit?: number }): Promise<readonly HistoryEntry[]> {
  const { stdout } = await withSession(options, (session) =>
    session.run(["stack", "history", "--json", "--page-size", String(options.limit ?? 20), "--page", "1"]),
  );
  const entries: unknown = JSON.parse(stdout.trim() === "" ? "[]" : stdout);
  return Array.isArray(entries) ? entries.filter(isRecord).map(historyEntry) : [];
}

function historyEntry(entry: Record<string, unknown>): HistoryEntry {
  return {
    kind: String(entry.kind),
    startTime: String(entry.startTime),
    endTime: typeof entry.endTime === "string" ? entry.endTime : undefined,
    result: entry.result as HistoryEntry["result"],
    message: String(entry.message ?? ""),
    changes: (entry.resourceChanges ?? {}) as Changes,
  };
}

/** Runs `work` with the stack opened; whatever goes wrong is an OperationError. */
export async function withSession<T>(
  { project, stack, engine, stackFile }: MaintenanceOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  let session: Session | undefined;
  try {
    session = new Session({ project, stackFile: stackFile ?? readStackFile(project, stack), engine });
    return await work(session);
  } catch (error) {
    throw operationError({ stack, error, events: [], cancelled: false });
  } finally {
    session?.close();
  }
}

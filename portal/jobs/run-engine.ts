import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PATIENCE } from "../../automation/engine.ts";
import { OperationError } from "../../automation/errors.ts";
import type { MaintenanceOptions } from "../../automation/maintenance.ts";
import { type Operation, type OperationKind, startOperation } from "../../automation/operation.ts";
import { type Program, programOfDocument, stackModel } from "../../automation/program.ts";
import { readSnapshot } from "../../automation/snapshot.ts";
import { settingsOf } from "../../automation/stack-file.ts";
import { readWithin } from "../service/documents.ts";
import { programVersion } from "../service/program-version.ts";
import type { RunEnd, RunRequest } from "./request.ts";
import type { Work } from "./work.ts";

export interface Task {
  readonly request: RunRequest;
  readonly target: Required<MaintenanceOptions>;
  readonly work: Work;
  readonly signal: AbortSignal;
}

const CODE = join(import.meta.dirname, "..", "..");
/** Milliseconds an engine that was asked twice may take before it is killed. */
export const KILL_MS = 10_000;

/** Runs an operation of the engine, after looking whether what it was approved for is still so. */
export async function runEngine(task: Task): Promise<RunEnd> {
  const { request, target, work, signal } = task;
  const { programModule } = request;
  const program = await programOf(request, target);
  await demandUnchanged(task);
  if (programModule === undefined && request.kind !== "destroy" && settingsOf(target.project, target.stackFile).cloud === "local")
    await provideEnvoy();
  signal.throwIfAborted();
  const operation = startOperation({
    kind: request.kind as OperationKind,
    project: target.project,
    stack: target.stack,
    stackFile: target.stackFile,
    engine: target.engine,
    program,
    message: request.message,
    patience: { stop: request.cancelMs, kill: Math.min(KILL_MS, PATIENCE.kill) },
    onEngine: (pid) => work.engine(pid),
    deadEngines: request.deadEngines,
    ...(request.options.forgetInterrupted === true ? { forgetInterrupted: true } : {}),
  });
  signal.addEventListener("abort", () => operation.cancel(), { once: true });
  return finished(operation, task);
}

/** @throws OperationError (`tool`) where the machine has no Envoy and cannot get one */
export async function provideEnvoy(): Promise<void> {
  const { ensureEnvoy } = await import("../../tools/setup/envoy.ts");
  try {
    await ensureEnvoy(CODE);
  } catch (error) {
    throw new OperationError("tool", (error as Error).message, "");
  }
}

async function finished(operation: Operation, { work, target }: Task): Promise<RunEnd> {
  for await (const event of operation.events) work.event(event);
  const outcome = await operation.result.then(
    ({ changes }) => ({ changes }),
    (error: unknown) => ({ error }),
  );
  const after = await afterwards(target);
  if ("changes" in outcome) return { state: "succeeded", changes: outcome.changes as Record<string, number>, ...after };
  const { failureOf } = await import("./run.ts");
  return { ...failureOf(outcome.error, false), ...after };
}

/** The state afterwards, also after a failure. */
export async function afterwards(target: Required<MaintenanceOptions>): Promise<Pick<RunEnd, "after">> {
  try {
    const { digest, certificates, resources } = await readSnapshot(target);
    return { after: { digest, certificates, empty: resources.every(({ type }) => type.startsWith("pulumi:")) } };
  } catch {
    return {};
  }
}

export async function programOf({ programModule, documentText }: RunRequest, { project, stackFile }: Task["target"]): Promise<Program> {
  if (programModule !== undefined) return ((await import(pathToFileURL(programModule).href)) as { program: Program }).program;
  const { document } = settingsOf(project, stackFile);
  return programOfDocument({ text: documentText, read: readWithin(dirname(document)) });
}

/** @throws OperationError (`stale`) when the document, the settings, the program or the state is another one than was approved */
async function demandUnchanged({ request, target }: Task): Promise<void> {
  const { bound, programModule, documentText } = request;
  if (bound === undefined) return;
  const changed = (what: string) =>
    new OperationError("stale", `${what} has changed since the plan was approved`, "request a new plan and look at what it changes");
  if (bound.program !== programVersion(target.project.root, programModule)) throw changed("The program");
  if (!bound.settings) throw changed("The stack's settings or one of its secrets");
  if (bound.model !== undefined && programModule === undefined) {
    const { document } = settingsOf(target.project, target.stackFile);
    const { model } = await stackModel(target.project, target.stackFile, { text: documentText, read: readWithin(dirname(document)) });
    if (model.digest !== bound.model) throw changed("A file the document names");
  }
  if (bound.state !== undefined && (await readSnapshot(target)).digest !== bound.state) throw changed("The stack's state");
}

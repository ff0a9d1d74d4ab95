import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Operation } from "../../automation/operation.ts";
import { forgetRecord, keepRecord, readRecord } from "../../automation/rotation/record.ts";
import { rotate } from "../../automation/rotation/rotate.ts";
import type { Rotation } from "../../automation/rotation/steps.ts";
import { settingsOf } from "../../automation/stack-file.ts";
import { readWithin } from "../service/documents.ts";
import type { RunEnd } from "./request.ts";
import { afterwards, KILL_MS, programOf, provideEnvoy, type Task } from "./run-engine.ts";

/** Takes the steps of a rotation that are left. The settings each step writes go back to the portal with the rotation's record. */
export async function runRotation({ request, target, work, signal }: Task, folder: string): Promise<RunEnd> {
  const { stack } = request;
  // The rotation writes into the stack's file, here as in a checkout.
  const file = join(folder, `Pulumi.${stack}.yaml`);
  writeFileSync(file, request.stackFile, { mode: 0o600 });
  const project = { ...target.project, stackFolder: folder };
  // What the portal knows counts, on whichever machine it was learnt.
  if (request.rotation === undefined) forgetRecord(project, stack);
  else keepRecord(project, stack, request.rotation);

  const settings = settingsOf(project, target.stackFile);
  if (settings.cloud === "local") await provideEnvoy();
  let current: Operation | undefined;
  signal.addEventListener("abort", () => current?.cancel(), { once: true });
  const tell = () => work.rotation(readFileSync(file, "utf8"), readRecord(project, stack));
  try {
    const { waiting, what, done, steps } = await rotate({
      project,
      stack,
      what: request.options.what as Rotation,
      engine: target.engine,
      clientsReady: request.options.clientsReady === true,
      program: await programOf(request, target),
      document: { text: request.documentText, read: readWithin(dirname(settings.document)) },
      patience: { stop: request.cancelMs, kill: KILL_MS },
      onEngine: (pid) => work.engine(pid),
      deadEngines: request.deadEngines,
      onStep: (number, { title }) => work.event({ kind: "note", message: `Step ${number}: ${title}` }),
      onEvent: (event) => work.event(event),
      onOperation: (operation) => {
        current = operation;
        tell();
        if (signal.aborted) operation.cancel();
      },
    });
    if (waiting !== undefined)
      work.event({ kind: "note", message: `The rotation of the ${what} waits after step ${done} of ${steps.length}: ${waiting}` });
    return { state: "succeeded", changes: { steps: done }, ...(await afterwards(target)) };
  } catch (error) {
    const { failureOf } = await import("./run.ts");
    return { ...failureOf(error, signal.aborted), ...(await afterwards(target)) };
  } finally {
    tell();
  }
}

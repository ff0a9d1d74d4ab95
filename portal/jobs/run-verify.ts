import { dirname } from "node:path";
import { OperationError } from "../../automation/errors.ts";
import { readOutputs } from "../../automation/outputs.ts";
import { stackModel } from "../../automation/program.ts";
import { settingsOf } from "../../automation/stack-file.ts";
import { readWithin } from "../service/documents.ts";
import type { RunEnd } from "./request.ts";
import type { Task } from "./run-engine.ts";

/** Probes the live gateway against the document that is deployed. Every probe is an event. */
export async function runVerify({ request, target, work, signal }: Task): Promise<RunEnd> {
  const { document } = settingsOf(target.project, target.stackFile);
  const { model } = await stackModel(target.project, target.stackFile, { text: request.documentText, read: readWithin(dirname(document)) });
  const { verifyTarget } = await import("../../automation/verify-target.ts");
  const [{ verifyGateway }, outputs] = await Promise.all([import("../../verify/index.ts"), readOutputs({ ...target, showSecrets: true })]);
  const { only, skip, exact, unsafeMethods, exhaustQuotas, patienceSeconds } = request.options as {
    only?: string[];
    skip?: string[];
    exact?: boolean;
    unsafeMethods?: boolean;
    exhaustQuotas?: boolean;
    patienceSeconds?: number;
  };
  const report = await verifyGateway({
    model,
    ...verifyTarget(target.stack, outputs),
    ...(only === undefined ? {} : { only }),
    ...(skip === undefined ? {} : { skip }),
    ...(exact === undefined ? {} : { exact }),
    ...(unsafeMethods === undefined ? {} : { unsafeMethods }),
    ...(exhaustQuotas === undefined ? {} : { exhaustQuotas }),
    ...(patienceSeconds === undefined ? {} : { patienceMs: patienceSeconds * 1000 }),
    signal,
    onProbe: (probe) => work.event({ type: "verify", probe }),
  });
  if (signal.aborted) throw new OperationError("cancelled", "The operation was stopped before it had finished", "start it again");
  const changes = { passed: report.passed, failed: report.failed, skipped: report.skipped };
  if (report.failed === 0 && report.passed > 0) return { state: "succeeded", changes };
  const message =
    report.failed === 0 ? "No probe could prove anything" : `${report.failed} of ${report.passed + report.failed} probes failed`;
  return {
    state: "failed",
    changes,
    error: { code: "verify", message, remedy: "look at the probes that failed: each says what the gateway did instead" },
  };
}

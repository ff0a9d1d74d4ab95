import { OperationError, type OperationErrorCode } from "../../automation/errors.ts";
import type { OperationKind } from "../../automation/operation.ts";
import type { OperationSummary, Plan } from "../../portal/service.ts";
import type { Answer, CommandLine } from "../command-line.ts";
import { ProgressLines } from "../text/progress.ts";
import { RemotePortal } from "./client.ts";

/** Runs an operation through a portal, with the same progress as here; Ctrl-C asks the portal to cancel it. */
export async function runRemotely(line: CommandLine, kind: OperationKind, stack: string, url: string): Promise<Answer> {
  const portal = new RemotePortal(url, process.env.GATEWAY_PORTAL_TOKEN);
  const path = `/stacks/${encodeURIComponent(stack)}`;
  if (kind === "preview" || kind === "refresh") return follow(line, portal, await portal.call("POST", `${path}/operations`, { kind }));

  const plan = await portal.call<Plan>("POST", `${path}/plans`, { kind });
  const { id, state } = plan;
  if (plan.faults.length > 0 || state === "refused") {
    const faults = plan.faults.map((fault) => `\n  ${fault.path}: ${fault.message}`);
    throw new OperationError("document", `The plan is refused${faults.join("")}`, "correct the document in the portal");
  }
  if (state === "waiting for approval") {
    const page = portal.page(`/plans/${id}`);
    const weakened = plan.controls.filter(({ weakens }) => weakens).map(({ control, place }) => `  weaker: ${control} at ${place}`);
    const text = [`The plan waits for somebody's approval: ${page}`, ...weakened, "Once it is approved, apply it there."].join("\n");
    return { ok: false, document: { ok: false, stack, plan: id, state, page }, text };
  }
  return follow(line, portal, await portal.call("POST", `/plans/${id}/apply`));
}

async function follow(line: CommandLine, portal: RemotePortal, { id, kind, stack }: OperationSummary): Promise<Answer> {
  const progress = new ProgressLines(line.streams.stderr, kind === "preview");
  const stop = () => {
    line.note("Asking the portal to cancel the operation.");
    portal.call("POST", `/operations/${id}/cancel`).catch((error: Error) => line.note(error.message));
  };
  process.on("SIGINT", stop);
  try {
    for await (const { event } of portal.events(id)) if ("kind" in event) progress.show(event);
  } finally {
    progress.close();
    process.removeListener("SIGINT", stop);
  }
  const operation = await portal.call<OperationSummary>("GET", `/operations/${id}`);
  const { state, error, changes = {} } = operation;
  if (state !== "succeeded")
    throw error === undefined
      ? new OperationError(state === "lost" ? "lost" : "cancelled", `The operation was ${state}`, "look at its events in the portal")
      : new OperationError(error.code as OperationErrorCode, error.message, error.remedy);
  const counts = Object.entries(changes).map(([change, count]) => `${count} ${change}`);
  const document = { ok: true, stack, operation: id, changes, page: portal.page(`/operations/${id}`) };
  return { ok: true, document, text: `${kind} of ${stack} succeeded: ${counts.join(", ") || "no resources"}` };
}

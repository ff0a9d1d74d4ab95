import { randomUUID } from "node:crypto";
import { type Actor, type OperationSummary, Refusal } from "../service.ts";
import type { Sql } from "../store/database.ts";
import { addEvents, insertOperation, type NewOperation, type OperationRow, operationRow, operationSummary } from "../store/operations.ts";
import { planRow } from "../store/plans.ts";
import { stackRow } from "../store/stacks.ts";
import { ANY, demand } from "./access.ts";
import { act, noteRefusal, type PortalContext } from "./context.ts";
import { checkedOptions, type FreeKind } from "./operation-options.ts";
import { snapshotOfStack } from "./planning.ts";
import { planFor, planState, staleRefusal } from "./plans.ts";

/** Operations of one stack that wait at the same time. */
const MOST_WAITING = 20;

/** Puts operations into the queue and tells what watches them. */
export interface Dispatcher {
  add(sql: Sql, stack: string, operation: string): Promise<void>;
  /** Something about an operation has changed. */
  changed(operation: string): void;
}

/** Applies a plan, once: asked again, it answers with the operation there is. @throws Refusal `stale` when anything the plan is bound to has changed */
export async function apply(context: PortalContext, dispatcher: Dispatcher, actor: Actor, id: string): Promise<OperationSummary> {
  const { database, program } = context;
  const deed = { action: "plan.apply", subject: id };
  const noted = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await noteRefusal(database, actor, deed, error);
      throw error;
    }
  };
  const seen = await noted(async () => {
    const row = await planFor(context, actor, id, "apply");
    if (row.operation === null) demandApplicable(planState(row, program));
    return row;
  });
  if (seen.operation !== null) return operationSummary(await operationRow(database, seen.operation));
  const snapshot = await snapshotOfStack(context, await stackRow(database, seen.stack));
  if (snapshot.digest !== seen.state_digest) {
    await database.query("UPDATE portal.plan SET status = 'stale' WHERE id = $1 AND status = 'open'", [id]);
    return noted(async () => {
      throw staleRefusal();
    });
  }
  const row = await act(context, actor, { ...deed, subject: `${seen.stack}/${id}` }, async (sql) => {
    await stackRow(sql, seen.stack, true);
    const plan = await planRow(sql, id);
    if (plan.operation !== null) return { result: await operationRow(sql, plan.operation), digest: plan.digest };
    demandApplicable(planState(plan, program));
    const operation = { id: randomUUID(), stack: plan.stack, kind: plan.kind, plan: id, by: actor.id } as const;
    return { result: await enqueue(sql, dispatcher, operation), digest: plan.digest };
  });
  dispatcher.changed(row.id);
  return operationSummary(row);
}

function demandApplicable(state: ReturnType<typeof planState>): void {
  if (state === "ready" || state === "approved") return;
  if (state === "stale") throw staleRefusal();
  if (state === "waiting for approval") throw new Refusal("forbidden", "The plan has not been approved", "ask an approver to look at it");
  throw new Refusal("conflict", `The plan is ${state}`, "request a new plan");
}

/** Starts an operation that needs no plan. */
export async function start(
  context: PortalContext,
  dispatcher: Dispatcher,
  actor: Actor,
  stack: string,
  kind: FreeKind,
  given: Readonly<Record<string, unknown>>,
): Promise<OperationSummary> {
  const row = await act(context, actor, { action: `operation.${kind}`, subject: stack }, async (sql) => {
    demand(actor, stack, "requester", "approver");
    const options = checkedOptions(kind, given);
    await stackRow(sql, stack, true);
    const operation = { id: randomUUID(), stack, kind, options, by: actor.id };
    return { result: await enqueue(sql, dispatcher, operation), subject: `${stack}/${operation.id}` };
  });
  dispatcher.changed(row.id);
  return operationSummary(row);
}

/** Stores an operation and puts it into the queue, in one transaction. @throws Refusal `locked` when too many wait */
export async function enqueue(sql: Sql, dispatcher: Dispatcher, operation: NewOperation): Promise<OperationRow> {
  const [waiting] = await sql.query<{ count: number }>(
    "SELECT count(*)::integer AS count FROM portal.operation WHERE stack = $1 AND ended_at IS NULL",
    [operation.stack],
  );
  if ((waiting?.count ?? 0) >= MOST_WAITING)
    throw new Refusal("locked", `${MOST_WAITING} operations wait for this stack already`, "wait until some have ended, or cancel them");
  const row = await insertOperation(sql, operation);
  await dispatcher.add(sql, operation.stack, row.id);
  return row;
}

/** The operation, if the actor may see its stack. Operations of other stacks are as good as not there. */
export async function operationFor(sql: Sql, actor: Actor, id: string): Promise<OperationRow> {
  const row = await operationRow(sql, id);
  try {
    demand(actor, row.stack, ...ANY);
  } catch {
    throw new Refusal("not found", "There is no such operation", "choose one of the stack's operations");
  }
  return row;
}

/** Stops an operation: one's own, or as an administrator anybody's. One that waits ends at once, one that runs when its engine has stopped. */
export async function cancel(context: PortalContext, dispatcher: Dispatcher, actor: Actor, id: string): Promise<OperationSummary> {
  const deed = { action: "operation.cancel", subject: id };
  const row = await act(context, actor, deed, async (sql) => {
    const seen = await operationFor(sql, actor, id);
    if (actor.id !== seen.requested_by) demand(actor, seen.stack, "admin");
    else demand(actor, seen.stack, "requester", "approver", "admin");
    const { state } = await operationRow(sql, id, true);
    const at = new Date().toISOString();
    if (state === "waiting") {
      await sql.query("UPDATE portal.operation SET state = 'cancelled', ended_at = now() WHERE id = $1", [id]);
      await addEvents(sql, id, [{ at, event: { type: "state", state: "cancelled" } }]);
    } else if (state === "running") {
      await sql.query("UPDATE portal.operation SET state = 'cancelling' WHERE id = $1", [id]);
      await addEvents(sql, id, [{ at, event: { type: "state", state: "cancelling" } }]);
    } else if (state !== "cancelling" && state !== "cancelled")
      throw new Refusal("conflict", `The operation has ${state === "lost" ? "been lost" : state} already`, "look at its events");
    return { result: await operationRow(sql, id), subject: `${seen.stack}/${id}` };
  });
  dispatcher.changed(id);
  return operationSummary(row);
}

import { setImmediate } from "node:timers/promises";
import { type Actor, type Page, type PageRequest, type Plan, type PlanState, type PlanSummary, Refusal } from "../service.ts";
import type { Sql } from "../store/database.ts";
import { documentRow } from "../store/documents.ts";
import { approvalsOf, insertPlan, type JudgedPlan, planPage, planRow, type SummaryRow } from "../store/plans.ts";
import { stackRow } from "../store/stacks.ts";
import { ANY, demand } from "./access.ts";
import { act, noteRefusal, type PortalContext } from "./context.ts";
import { planDestroy, planUp, snapshotOfStack } from "./planning.ts";

const LONGEST_COMMENT = 2000;
const CHANGING = "('up', 'destroy', 'refresh', 'rotate')";

/** Plans a stack as its latest document says, or to remove it. @throws Refusal `locked` while an operation changes the stack */
export async function requestPlan(context: PortalContext, actor: Actor, name: string, kind: "up" | "destroy"): Promise<Plan> {
  const { database } = context;
  const stack = await stackRow(database, name);
  await demandQuiet(database, name);
  const document = await documentRow(database, name);
  const snapshot = await snapshotOfStack(context, stack);
  const basis = { stack, document, snapshot };
  const plan = await context.planners.take(async () => {
    await setImmediate();
    return kind === "up" ? planUp(context, basis, actor.id) : planDestroy(context, basis, actor.id);
  });
  const deed = { action: kind === "up" ? "plan.request" : "plan.request.destroy", subject: `${name}/${plan.id}` };
  await act(context, actor, deed, async (sql) => {
    await stackRow(sql, name, true);
    await demandQuiet(sql, name);
    await sql.query("UPDATE portal.stack SET state_digest = $2 WHERE name = $1", [name, snapshot.digest]);
    await insertPlan(sql, plan);
    return { result: undefined, digest: plan.digest };
  });
  return readPlan(context, plan.id);
}

/** @throws Refusal `locked` */
async function demandQuiet(sql: Sql, stack: string): Promise<void> {
  const [busy] = await sql.query<{ kind: string }>(
    `SELECT kind FROM portal.operation WHERE stack = $1 AND ended_at IS NULL AND kind IN ${CHANGING} LIMIT 1`,
    [stack],
  );
  if (busy !== undefined)
    throw new Refusal("locked", `The stack is about to change: its ${busy.kind} has not ended`, "plan again when it has, or cancel it");
}

export async function readPlan({ database, program }: PortalContext, id: string): Promise<Plan> {
  const row = await planRow(database, id);
  return planOf(row, await approvalsOf(database, id), program);
}

function planOf(row: JudgedPlan, approvals: Plan["approvals"], program: string, text = ""): Plan {
  const { faults, controls, resources, findings } = row.body;
  return {
    ...summaryOf(row, program),
    documentVersion: row.document_version,
    documentText: text,
    faults,
    controls,
    resources,
    findings,
    approvals,
    html: row.html,
  };
}

/** A plan as people see it, with the text it was made from. @throws Refusal */
export async function plan(context: PortalContext, actor: Actor, id: string): Promise<Plan> {
  const row = await planFor(context, actor, id, "look");
  const { text } = await documentRow(context.database, row.stack, row.document_version);
  return planOf(row, await approvalsOf(context.database, id), context.program, text);
}

/** The plan, if the actor's roles hold for its stack. Plans of other stacks are as good as not there. */
export async function planFor(
  { database }: PortalContext,
  actor: Actor,
  id: string,
  what: "look" | "approve" | "apply",
): Promise<JudgedPlan> {
  const row = await planRow(database, id);
  try {
    demand(actor, row.stack, ...ANY);
  } catch {
    throw new Refusal("not found", "There is no such plan", "request a new one");
  }
  if (what === "approve") demand(actor, row.stack, "approver");
  if (what === "apply") demand(actor, row.stack, "requester", "approver");
  return row;
}

export function plansOf({ database, program }: PortalContext, stack: string, page: PageRequest): Promise<Page<PlanSummary>> {
  return planPage(database, stack, page, (row) => summaryOf(row, program));
}

function summaryOf(row: SummaryRow, program: string): PlanSummary {
  const { id, stack, kind, requested_by, requested_at, weakens, digest } = row;
  return {
    id,
    stack,
    kind,
    state: planState(row, program),
    requestedBy: requested_by,
    requestedAt: requested_at.toISOString(),
    weakens,
    digest,
  };
}

/** Where a plan stands. What it is bound to is compared with what is there now, except for the state itself, which only the engine can read. */
export function planState(row: SummaryRow, program: string): PlanState {
  if (row.status === "refused" || row.status === "rejected") return row.status;
  if (row.operation !== null) return "applied";
  const moved =
    row.status === "stale" ||
    row.document_version !== row.latest_document ||
    row.settings_version !== row.latest_settings ||
    row.program !== program ||
    (row.latest_state !== null && row.latest_state !== row.state_digest);
  if (moved) return "stale";
  if (row.approved) return "approved";
  return row.four_eyes || row.weakens ? "waiting for approval" : "ready";
}

/**
 * Approves or rejects. Under four eyes neither who requested the plan nor who wrote its document may approve it; where they are off, approving one's own plan
 * is a confirmation, and noted as one.
 *
 * @param digest the digest the reviewer has seen
 */
export async function review(
  context: PortalContext,
  actor: Actor,
  id: string,
  verdict: "approved" | "rejected",
  comment: string,
  digest: string,
): Promise<Plan> {
  const { stack } = await planFor(context, actor, id, "approve").catch(async (error) => {
    await noteRefusal(context.database, actor, { action: "plan.review", subject: id }, error);
    throw error;
  });
  await act(context, actor, { action: `plan.${verdict}`, subject: `${stack}/${id}` }, async (sql) => {
    await stackRow(sql, stack, true);
    const row = await planRow(sql, id);
    if (comment.length > LONGEST_COMMENT)
      throw new Refusal("too large", `The comment is longer than ${LONGEST_COMMENT} characters`, "shorten it");
    if (digest !== row.digest) throw new Refusal("stale", "This is not the plan that was reviewed", "read the plan again, then decide");
    const state = planState(row, context.program);
    if (state === "stale") throw staleRefusal();
    if (state !== "waiting for approval" && state !== "ready")
      throw new Refusal("conflict", `The plan is ${state} and is not reviewed any more`, "look at it again");
    const author = (await documentRow(sql, stack, row.document_version)).by;
    const involved = actor.id === row.requested_by || (row.kind === "up" && actor.id === author);
    if (involved && row.four_eyes && verdict === "approved")
      throw new Refusal(
        "forbidden",
        "Four eyes: who requested a plan or wrote its document cannot approve it",
        "ask somebody else to approve it",
      );
    await sql.query("INSERT INTO portal.approval (plan, by, verdict, comment) VALUES ($1, $2, $3, $4)", [id, actor.id, verdict, comment]);
    if (verdict === "rejected") await sql.query("UPDATE portal.plan SET status = 'rejected' WHERE id = $1", [id]);
    return {
      result: undefined,
      digest: row.digest,
      subject: `${stack}/${id}${involved && verdict === "approved" ? " (own plan confirmed)" : ""}`,
    };
  });
  return plan(context, actor, id);
}

export const staleRefusal = () =>
  new Refusal(
    "stale",
    "The document, the stack's settings or state, or the program has changed since the plan was made",
    "request a new plan and look at what it changes",
  );

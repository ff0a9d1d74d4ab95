import type { Fault, Page, PageRequest, Plan } from "../service.ts";
import { Refusal } from "../service.ts";
import type { Sql } from "./database.ts";
import { pageOf, pageRange } from "./page.ts";
import type { Deployed } from "./stacks.ts";

export interface PlanBody extends Pick<Plan, "controls" | "resources" | "findings"> {
  readonly faults: readonly Fault[];
  readonly documentDigest: string;
  /** Digest of the resolved document; undefined for a plan to destroy and for one that was refused. */
  readonly modelDigest?: string;
  /** What will be known of the deployment once it is done. */
  readonly candidate?: Omit<Deployed, "stateDigest">;
}

export interface PlanRow {
  readonly id: string;
  readonly number: number;
  readonly stack: string;
  readonly kind: "up" | "destroy";
  readonly status: "open" | "refused" | "rejected" | "stale";
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly weakens: boolean;
  readonly digest: string;
  readonly document_version: number;
  readonly settings_version: number;
  readonly program: string;
  readonly state_digest: string;
  readonly body: PlanBody;
  readonly html: string;
}

/** A plan, with what decides about its state now. */
export interface JudgedPlan extends PlanRow {
  /** The operation that applies it. */
  readonly operation: string | null;
  readonly approved: boolean;
  readonly latest_document: number;
  readonly latest_settings: number;
  readonly latest_state: string | null;
  readonly four_eyes: boolean;
}

const JUDGED = (columns: string) => `
  SELECT ${columns}, o.id AS operation, s.settings_version AS latest_settings, s.state_digest AS latest_state, s.four_eyes,
    EXISTS (SELECT 1 FROM portal.approval a WHERE a.plan = p.id AND a.verdict = 'approved') AS approved,
    (SELECT max(version) FROM portal.document d WHERE d.stack = p.stack) AS latest_document
  FROM portal.plan p JOIN portal.stack s ON s.name = p.stack LEFT JOIN portal.operation o ON o.plan = p.id`;

const SUMMARY = [
  "id",
  "number",
  "stack",
  "kind",
  "status",
  "requested_by",
  "requested_at",
  "weakens",
  "digest",
  "document_version",
  "settings_version",
  "program",
  "state_digest",
]
  .map((column) => `p.${column}`)
  .join(", ");

/** @throws Refusal `not found` */
export async function planRow(sql: Sql, id: string): Promise<JudgedPlan> {
  const [row] = await sql.query<JudgedPlan>(`${JUDGED("p.*")} WHERE p.id = $1`, [id]);
  if (row === undefined) throw new Refusal("not found", "There is no such plan", "request a new one");
  return row;
}

export type SummaryRow = Omit<JudgedPlan, "body" | "html">;

/** Newest first. */
export async function planPage<Item>(sql: Sql, stack: string, page: PageRequest, item: (row: SummaryRow) => Item): Promise<Page<Item>> {
  const { before, limit } = pageRange(page);
  const rows = await sql.query<SummaryRow>(`${JUDGED(SUMMARY)} WHERE p.stack = $1 AND p.number < $2 ORDER BY p.number DESC LIMIT $3`, [
    stack,
    before,
    limit + 1,
  ]);
  return pageOf(rows, limit, ({ number }) => number, item);
}

export async function insertPlan(sql: Sql, plan: Omit<PlanRow, "number" | "requested_at">): Promise<void> {
  await sql.query(
    `INSERT INTO portal.plan
       (id, stack, kind, status, requested_by, weakens, digest, document_version, settings_version, program, state_digest, body, html)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      plan.id,
      plan.stack,
      plan.kind,
      plan.status,
      plan.requested_by,
      plan.weakens,
      plan.digest,
      plan.document_version,
      plan.settings_version,
      plan.program,
      plan.state_digest,
      JSON.stringify(plan.body),
      plan.html,
    ],
  );
}

export async function approvalsOf(sql: Sql, plan: string): Promise<Plan["approvals"]> {
  const rows = await sql.query<{ by: string; at: Date; verdict: "approved" | "rejected"; comment: string }>(
    "SELECT by, at, verdict, comment FROM portal.approval WHERE plan = $1 ORDER BY at",
    [plan],
  );
  return rows.map((row) => ({ ...row, at: row.at.toISOString() }));
}

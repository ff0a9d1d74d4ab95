import type { DeadEngine } from "../../automation/locks.ts";
import type { OperationFilter, OperationState, OperationSummary, Page, PageRequest, StoredEvent } from "../service.ts";
import { Refusal } from "../service.ts";
import type { Sql } from "./database.ts";
import { pageOf, pageRange } from "./page.ts";

/** The process that runs an attempt. */
export interface RunnerRecord {
  /** The machine, as far as process numbers mean something. */
  readonly machine: string;
  /** Its host name, which the engine writes into its locks. */
  readonly host: string;
  /** Folder of the attempt, on that host. */
  readonly folder: string;
  /** Engines it has started. */
  readonly engines: readonly number[];
}

export interface OperationRow {
  readonly id: string;
  readonly number: number;
  readonly stack: string;
  readonly kind: OperationSummary["kind"];
  readonly plan: string | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly state: OperationState;
  readonly requested_by: string;
  readonly requested_at: Date;
  readonly started_at: Date | null;
  readonly ended_at: Date | null;
  readonly changes: Readonly<Record<string, number>> | null;
  readonly error: OperationSummary["error"] | null;
  readonly last_sequence: number;
  readonly attempt: number;
  readonly journal_offset: number;
  readonly owner: string | null;
  readonly heartbeat: Date | null;
  readonly runner: RunnerRecord | null;
  readonly engines: readonly DeadEngine[];
}

/** @throws Refusal `not found` */
export async function operationRow(sql: Sql, id: string, lock = false): Promise<OperationRow> {
  const [row] = await sql.query<OperationRow>(`SELECT * FROM portal.operation WHERE id = $1${lock ? " FOR UPDATE" : ""}`, [id]);
  if (row === undefined) throw new Refusal("not found", "There is no such operation", "choose one of the stack's operations");
  return row;
}

/** Newest first. */
export async function operationPage(
  sql: Sql,
  stack: string,
  page: PageRequest,
  { kind, plan }: OperationFilter = {},
): Promise<Page<OperationSummary>> {
  const { before, limit } = pageRange(page);
  const rows = await sql.query<OperationRow>(
    `SELECT * FROM portal.operation
     WHERE stack = $1 AND number < $2 AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR plan = $4)
     ORDER BY number DESC LIMIT $5`,
    [stack, before, kind ?? null, plan ?? null, limit + 1],
  );
  return pageOf(rows, limit, ({ number }) => number, operationSummary);
}

/** The latest operation of every stack, or of one. */
export async function latestOperations(sql: Sql, stack?: string): Promise<Map<string, OperationSummary>> {
  const rows = await sql.query<OperationRow>(
    `SELECT DISTINCT ON (stack) * FROM portal.operation ${stack === undefined ? "" : "WHERE stack = $1"} ORDER BY stack, number DESC`,
    stack === undefined ? [] : [stack],
  );
  return new Map(rows.map((row) => [row.stack, operationSummary(row)]));
}

export function operationSummary(row: OperationRow): OperationSummary {
  const { id, stack, kind, state, plan, requested_by, requested_at, started_at, ended_at, changes, error } = row;
  return {
    id,
    stack,
    kind,
    state,
    ...(plan === null ? {} : { plan }),
    requestedBy: requested_by,
    requestedAt: requested_at.toISOString(),
    ...(started_at === null ? {} : { startedAt: started_at.toISOString() }),
    ...(ended_at === null ? {} : { endedAt: ended_at.toISOString() }),
    ...(changes === null ? {} : { changes }),
    ...(error === null ? {} : { error }),
  };
}

export interface NewOperation {
  readonly id: string;
  readonly stack: string;
  readonly kind: OperationSummary["kind"];
  readonly plan?: string;
  readonly options?: Readonly<Record<string, unknown>>;
  readonly by: string;
}

/** Adds an operation that waits, with its first event. */
export async function insertOperation(sql: Sql, operation: NewOperation): Promise<OperationRow> {
  const { id, stack, kind, plan, options = {}, by } = operation;
  await sql.query(
    `INSERT INTO portal.operation (id, stack, kind, plan, options, state, requested_by, requested_at)
     VALUES ($1, $2, $3, $4, $5, 'waiting', $6, clock_timestamp())`,
    [id, stack, kind, plan ?? null, JSON.stringify(options), by],
  );
  await addEvents(sql, id, [{ at: new Date().toISOString(), event: { type: "state", state: "waiting" } }]);
  return operationRow(sql, id);
}

export type NewEvent = Pick<StoredEvent, "at" | "event">;

/**
 * Stores events with the numbers that follow the last. The operation's row is locked by taking the numbers, so there is never a gap, and never two of one
 * number.
 */
export async function addEvents(sql: Sql, operation: string, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await sql.query(
    `WITH taken AS (
       UPDATE portal.operation SET last_sequence = last_sequence + $2::integer WHERE id = $1 RETURNING last_sequence - $2::integer AS base)
     INSERT INTO portal.event (operation, sequence, at, event)
     SELECT $1, taken.base + item.ordinality::integer, (item.value ->> 'at')::timestamptz, item.value -> 'event'
     FROM taken, jsonb_array_elements($3::jsonb) WITH ORDINALITY AS item`,
    [operation, events.length, JSON.stringify(events)],
  );
}

/** Events after a sequence number, in order. */
export async function eventsAfter(sql: Sql, operation: string, after: number, limit: number): Promise<StoredEvent[]> {
  const rows = await sql.query<{ sequence: number; at: Date; event: StoredEvent["event"] }>(
    "SELECT sequence, at, event FROM portal.event WHERE operation = $1 AND sequence > $2 ORDER BY sequence LIMIT $3",
    [operation, after, limit],
  );
  return rows.map(({ sequence, at, event }) => ({ operation, sequence, at: at.toISOString(), event }));
}

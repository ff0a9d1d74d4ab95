import { digest } from "../../components/digest.ts";
import type { Actor, AuditEntry, Page, PageRequest } from "../service.ts";
import type { Sql } from "./database.ts";
import { pageOf, pageRange } from "./page.ts";

/** What was done or refused. */
export interface AuditNote {
  readonly actor: Pick<Actor, "id" | "from">;
  /** A verb and its object, such as `plan.request`. */
  readonly action: string;
  /** The stack, plan or operation it was about. */
  readonly subject: string;
  readonly digest?: string;
  readonly outcome: "done" | "refused";
}

/** Names the lock under which entries are numbered; any number that nothing else in the database uses. */
const LOCK = 7_306_112;
const LONGEST = 400;

/** Adds an entry; within the transaction of what it notes, so that there is never one without the other. */
export async function note(sql: Sql, { actor, action, subject, digest, outcome }: AuditNote): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
  const [last] = await sql.query<{ sequence: number; hash: string }>(
    "SELECT sequence, hash FROM portal.audit ORDER BY sequence DESC LIMIT 1",
  );
  const entry = {
    sequence: (last?.sequence ?? 0) + 1,
    at: new Date().toISOString(),
    actor: short(actor.id),
    from: short(actor.from),
    action,
    subject: short(subject),
    digest: digest ?? null,
    outcome,
  };
  const values = [...Object.values(entry), hashOf(last?.hash ?? "", entry)];
  await sql.query(
    `INSERT INTO portal.audit (sequence, at, actor, origin, action, subject, digest, outcome, hash)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    values,
  );
}

/** Names come from outside, also those that were refused. */
const short = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

const hashOf = (before: string, entry: object) => digest(JSON.stringify([before, ...Object.values(entry)]));

interface Row {
  readonly sequence: number;
  readonly at: Date;
  readonly actor: string;
  readonly origin: string;
  readonly action: string;
  readonly subject: string;
  readonly digest: string | null;
  readonly outcome: "done" | "refused";
  readonly hash: string;
}

/** Newest first. */
export async function auditPage(sql: Sql, page: PageRequest): Promise<Page<AuditEntry>> {
  const { before, limit } = pageRange(page);
  const rows = await sql.query<Row>("SELECT * FROM portal.audit WHERE sequence < $1 ORDER BY sequence DESC LIMIT $2", [before, limit + 1]);
  return pageOf(rows, limit, ({ sequence }) => sequence, entryOf);
}

function entryOf({ sequence, at, actor, origin, action, subject, digest, outcome }: Row): AuditEntry {
  return { sequence, at: at.toISOString(), actor, from: origin, action, subject, ...(digest === null ? {} : { digest }), outcome };
}

/** The first entry that is missing or was changed, by its sequence; undefined when the log is whole. */
export async function auditDamage(sql: Sql): Promise<number | undefined> {
  let before = "";
  let expected = 1;
  for (;;) {
    const rows = await sql.query<Row>("SELECT * FROM portal.audit WHERE sequence >= $1 ORDER BY sequence LIMIT 1000", [expected]);
    if (rows.length === 0) return undefined;
    for (const { at, origin, hash, ...row } of rows) {
      const { sequence, actor, action, subject, digest, outcome } = row;
      const entry = { sequence, at: at.toISOString(), actor, from: origin, action, subject, digest, outcome };
      if (sequence !== expected || hashOf(before, entry) !== hash) return expected;
      before = hash;
      expected += 1;
    }
  }
}

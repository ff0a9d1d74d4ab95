import { type DocumentVersion, type Page, type PageRequest, Refusal } from "../service.ts";
import type { Sql } from "./database.ts";
import { pageOf, pageRange } from "./page.ts";

interface Row {
  readonly stack: string;
  readonly version: number;
  readonly text: string;
  readonly digest: string;
  readonly by: string;
  readonly at: Date;
}

/** @param version the latest when undefined @throws Refusal `not found` */
export async function documentRow(sql: Sql, stack: string, version?: number): Promise<DocumentVersion> {
  const [row] =
    version === undefined
      ? await sql.query<Row>("SELECT * FROM portal.document WHERE stack = $1 ORDER BY version DESC LIMIT 1", [stack])
      : await sql.query<Row>("SELECT * FROM portal.document WHERE stack = $1 AND version = $2", [stack, version]);
  if (row === undefined) throw new Refusal("not found", "There is no such version of the document", "choose one of its versions");
  return { ...row, at: row.at.toISOString() };
}

/** Newest first. */
export async function documentPage(sql: Sql, stack: string, page: PageRequest): Promise<Page<Omit<DocumentVersion, "text">>> {
  const { before, limit } = pageRange(page);
  const rows = await sql.query<Omit<Row, "text">>(
    `SELECT stack, version, digest, by, at FROM portal.document WHERE stack = $1 AND version < $2 ORDER BY version DESC LIMIT $3`,
    [stack, before, limit + 1],
  );
  return pageOf(
    rows,
    limit,
    ({ version }) => version,
    (row) => ({ ...row, at: row.at.toISOString() }),
  );
}

export async function insertDocument(
  sql: Sql,
  document: Pick<DocumentVersion, "stack" | "version" | "text" | "digest" | "by">,
): Promise<DocumentVersion> {
  const { stack, version, text, digest, by } = document;
  const [row] = await sql.query<{ at: Date }>(
    "INSERT INTO portal.document (stack, version, text, digest, by) VALUES ($1, $2, $3, $4, $5) RETURNING at",
    [stack, version, text, digest, by],
  );
  return { ...document, at: (row as { at: Date }).at.toISOString() };
}

import type { CertificateEntry } from "../../automation/certificates.ts";
import type { ControlFact } from "../../automation/plan/controls/facts.ts";
import type { PlanDocument } from "../../automation/plan/review/diff.ts";
import type { RotationRecord } from "../../automation/rotation/record.ts";
import { Refusal, type StackSummary } from "../service.ts";
import type { Sql } from "./database.ts";

/** What is known of a deployment, to compare the next plan with. Holds no secret: plans mask them, and of a secret only a digest of its encrypted form is kept. */
export interface Deployed {
  readonly documentVersion: number;
  readonly documentDigest: string;
  readonly plan: PlanDocument;
  readonly facts: readonly ControlFact[];
  readonly secrets: Readonly<Record<string, string>>;
  /** Digest of the state this portal left; another one means that somebody else has worked on the stack. */
  readonly stateDigest: string;
  /** True when an operation since has not ended well, or found other things than were planned: what resources are like is not known. */
  readonly partial?: boolean;
}

export type Health = StackSummary["health"];

export interface StackRow {
  readonly name: string;
  readonly cloud: string;
  readonly stack_file: string;
  readonly settings_version: number;
  readonly four_eyes: boolean;
  readonly document_folder: string;
  readonly deployed: Deployed | null;
  readonly state_digest: string | null;
  readonly certificates: readonly CertificateEntry[] | null;
  readonly health: Health;
  /** A rotation that is under way. */
  readonly rotation: RotationRecord | null;
}

/** @param lock keeps others from changing the stack until the transaction ends @throws Refusal `not found` */
export async function stackRow(sql: Sql, name: string, lock = false): Promise<StackRow> {
  const [row] = await sql.query<StackRow>(`SELECT * FROM portal.stack WHERE name = $1${lock ? " FOR UPDATE" : ""}`, [name]);
  if (row === undefined) throw new Refusal("not found", "There is no such stack", "choose one of the stacks you see, or create it");
  return row;
}

export const stackRows = (sql: Sql): Promise<StackRow[]> => sql.query<StackRow>("SELECT * FROM portal.stack ORDER BY name");

/** @returns false when there is a stack of that name already */
export async function insertStack(
  sql: Sql,
  stack: Pick<StackRow, "name" | "cloud" | "stack_file" | "four_eyes" | "document_folder"> & { readonly by: string },
): Promise<boolean> {
  const rows = await sql.query(
    `INSERT INTO portal.stack (name, cloud, stack_file, four_eyes, document_folder, created_by)
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING name`,
    [stack.name, stack.cloud, stack.stack_file, stack.four_eyes, stack.document_folder, stack.by],
  );
  return rows.length > 0;
}

/** Writes the stack file or a setting; plans made before become stale. */
export async function changeSettings(
  sql: Sql,
  name: string,
  change: { readonly stackFile?: string; readonly fourEyes?: boolean },
): Promise<void> {
  await sql.query(
    `UPDATE portal.stack SET settings_version = settings_version + 1,
       stack_file = coalesce($2, stack_file), four_eyes = coalesce($3, four_eyes) WHERE name = $1`,
    [name, change.stackFile ?? null, change.fourEyes ?? null],
  );
}

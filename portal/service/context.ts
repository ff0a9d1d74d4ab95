import { type Actor, Refusal } from "../service.ts";
import { note } from "../store/audit.ts";
import type { Database, Sql } from "../store/database.ts";
import type { PortalOptions } from "./options.ts";
import type { Turns } from "./turns.ts";

/** What every part of the portal works with. */
export interface PortalContext {
  readonly options: PortalOptions;
  readonly database: Database;
  /** Absolute folder of the operations' work. */
  readonly operationsFolder: string;
  /** Digest of the program this portal runs. */
  readonly program: string;
  /** For whoever starts the engine to read something: as many at once as the machine has room for. */
  readonly readers: Turns;
  /** For planning, which computes in this process: one after the other, and requests are answered in between. */
  readonly planners: Turns;
}

/** What is about to be done, for the audit log. */
export interface Deed {
  readonly action: string;
  readonly subject: string;
}

/**
 * Does something in one transaction with its entry in the audit log. What is refused is noted as well.
 *
 * @param work gives back what it did and the digest to note with it
 */
export async function act<T>(
  { database }: PortalContext,
  actor: Actor,
  deed: Deed,
  work: (sql: Sql) => Promise<{ readonly result: T; readonly digest?: string; readonly subject?: string }>,
): Promise<T> {
  try {
    return await database.transaction(async (sql) => {
      const { result, digest, subject } = await work(sql);
      await note(sql, {
        actor,
        ...deed,
        ...(subject === undefined ? {} : { subject }),
        outcome: "done",
        ...(digest === undefined ? {} : { digest }),
      });
      return result;
    });
  } catch (error) {
    await noteRefusal(database, actor, deed, error);
    throw error;
  }
}

/** Notes that something was refused, unless the database itself is the reason. */
export async function noteRefusal(database: Database, actor: Actor, deed: Deed, error: unknown): Promise<void> {
  if (!(error instanceof Refusal) || error.code === "unavailable") return;
  await database.transaction((sql) => note(sql, { actor, ...deed, outcome: "refused" })).catch(() => {});
}

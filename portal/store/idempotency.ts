import { Refusal } from "../service.ts";
import type { Database } from "./database.ts";

/** The answer to a request, kept for those who ask again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** How long an answer is kept, and how long a first request may take before its key is free again. */
const KEPT = "24 hours";
const BUSY = "2 minutes";

/**
 * Keys clients give to requests that must not be done twice. `begin` answers `new` (do it, then `finish` or `abandon`) or the kept answer.
 */
export class IdempotencyKeys {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * @param request digest of method, path and body: the same key for another request is refused
   * @throws Refusal `invalid` when the key was used for another request, `conflict` while its first request is still being answered
   */
  async begin(actor: string, key: string, request: string): Promise<"new" | KeptAnswer> {
    return this.#database.transaction(async (sql) => {
      await sql.query(
        `DELETE FROM portal.idempotency WHERE actor = $1 AND (at < now() - interval '${KEPT}' OR (status IS NULL AND at < now() - interval '${BUSY}'))`,
        [actor],
      );
      const added = await sql.query(
        "INSERT INTO portal.idempotency (actor, key, request) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING RETURNING key",
        [actor, key, request],
      );
      if (added.length > 0) return "new";
      const [kept] = await sql.query<{ request: string; status: number | null; headers: Record<string, string>; body: string }>(
        "SELECT request, status, headers, body FROM portal.idempotency WHERE actor = $1 AND key = $2",
        [actor, key],
      );
      if (kept === undefined) throw new Refusal("conflict", "The same request is being answered at this moment", "ask again");
      if (kept.request !== request)
        throw new Refusal("invalid", "The idempotency key was used for another request", "use a new key for every new request");
      if (kept.status === null)
        throw new Refusal("conflict", "The same request is being answered at this moment", "wait for its answer, then ask again");
      return { status: kept.status, headers: kept.headers, body: kept.body };
    });
  }

  async finish(actor: string, key: string, { status, headers, body }: KeptAnswer): Promise<void> {
    await this.#database.query("UPDATE portal.idempotency SET status = $3, headers = $4, body = $5 WHERE actor = $1 AND key = $2", [
      actor,
      key,
      status,
      JSON.stringify(headers),
      body,
    ]);
  }

  /** The request was not done: its key may be used again. */
  async abandon(actor: string, key: string): Promise<void> {
    await this.#database.query("DELETE FROM portal.idempotency WHERE actor = $1 AND key = $2 AND status IS NULL", [actor, key]);
  }
}

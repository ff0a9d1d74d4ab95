import { digest } from "../../components/digest.ts";
import type { Database } from "./database.ts";

/** Sessions of signed-in people. Only a digest of the token is stored: whoever reads the table cannot sign in. */
export class Sessions {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Stores or replaces a session. @param token what the browser holds; at least 128 random bits */
  async put(token: string, data: unknown, expires: Date): Promise<void> {
    await this.#database.query(
      `INSERT INTO portal.session (id, data, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at`,
      [digest(token), JSON.stringify(data), expires],
    );
  }

  /** Replaces a session that is still there. */
  async renew(token: string, data: unknown, expires: Date): Promise<void> {
    await this.#database.query("UPDATE portal.session SET data = $2, expires_at = $3 WHERE id = $1 AND expires_at > now()", [
      digest(token),
      JSON.stringify(data),
      expires,
    ]);
  }

  /** @returns undefined when there is none, or it has expired */
  async get(token: string): Promise<unknown> {
    const [row] = await this.#database.query<{ data: unknown }>("SELECT data FROM portal.session WHERE id = $1 AND expires_at > now()", [
      digest(token),
    ]);
    return row?.data;
  }

  /** Reads a session and ends it, so that it serves once. */
  async take(token: string): Promise<unknown> {
    const [row] = await this.#database.query<{ data: unknown; alive: boolean }>(
      "DELETE FROM portal.session WHERE id = $1 RETURNING data, expires_at > now() AS alive",
      [digest(token)],
    );
    return row?.alive === true ? row.data : undefined;
  }

  async end(token: string): Promise<void> {
    await this.#database.query("DELETE FROM portal.session WHERE id = $1", [digest(token)]);
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    await this.#database.query("DELETE FROM portal.session WHERE expires_at <= now()");
  }
}

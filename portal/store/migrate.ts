import { Refusal } from "../service.ts";
import type { Database } from "./database.ts";
import { MIGRATIONS } from "./migrations.ts";

/** Names the lock that portals take while they bring the tables up to date; any number that nothing else in the database uses. */
const LOCK = 7_306_111;

/** Brings the tables up to date, each step in the order of its number; of several portals that start at once, one does it. @throws Refusal when the database is of a newer portal */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (sql) => {
    await sql.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
    await sql.query("CREATE SCHEMA IF NOT EXISTS portal");
    await sql.query("CREATE TABLE IF NOT EXISTS portal.migration (version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())");
    const [last] = await sql.query<{ version: number | null }>("SELECT max(version) AS version FROM portal.migration");
    const done = last?.version ?? 0;
    if (done > MIGRATIONS.length)
      throw new Refusal(
        "unavailable",
        `The portal's database has tables of version ${done}, this portal knows ${MIGRATIONS.length}`,
        "start the newer portal, or restore a backup made before it ran",
      );
    for (const [index, statements] of MIGRATIONS.entries()) {
      if (index < done) continue;
      for (const statement of statements) await sql.query(statement);
      await sql.query("INSERT INTO portal.migration (version) VALUES ($1)", [index + 1]);
    }
  });
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { type Db, fromPglite } from "pg-boss";
import { tryLock } from "../../tools/setup/lock.mjs";
import { Refusal } from "../service.ts";
import type { Database, Sql } from "./database.ts";
import { databaseFailure } from "./failures.ts";

/** Opens PostgreSQL inside this process, with its files in a folder that only one process at a time may use. */
export async function openEmbedded(folder: string): Promise<Database> {
  const lock = lockFolder(folder);
  let engine: PGlite;
  try {
    engine = await PGlite.create(join(folder, "database"));
  } catch (error) {
    lock.release();
    const failure = databaseFailure(error);
    if (failure instanceof Refusal) throw failure;
    throw Object.assign(
      new Refusal(
        "unavailable",
        `The portal's database in ${folder} cannot be opened`,
        "see that the folder is writable and its disk not full, or restore it",
      ),
      { cause: error },
    );
  }
  return new Embedded(engine, lock.release);
}

function lockFolder(folder: string): { release(): void } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const taken = tryLock(join(folder, "lock"), "gateway portal");
    if (!("owner" in taken)) return taken;
    const { pid, host } = taken.owner;
    throw new Refusal(
      "locked",
      `The portal's database in ${folder} is in use by process ${pid} on ${host}`,
      "stop that portal, or set DATABASE_URL so that several can share one server",
    );
  } catch (error) {
    throw databaseFailure(error);
  }
}

class Embedded implements Database {
  readonly kind = "embedded";
  readonly raw: Db;
  readonly #engine: PGlite;
  readonly #release: () => void;

  constructor(engine: PGlite, release: () => void) {
    this.#engine = engine;
    this.raw = fromPglite(engine);
    this.#release = release;
  }

  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return answered(async () => (await this.#engine.query<Row>(text, [...values])).rows);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return answered(() =>
      this.#engine.transaction((transaction) =>
        work({ query: async (text, values = []) => (await transaction.query(text, [...values])).rows as never }),
      ),
    );
  }

  async close(): Promise<void> {
    try {
      if (!this.#engine.closed) await this.#engine.close();
    } finally {
      this.#release();
    }
  }
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw databaseFailure(error);
  }
}

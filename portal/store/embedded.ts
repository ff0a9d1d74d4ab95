import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Db } from "pg-boss";
import { Refusal } from "../service.ts";
import type { Database, Sql } from "./database.ts";
import { EmbeddedEngine } from "./embedded-engine.ts";
import { createFiles, lockFolder } from "./embedded-files.ts";
import { databaseFailure } from "./failures.ts";
import { demandSpace } from "./space.ts";

/** Opens PostgreSQL inside this process, with its files in a folder that only one process at a time may use. */
export async function openEmbedded(folder: string): Promise<Database> {
  const lock = lockFolder(folder);
  try {
    const files = join(folder, "database");
    demandSpace(folder);
    if (!existsSync(files)) await createFiles(files);
    return new Embedded(await EmbeddedEngine.open(files), lock.release);
  } catch (error) {
    lock.release();
    const failure = databaseFailure(error);
    if (failure instanceof Refusal) throw failure;
    const refusal = new Refusal(
      "unavailable",
      `The portal's database in ${folder} cannot be opened`,
      "see that the folder is writable and its disk not full, or restore it",
    );
    refusal.cause = error;
    throw refusal;
  }
}

class Embedded implements Database {
  readonly kind = "embedded";
  readonly raw: Db;
  readonly #engine: EmbeddedEngine;
  readonly #release: () => void;

  constructor(engine: EmbeddedEngine, release: () => void) {
    this.#engine = engine;
    this.raw = engine.raw;
    this.#release = release;
  }

  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return answered(() => this.#engine.query<Row>(text, values));
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return answered(() => this.#engine.transaction(work));
  }

  async close(): Promise<void> {
    try {
      await this.#engine.close();
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

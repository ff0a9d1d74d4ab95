import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { type Db, fromPglite } from "pg-boss";
import { tryLock } from "../../tools/setup/lock.mjs";
import { cacheFolder } from "../../tools/setup/packages.mjs";
import { Refusal } from "../service.ts";
import type { Database, Sql } from "./database.ts";
import { databaseFailure } from "./failures.ts";

/** Opens PostgreSQL inside this process, with its files in a folder that only one process at a time may use. */
export async function openEmbedded(folder: string): Promise<Database> {
  const lock = lockFolder(folder);
  try {
    const files = join(folder, "database");
    if (!existsSync(files)) await createFiles(files);
    return new Embedded(await PGlite.create(files), lock.release);
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

/** Makes an empty database. Its folder appears whole or not at all. The first one on a machine is kept as a pattern: making one takes seconds. */
async function createFiles(files: string): Promise<void> {
  const draft = `${files}.new`;
  rmSync(draft, { recursive: true, force: true });
  const pattern = join(cacheFolder(), `portal-database-${versionOfPglite()}.tar.gz`);
  const made = existsSync(pattern)
    ? await PGlite.create({ dataDir: draft, loadDataDir: new Blob([readFileSync(pattern)]) })
    : await PGlite.create(draft);
  if (!existsSync(pattern)) await keepPattern(made, pattern);
  await made.close();
  renameSync(draft, files);
}

/** A machine whose cache cannot be written does without. */
async function keepPattern(made: PGlite, pattern: string): Promise<void> {
  const draft = `${pattern}.${process.pid}`;
  try {
    const dump = await made.dumpDataDir("gzip");
    mkdirSync(dirname(pattern), { recursive: true });
    writeFileSync(draft, Buffer.from(await dump.arrayBuffer()));
    renameSync(draft, pattern);
  } catch {
    rmSync(draft, { force: true });
  }
}

function versionOfPglite(): string {
  const entry = createRequire(import.meta.url).resolve("@electric-sql/pglite");
  const { version } = JSON.parse(readFileSync(join(dirname(entry), "..", "package.json"), "utf8")) as { version: string };
  return version;
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

import { dirname } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { type Db, fromPglite } from "pg-boss";
import type { Sql } from "./database.ts";
import { demandRoom, demandSpace } from "./space.ts";

const CHECKPOINT_EVERY_MS = 60_000;
/** So much of the log is written before a checkpoint lets go of it. */
const CHECKPOINT_BYTES = 32 * 1024 * 1024;

/**
 * PostgreSQL inside this process, used by one caller after the other.
 *
 * An engine that has panicked, as it does when it cannot write its log, is never called again: it would not answer, nor let anything else of this process run.
 * The next caller gets another engine on the same files, which begins where the log ends. Inside a process it makes no checkpoints by itself either; without
 * them its log would grow for ever.
 */
export class EmbeddedEngine {
  readonly #files: string;
  #engine: Guarded | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  #checkpointAt = 0;
  readonly #timer: NodeJS.Timeout;

  private constructor(files: string, engine: Guarded) {
    this.#files = files;
    this.#engine = engine;
    this.#timer = setInterval(() => void this.#checkpointWhenDue().catch(() => {}), CHECKPOINT_EVERY_MS).unref();
  }

  static async open(files: string): Promise<EmbeddedEngine> {
    demandRoom(dirname(files));
    return new EmbeddedEngine(files, await begin(files));
  }

  /** For the queue, whose adapter brings statements in either protocol. */
  get raw(): Db {
    return {
      executeSql: (text, values) => this.#exclusively(/^\s*select\b/i.test(text), (engine) => fromPglite(engine).executeSql(text, values)),
    };
  }

  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]> {
    return this.#exclusively(/^\s*select\b/i.test(text), async (engine) => (await engine.query<Row>(text, [...values])).rows);
  }

  transaction<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    return this.#exclusively(false, (engine) =>
      engine.transaction((transaction) =>
        work({ query: async (text, values = []) => (await transaction.query(text, [...values])).rows as never }),
      ),
    );
  }

  /** Lets what is under way end, and writes everything to the files, unless the disk has no room for that: then the log holds it. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closed = true;
    await this.#last.catch(() => {});
    const guarded = this.#engine;
    this.#engine = undefined;
    if (guarded === undefined || guarded.broken()) return;
    try {
      demandSpace(this.#files);
    } catch {
      return;
    }
    await guarded.engine.close();
  }

  #exclusively<T>(reads: boolean, work: (engine: PGlite) => Promise<T>): Promise<T> {
    const turn = this.#last.then(async () => {
      if (this.#closed) throw new Error("PGlite is closed");
      if (this.#engine === undefined || this.#engine.broken()) {
        this.#engine = undefined;
        demandRoom(dirname(this.#files));
        this.#engine = await begin(this.#files);
      } else if (!reads) demandSpace(this.#files);
      return work(this.#engine.engine);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #checkpointWhenDue(): Promise<void> {
    const [now] = await this.query<{ bytes: string }>("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::text AS bytes", []);
    const bytes = Number(now?.bytes ?? 0);
    if (bytes - this.#checkpointAt < CHECKPOINT_BYTES) return;
    await this.query("CHECKPOINT", []);
    this.#checkpointAt = bytes;
  }
}

interface Guarded {
  readonly engine: PGlite;
  /** Whether it has panicked. */
  broken(): boolean;
}

/** Begins where the log ends. A panic is the engine's last word: whatever is asked of it afterwards gets the same, also what its own methods ask to tidy up. */
async function begin(files: string): Promise<Guarded> {
  const engine = await PGlite.create(files);
  const send = engine.execProtocolStream.bind(engine);
  let panic: unknown;
  engine.execProtocolStream = async (message, options) => {
    if (panic !== undefined) throw panic;
    try {
      return await send(message, options);
    } catch (error) {
      if (isPanic(error)) panic = error;
      throw error;
    }
  };
  return { engine, broken: () => panic !== undefined };
}

function isPanic(error: unknown): boolean {
  const { severity, name } = error as { severity?: unknown; name?: unknown };
  return severity === "PANIC" || severity === "FATAL" || name === "RuntimeError";
}

import { PgBoss } from "pg-boss";
import type { Database, Sql } from "../store/database.ts";

export const QUEUE = "operations";

/** A portal that is gone for so long has its work taken over. The queue's shortest. */
const HEARTBEAT_SECONDS = 10;
/** Portals that may be lost under one operation before its stack waits for a person. */
const RETRIES = 1000;
/** Names the lock that portals take while they make the queue; any number that nothing else in the database uses. */
const LOCK = 7_306_113;
const POLL_SECONDS = 0.5;

/**
 * The durable queue of operations. It gives each operation to one portal, of one stack one at a time and in the order they were asked for, and gives it
 * to another portal when that one no longer answers. What an operation is and how far it has come stands in the portal's own tables.
 */
export class OperationQueue {
  readonly #boss: PgBoss;
  readonly #database: Database;
  readonly #log: (error: unknown) => void;
  #worker: string | undefined;

  constructor(database: Database, log: (error: unknown) => void) {
    this.#database = database;
    this.#log = log;
    this.#boss = new PgBoss({
      db: database.raw,
      schema: "portal_queue",
      backend: database.kind === "embedded" ? "pglite" : "postgres",
      schedule: false,
      superviseIntervalSeconds: 5,
      monitorIntervalSeconds: 5,
      persistWarnings: false,
    });
    this.#boss.on("error", (error) => this.#log(error));
  }

  /** Makes the queue's tables where there are none; of several portals that start at once, one does it. */
  async start(): Promise<void> {
    if (this.#database.kind === "embedded") return this.#open();
    await this.#database.transaction(async (sql) => {
      await sql.query("SELECT pg_advisory_xact_lock($1)", [LOCK]);
      await this.#open();
    });
  }

  async #open(): Promise<void> {
    await this.#boss.start();
    await this.#boss.createQueue(QUEUE, {
      policy: "key_strict_fifo",
      retryLimit: RETRIES,
      retryDelay: 0,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      // Operations have time limits of their own.
      expireInSeconds: 23 * 3600,
      deleteAfterSeconds: 3600,
    });
  }

  /** Puts an operation into its stack's queue, in the transaction that stores it. */
  async add(sql: Sql, stack: string, operation: string): Promise<void> {
    await this.#boss.send(
      QUEUE,
      { operation },
      { singletonKey: stack, db: { executeSql: async (text, values) => ({ rows: await sql.query(text, values) }) } },
    );
  }

  /** Takes operations as long as fewer than `concurrency` are being done. `work` resolves when the operation has ended, or is somebody else's. */
  async work(concurrency: number, work: (operation: string) => Promise<void>): Promise<void> {
    this.#worker = await this.#boss.work<{ operation: string }>(
      QUEUE,
      { localConcurrency: concurrency, batchSize: 1, pollingIntervalSeconds: POLL_SECONDS, heartbeatRefreshSeconds: 3 },
      async (jobs) => {
        for (const { data } of jobs) await work(data.operation);
      },
    );
  }

  /** Looks for work at once, rather than at the next turn. */
  look(): void {
    if (this.#worker !== undefined) this.#boss.notifyWorker(this.#worker);
  }

  /** Whether the queue still has the operation. */
  async has(operation: string): Promise<boolean> {
    const jobs = await this.#boss.findJobs(QUEUE, { data: { operation } });
    return jobs.some(({ state }) => state === "created" || state === "retry" || state === "active");
  }

  /** Gives back at once what a portal that is known to be gone was doing. */
  async giveBack(operation: string): Promise<void> {
    for (const { id, state } of await this.#boss.findJobs(QUEUE, { data: { operation } })) {
      if (state === "active") await this.#boss.fail(QUEUE, id, { message: "its portal is gone" });
    }
  }

  /** Stops taking operations. What is being done is not waited for: its runners go on, and the next portal takes them over. */
  async stop(): Promise<void> {
    await this.#boss.stop({ graceful: false, close: false });
  }
}

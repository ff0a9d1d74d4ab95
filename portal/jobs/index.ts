import type { PortalContext } from "../service/context.ts";
import type { Dispatcher } from "../service/operations.ts";
import type { Wakeups } from "../service/tail.ts";
import { isGone, newOwner } from "./ownership.ts";
import { OperationQueue } from "./queue.ts";
import { Shepherd } from "./shepherd.ts";

const SWEEP_MS = 3_000;
const CONCURRENCY = 4;
/** An operation nobody has looked after for so long, and that the queue does not know, is put into it again. */
const FORGOTTEN = "30 seconds";

/** The queue and those who work on it, in one portal. */
export class Jobs implements Dispatcher {
  readonly #context: PortalContext;
  readonly #queue: OperationQueue;
  readonly #wakeups: Wakeups;
  readonly #log: (error: unknown) => void;
  readonly #owner = newOwner();
  readonly #closing = new AbortController();
  readonly #shepherds = new Map<string, { readonly shepherd: Shepherd; readonly done: Promise<void> }>();
  #sweep: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(context: PortalContext, wakeups: Wakeups, log: (error: unknown) => void) {
    this.#context = context;
    this.#wakeups = wakeups;
    this.#log = log;
    this.#queue = new OperationQueue(context.database, log);
  }

  /** Takes up what portals that are gone have left, then new operations. */
  async start(): Promise<void> {
    await this.#queue.start();
    if (this.#context.options.work === false) return;
    await this.#recover();
    await this.#queue.work(this.#context.options.concurrency ?? CONCURRENCY, (operation) => this.#tend(operation));
    this.#sweep = setInterval(() => {
      this.#sweeping = this.#sweeping.then(() => this.#recover()).catch(() => {});
    }, SWEEP_MS);
  }

  add(sql: Parameters<Dispatcher["add"]>[0], stack: string, operation: string): Promise<void> {
    return this.#queue.add(sql, stack, operation);
  }

  changed(operation: string): void {
    this.#wakeups.wake(operation);
    const own = this.#shepherds.get(operation);
    if (own === undefined) this.#queue.look();
    else own.shepherd.wake();
  }

  /** Lets go of everything at once. Runners go on; the next portal takes them over. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    this.#closing.abort();
    await this.#sweeping;
    await Promise.allSettled([...this.#shepherds.values()].map(({ done }) => done));
    await this.#release().catch(() => {});
    await this.#queue.stop();
  }

  async #tend(operation: string): Promise<void> {
    const shepherd = new Shepherd(this.#context, this, this.#owner, this.#closing.signal, operation);
    const done = shepherd.tend();
    this.#shepherds.set(operation, { shepherd, done });
    try {
      await done;
    } catch (error) {
      this.#log(error);
      throw error;
    } finally {
      this.#shepherds.delete(operation);
      this.#wakeups.wake(operation);
    }
    // Not ended, but let go: the queue must not take it for done.
    if (this.#closing.signal.aborted) throw new Error("the portal is closing");
  }

  async #release(): Promise<void> {
    const rows = await this.#context.database.query<{ id: string }>(
      "UPDATE portal.operation SET owner = NULL WHERE owner = $1 AND ended_at IS NULL RETURNING id",
      [JSON.stringify(this.#owner)],
    );
    for (const { id } of rows) await this.#queue.giveBack(id);
  }

  /** Gives back to the queue what portals were doing that are known to be gone, and what it has forgotten. */
  async #recover(): Promise<void> {
    const { database } = this.#context;
    const open = await database.query<{ id: string; stack: string; owner: string | null; forgotten: boolean }>(
      `SELECT id, stack, owner, coalesce(heartbeat, requested_at) < now() - interval '${FORGOTTEN}' AS forgotten
       FROM portal.operation WHERE ended_at IS NULL ORDER BY number`,
    );
    for (const { id, stack, owner, forgotten } of open) {
      if (this.#shepherds.has(id)) continue;
      if (owner !== null && isGone(owner)) await this.#queue.giveBack(id);
      if (forgotten && !(await this.#queue.has(id))) await database.transaction((sql) => this.#queue.add(sql, stack, id));
    }
  }
}

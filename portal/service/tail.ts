import { EventEmitter, once } from "node:events";
import type { StoredEvent } from "../service.ts";
import type { Database } from "../store/database.ts";
import { eventsAfter } from "../store/operations.ts";

const BATCH = 500;
/** How often another portal's events are looked for; this portal's own wake their readers at once. */
const POLL_MS = 1000;
const ENDED = new Set(["succeeded", "failed", "cancelled", "lost"]);

/** Wakes readers of events. */
export class Wakeups {
  readonly #emitter = new EventEmitter().setMaxListeners(0);

  wake(operation: string): void {
    this.#emitter.emit(operation);
  }

  /** Resolves when the operation has changed, when it is time to look anyway, or when the signal is aborted. */
  async next(operation: string, signal: AbortSignal): Promise<void> {
    const all = AbortSignal.any([signal, AbortSignal.timeout(POLL_MS)]);
    await once(this.#emitter, operation, { signal: all }).catch(() => {});
  }
}

/** Events after a sequence number, then those that follow, to the operation's last state. Nothing is given twice, nothing is left out. */
export async function* tail(
  database: Database,
  wakeups: Wakeups,
  operation: string,
  after: number,
  signal: AbortSignal,
): AsyncIterable<StoredEvent> {
  let last = after;
  let tried = false;
  while (!signal.aborted) {
    const events = await eventsAfter(database, operation, last, BATCH);
    for (const event of events) {
      yield event;
      last = event.sequence;
      if (isLast(event)) return;
    }
    if (events.length === BATCH) continue;
    // Asked to begin behind the end: there is nothing to wait for.
    if (!tried && (await hasEnded(database, operation, last))) return;
    tried = events.length === 0;
    if (!signal.aborted) await wakeups.next(operation, signal);
  }
}

const isLast = ({ event }: StoredEvent) => !("kind" in event) && event.type === "state" && ENDED.has(event.state);

async function hasEnded(database: Database, operation: string, last: number): Promise<boolean> {
  const [row] = await database.query<{ over: boolean }>(
    "SELECT ended_at IS NOT NULL AND last_sequence <= $2 AS over FROM portal.operation WHERE id = $1",
    [operation, last],
  );
  return row?.over ?? true;
}

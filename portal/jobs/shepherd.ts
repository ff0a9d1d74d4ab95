import { rmSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PortalContext } from "../service/context.ts";
import type { Dispatcher } from "../service/operations.ts";
import { Refusal } from "../service.ts";
import type { Sql } from "../store/database.ts";
import { addEvents, type NewEvent, type OperationRow, operationRow } from "../store/operations.ts";
import { demandSpace, saysFull } from "../store/space.ts";
import { type Ending, finish, rememberRotation } from "./finish.ts";
import { readJournal } from "./journal.ts";
import { MACHINE, mustWait, type Owner, takeOver } from "./ownership.ts";
import type { RunRequest } from "./request.ts";
import { requestFor } from "./request-for.ts";
import { interruptEngines, Runner, startRunner } from "./runner-process.ts";

const LOOK_MS = 150;
const HEARTBEAT_MS = 2_000;
const RETRY_MS = 500;
/** A runner that has not said who it is after so long is not waited for any more. */
const BOOT_MS = 60_000;
/** Runners an operation may lose before it is given up. */
const MOST_ATTEMPTS = 3;
/** After the engine's own time to stop, for its runner to end. */
const GRACE_MS = 30_000;
const CANCEL_MS = 60_000;
const ORPHAN_MS = 120_000;

/** Looks after one operation until it has ended, or until somebody else does. */
export class Shepherd {
  readonly #context: PortalContext;
  readonly #dispatcher: Dispatcher;
  readonly #signature: string;
  readonly #closing: AbortSignal;
  readonly #id: string;
  readonly #cancelMs: number;
  readonly #orphanMs: number;
  #cancelSince: number | undefined;

  constructor(context: PortalContext, dispatcher: Dispatcher, owner: Owner, closing: AbortSignal, id: string) {
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#signature = JSON.stringify(owner);
    this.#closing = closing;
    this.#id = id;
    this.#cancelMs = context.options.patience?.cancel ?? CANCEL_MS;
    this.#orphanMs = context.options.patience?.orphan ?? ORPHAN_MS;
  }

  /** Resolves when the operation has ended, whoever ended it, or when this portal closes. */
  async tend(): Promise<void> {
    const taken = await this.#lasting((sql) => takeOver(sql, this.#id, this.#signature));
    if (taken === undefined) return;
    let { row } = taken;
    while (!this.#closing.aborted && (await this.#lasting((sql) => mustWait(sql, row)))) await this.#pause(RETRY_MS);
    const elsewhere = row.runner !== null && !this.#isHere(row);
    if (elsewhere) await this.#outwait(taken.quietMs ?? 0);
    while (!this.#closing.aborted) {
      const outcome = row.runner === null || !this.#isHere(row) ? "died" : await this.#follow(row);
      if (outcome === "ended") return;
      if (outcome === "lost") return this.#untilEnded();
      const next = await this.#lasting((sql) => this.#again(sql));
      if (next === "ended") return;
      if (next === "lost") return this.#untilEnded();
      row = next;
    }
  }

  /** Whether the attempt's process and folder are of this machine. An embedded database is never another one's. */
  #isHere = ({ runner }: OperationRow) => this.#context.database.kind === "embedded" || runner?.machine === MACHINE;

  /** A runner on another machine stops by itself when nobody looks after it; only then may another begin. */
  async #outwait(quietMs: number): Promise<void> {
    const until = Date.now() - quietMs + this.#orphanMs + this.#cancelMs + GRACE_MS;
    while (!this.#closing.aborted && Date.now() < until) {
      await this.#lasting((sql) => this.#heartbeat(sql));
      await this.#pause(HEARTBEAT_MS);
    }
  }

  /** Copies the journal of an attempt until it ends. */
  async #follow(row: OperationRow): Promise<"ended" | "died" | "lost"> {
    const { folder } = row.runner as { folder: string };
    const runner = new Runner(folder);
    let offset = row.journal_offset;
    let beat = 0;
    while (!this.#closing.aborted) {
      // Looked at before the journal is read: what a runner that has ended wrote is then all there.
      const state = runner.state();
      const { lines, next } = readJournal(runner.journal, offset);
      if (lines.length > 0) {
        const end = lines.find((line) => "end" in line);
        const stored = await this.#lasting((sql) => this.#store(sql, row, offset, next, lines));
        if (stored === "lost") return "lost";
        offset = next;
        this.#dispatcher.changed(this.#id);
        if (end !== undefined) {
          rmSync(join(folder, ".."), { recursive: true, force: true });
          return "ended";
        }
        continue;
      }
      if (state === "ended" || this.#unstarted === folder) return "died";
      if (state === "booting" && runner.age > BOOT_MS && runner.void()) return "died";
      if (Date.now() - beat > HEARTBEAT_MS) {
        beat = Date.now();
        const seen = await this.#lasting((sql) => this.#heartbeat(sql));
        if (seen === undefined) return "lost";
        runner.renew();
        this.#stop(runner, seen);
      }
      await this.#pause(LOOK_MS);
      if (this.#woken) beat = 0;
      this.#woken = false;
    }
    return "lost";
  }

  #woken = false;

  /** Something about the operation has changed: it may have been cancelled. */
  wake(): void {
    this.#woken = true;
  }

  #stop(runner: Runner, state: string): void {
    if (state !== "cancelling") return;
    if (runner.state() === "booting") {
      runner.void();
      return;
    }
    if (this.#cancelSince === undefined) {
      this.#cancelSince = Date.now();
      runner.send("SIGINT");
    } else if (Date.now() - this.#cancelSince > this.#cancelMs + GRACE_MS) runner.send("SIGKILL");
  }

  async #heartbeat(sql: Sql): Promise<string | undefined> {
    const [row] = await sql.query<{ state: string }>(
      "UPDATE portal.operation SET heartbeat = now() WHERE id = $1 AND owner = $2 AND ended_at IS NULL RETURNING state",
      [this.#id, this.#signature],
    );
    return row?.state;
  }

  /** Stores lines of the journal, if they are still ours to store. */
  async #store(
    sql: Sql,
    row: OperationRow,
    from: number,
    to: number,
    lines: ReturnType<typeof readJournal>["lines"],
  ): Promise<"stored" | "lost"> {
    const engines = lines.flatMap((line) => ("engine" in line ? [line.engine] : []));
    const updated = await sql.query(
      `UPDATE portal.operation SET journal_offset = $4, heartbeat = now(),
         runner = jsonb_set(runner, '{engines}', (runner -> 'engines') || $6::jsonb)
       WHERE id = $1 AND owner = $2 AND attempt = $3 AND journal_offset = $5 AND ended_at IS NULL RETURNING id`,
      [this.#id, this.#signature, row.attempt, to, from, JSON.stringify(engines)],
    );
    if (updated.length === 0) {
      // Stored already, when the database went away before it could say so.
      const { attempt, journal_offset } = await operationRow(sql, this.#id);
      return attempt === row.attempt && journal_offset === to ? "stored" : "lost";
    }
    await addEvents(
      sql,
      this.#id,
      lines.flatMap((line): NewEvent[] => ("event" in line ? [{ at: line.at, event: line.event }] : [])),
    );
    for (const line of lines) if ("stackFile" in line) await rememberRotation(sql, row.stack, line.stackFile, line.rotation);
    const last = lines.find((line) => "end" in line);
    if (last !== undefined && "end" in last) await finish(sql, this.#dispatcher, await operationRow(sql, this.#id), last.end);
    return "stored";
  }

  /** There is no runner, or it is gone: begins the next attempt, or ends the operation. */
  async #again(sql: Sql): Promise<OperationRow | "ended" | "lost"> {
    const row = await operationRow(sql, this.#id, true);
    if (row.ended_at !== null) return "ended";
    if (row.owner !== this.#signature) return "lost";
    const before = row.runner;
    const engines = [...row.engines, ...(before?.engines ?? []).map((pid) => ({ host: before?.host ?? "", pid }))];
    const known = { ...row, engines };
    await sql.query("UPDATE portal.operation SET engines = $2, runner = NULL WHERE id = $1", [this.#id, JSON.stringify(engines)]);
    if (before !== null && this.#isHere(row)) interruptEngines(before.engines);
    if (row.state === "cancelling")
      return this.#give(sql, known, { state: "cancelled", ...(engines.length > 0 ? { hard: true } : {}), error: CANCELLED });
    if (row.attempt >= MOST_ATTEMPTS) return this.#give(sql, known, { state: "lost", error: LOST });
    return this.#begin(sql, known);
  }

  async #give(sql: Sql, row: OperationRow, ending: Ending): Promise<"ended"> {
    await finish(sql, this.#dispatcher, row, ending);
    rmSync(join(this.#context.operationsFolder, this.#id), { recursive: true, force: true });
    return "ended";
  }

  /** Writes down where the next attempt will be; whoever reads that finds it, or keeps it from beginning. */
  async #begin(sql: Sql, row: OperationRow): Promise<OperationRow> {
    const attempt = row.attempt + 1;
    const folder = join(this.#context.operationsFolder, this.#id, String(attempt));
    const events: NewEvent[] = [
      ...(row.state === "waiting" ? [{ at: new Date().toISOString(), event: { type: "state" as const, state: "running" as const } }] : []),
      ...(attempt > 1 ? [{ at: new Date().toISOString(), event: { kind: "note" as const, message: RESUMED } }] : []),
    ];
    await sql.query(
      `UPDATE portal.operation SET state = 'running', started_at = coalesce(started_at, now()), attempt = $2, journal_offset = 0, runner = $3 WHERE id = $1`,
      [this.#id, attempt, JSON.stringify({ machine: MACHINE, host: hostname(), folder, engines: [] })],
    );
    await addEvents(sql, this.#id, events);
    this.#afterCommit = async () => {
      const request = await this.#lasting((database) =>
        requestFor(
          this.#context,
          database,
          { ...row, attempt },
          this.#cancelMs,
          this.#context.database.kind === "server" ? this.#orphanMs : undefined,
        ),
      );
      await this.#startWithRoom(folder, request);
      this.#dispatcher.changed(this.#id);
    };
    return operationRow(sql, this.#id);
  }

  #afterCommit: (() => Promise<void>) | undefined;

  /** Starts the runner once the disk has room for what it writes, unless the operation is cancelled before. */
  async #startWithRoom(folder: string, request: RunRequest): Promise<void> {
    let told = false;
    while (!this.#closing.aborted) {
      try {
        demandSpace(this.#context.operationsFolder);
        startRunner(folder, request, this.#context.options.runnerModule);
        return;
      } catch (error) {
        if (!isFull(error)) throw error;
        if (!told) this.#context.options.log?.(error);
        told = true;
      }
      if ((await this.#lasting((sql) => this.#heartbeat(sql))) !== "running") {
        this.#unstarted = folder;
        return;
      }
      await this.#pause(RETRY_MS);
    }
  }

  /** Folder of an attempt that was cancelled before its runner was started. */
  #unstarted: string | undefined;

  /** Somebody else has taken over: the queue must not hear from us before they have finished. */
  async #untilEnded(): Promise<void> {
    while (!this.#closing.aborted) {
      const { ended_at } = await this.#lasting((sql) => operationRow(sql, this.#id));
      if (ended_at !== null) return;
      await this.#pause(HEARTBEAT_MS);
    }
  }

  /** Does something in a transaction, and again until the database answers. */
  async #lasting<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        this.#afterCommit = undefined;
        const result = await this.#context.database.transaction(work);
        const then = this.#afterCommit as (() => Promise<void>) | undefined;
        this.#afterCommit = undefined;
        await then?.();
        return result;
      } catch (error) {
        if (this.#closing.aborted || !(error instanceof Refusal) || error.code !== "unavailable") throw error;
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing }).catch(() => {});
  }
}

const isFull = (error: unknown) => saysFull(error) || (error instanceof Refusal && error.code === "unavailable");

const RESUMED = "The process that ran this operation was lost; another one goes on with it.";
const CANCELLED = {
  code: "cancelled",
  message: "The operation was stopped before it had finished",
  remedy: "request a new plan: it takes up where this one stopped",
};
const LOST = {
  code: "lost",
  message: "The processes that ran this operation were lost, one after the other",
  remedy: "the stack is being refreshed; then request a new plan: it takes up where this one stopped",
};

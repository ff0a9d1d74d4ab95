import { randomUUID } from "node:crypto";
import { readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { isRunning, startOf } from "../../tools/setup/process.mjs";
import type { Sql } from "../store/database.ts";
import type { OperationRow } from "../store/operations.ts";

/** This machine, as far as process numbers mean something: a container has its own, also under its neighbour's host name. */
export const MACHINE = `${hostname()} ${processSpace()}`.trim();

function processSpace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** A portal, as it signs what it looks after. */
export interface Owner {
  readonly machine: string;
  readonly pid: number;
  readonly started?: string;
  readonly token: string;
}

export function newOwner(): Owner {
  const started = startOf(process.pid);
  return { machine: MACHINE, pid: process.pid, token: randomUUID(), ...(started === undefined ? {} : { started }) };
}

/** True when the portal that signed was on this machine and is gone. */
export function isGone(signature: string): boolean {
  const { machine, pid, started } = JSON.parse(signature) as Owner;
  if (machine !== MACHINE) return false;
  if (!isRunning(pid)) return true;
  const now = startOf(pid);
  return started !== undefined && now !== undefined && now !== started;
}

/** What an operation was like when it was taken over. */
export interface Taken {
  readonly row: OperationRow;
  /** Milliseconds since the portal before looked after it; undefined when none had. */
  readonly quietMs: number | undefined;
}

/** Takes an operation over, in the caller's transaction. @returns undefined when it has ended */
export async function takeOver(sql: Sql, id: string, signature: string): Promise<Taken | undefined> {
  const [before] = await sql.query<OperationRow & { quiet: number | null }>(
    "SELECT *, (extract(epoch FROM now() - heartbeat) * 1000)::float8 AS quiet FROM portal.operation WHERE id = $1 AND ended_at IS NULL FOR UPDATE",
    [id],
  );
  if (before === undefined) return undefined;
  await sql.query("UPDATE portal.operation SET owner = $2, heartbeat = now() WHERE id = $1", [id, signature]);
  const { quiet, ...row } = before;
  return { row, quietMs: quiet ?? undefined };
}

/** Whether an earlier operation of the same stack is under way: then this one waits, whatever the queue says. */
export async function mustWait(sql: Sql, { stack, number }: OperationRow): Promise<boolean> {
  const [busy] = await sql.query(
    "SELECT 1 FROM portal.operation WHERE stack = $1 AND number < $2 AND state IN ('running', 'cancelling') AND ended_at IS NULL LIMIT 1",
    [stack, number],
  );
  return busy !== undefined;
}

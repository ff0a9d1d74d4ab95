import { Refusal } from "../service.ts";
import { diskFull, saysFull } from "./space.ts";

/** SQLSTATE classes that say "not now" rather than "not like this": connection, resources, shutdown, system, and a server that is starting. */
const AWAY = /^(08|53|57P|58|XX)/;
const SYSTEM = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOSPC",
  "EDQUOT",
  "EROFS",
  "EIO",
  "EFBIG",
  "EACCES",
]);
const WORDS =
  /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|PGlite is closed|PGlite failed to initialize|No space left|Disk quota exceeded/i;

/** Whether the database, not the statement, is the reason. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = String((error as { code?: unknown }).code ?? "");
  return AWAY.test(code) || SYSTEM.has(code) || WORDS.test(error.message) || error.name === "RuntimeError";
}

/** A statement's failure as callers get it; the driver's own words stay in `cause`, for the log of the machine the portal runs on. */
export function databaseFailure(error: unknown): unknown {
  if (error instanceof Refusal || !isAway(error)) return error;
  const refusal = saysFull(error)
    ? diskFull()
    : new Refusal("unavailable", "The portal's database does not answer", "try again in a moment; nothing that was stored is lost");
  refusal.cause = error;
  return refusal;
}

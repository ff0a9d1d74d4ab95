import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { LAYOUT } from "./layout.ts";

/** Size of Envoy's log now, so that later only what was added is looked at. */
export function logSize(directory: string): number {
  try {
    return statSync(join(directory, LAYOUT.envoyLog)).size;
  } catch {
    return 0;
  }
}

const TAIL_BYTES = 256 * 1024;

/** What was added to Envoy's log since; at most its last 256 KiB. */
export function logSince(directory: string, offset: number): string {
  const size = logSize(directory);
  // A shorter log has been rotated meanwhile.
  const from = Math.max(size < offset ? 0 : offset, size - TAIL_BYTES);
  if (size <= from) return "";
  const descriptor = openSync(join(directory, LAYOUT.envoyLog), "r");
  try {
    const buffer = Buffer.alloc(size - from);
    return buffer.toString("utf8", 0, readSync(descriptor, buffer, 0, buffer.length, from));
  } finally {
    closeSync(descriptor);
  }
}

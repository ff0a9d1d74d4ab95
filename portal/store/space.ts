import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../service.ts";

/** What a disk must have left before anything is begun on it: room to finish what is under way. The embedded database takes 16 MiB at a time. */
export const RESERVE_BYTES = 48 * 1024 * 1024;

const ROOM_BYTES = 32 * 1024 * 1024;

/**
 * Refuses to begin what a disk has no room for, while there is still room to end what was begun.
 *
 * @throws Refusal `unavailable`
 */
export function demandSpace(folder: string): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < RESERVE_BYTES) throw diskFull();
}

/**
 * The same by really taking room for a moment: a quota, or a limit of this process, does not show in what the disk has left.
 *
 * @throws Refusal `unavailable`, or the system's error
 */
export function demandRoom(folder: string): void {
  demandSpace(folder);
  const file = join(folder, ".room");
  try {
    writeFileSync(file, Buffer.alloc(ROOM_BYTES));
  } finally {
    rmSync(file, { force: true });
  }
}

export const diskFull = () =>
  new Refusal("unavailable", "The portal's disk is full", "free space where the portal keeps its data; nothing that was stored is lost");

/** Whether an error of the system says that a disk is full, or that its owner may not have more of it. */
export const saysFull = (error: unknown): boolean =>
  /^53100$|ENOSPC|EDQUOT/.test(String((error as { code?: unknown }).code ?? "")) ||
  /No space left|Disk quota exceeded/i.test(error instanceof Error ? error.message : "");

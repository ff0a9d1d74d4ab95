import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { JournalLine } from "./request.ts";

const RETRY_MS = 500;
const BLOCK = 256 * 1024;

/** Writes a journal, one line at a time. A full disk makes it wait until there is space again: nothing is left out. */
export class JournalWriter {
  readonly #file: number;
  readonly #hide: (value: unknown) => unknown;

  /** @param hide takes secrets out of what is written */
  constructor(path: string, hide: (value: unknown) => unknown) {
    this.#file = openSync(path, "a", 0o600);
    this.#hide = hide;
  }

  write(line: JournalLine): void {
    // A stack file holds secrets encrypted only, and is stored as it is: with a word masked it would be another one.
    const told = "stackFile" in line ? line : this.#hide(line);
    const bytes = Buffer.from(`${JSON.stringify(told)}\n`);
    for (let written = 0; written < bytes.length; ) {
      try {
        written += writeSync(this.#file, bytes, written);
      } catch (error) {
        if (!["ENOSPC", "EDQUOT", "EINTR", "EAGAIN"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
        waitForSpace();
      }
    }
  }
}

/** Holds this process for a moment; whoever frees a disk is another one. */
export function waitForSpace(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS);
}

export interface JournalPart {
  readonly lines: readonly JournalLine[];
  /** Where the next part begins. */
  readonly next: number;
}

/** Whole lines of a journal from a byte on; nothing when there is no journal yet. A line being written is left for later. */
export function readJournal(path: string, offset: number): JournalPart {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { lines: [], next: offset };
    throw error;
  }
  try {
    const left = fstatSync(file).size - offset;
    if (left <= 0) return { lines: [], next: offset };
    // A line longer than a block is read in larger and larger ones.
    for (let size = Math.min(left, BLOCK); ; size = Math.min(left, size * 4)) {
      const buffer = Buffer.alloc(size);
      const read = readSync(file, buffer, 0, size, offset);
      const end = buffer.subarray(0, read).lastIndexOf(10) + 1;
      if (end === 0 && read === size && size < left) continue;
      const text = buffer.subarray(0, end).toString("utf8");
      const lines = text.split("\n").filter((line) => line !== "");
      return { lines: lines.map((line) => JSON.parse(line) as JournalLine), next: offset + end };
    }
  } finally {
    closeSync(file);
  }
}

import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder, readIfThere, writeAtomic } from "../../machine/files.ts";

/** What has been taken out of a quota, for good. */
export interface Entry {
  /** Names the quota: consumer and period. */
  readonly key: string;
  /** Start of the period, milliseconds since 1970. */
  readonly start: number;
  /** Requests that may have passed by now; the true number is at most this. */
  readonly taken: number;
}

const COMPACT_AFTER = 2000;

/** Counters on disk: a line for each change, the last one for a key counts. A line torn by a crash is ignored. */
export class Journal {
  readonly #file: string;
  readonly #latest = new Map<string, Entry>();
  #descriptor: number | undefined;
  #lines = 0;

  constructor(file: string) {
    this.#file = file;
    makeFolder(dirname(file));
    for (const line of (readIfThere(file) ?? "").split("\n")) this.#learn(line);
    this.#compact();
  }

  latest(key: string): Entry | undefined {
    return this.#latest.get(key);
  }

  /** Writes entries; they are on the disk when it returns. */
  write(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.#latest.set(entry.key, entry);
    this.#lines += entries.length;
    if (this.#lines > COMPACT_AFTER + this.#latest.size) {
      this.#compact();
      return;
    }
    this.#descriptor ??= openSync(this.#file, "a", 0o600);
    writeSync(this.#descriptor, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    fdatasyncSync(this.#descriptor);
  }

  /** Forgets quotas that are no longer asked for. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of [...this.#latest.keys()]) if (!keys.has(key)) this.#latest.delete(key);
    this.#compact();
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #learn(line: string): void {
    try {
      const entry = JSON.parse(line) as Entry;
      if (typeof entry.key === "string" && Number.isFinite(entry.start) && Number.isFinite(entry.taken)) this.#latest.set(entry.key, entry);
    } catch {
      // Torn, or the empty end of the file.
    }
  }

  #compact(): void {
    this.close();
    writeAtomic(this.#file, [...this.#latest.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
    this.#lines = 0;
  }
}

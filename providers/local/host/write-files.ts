import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeDrafts, removeIfEmpty, writeAtomic } from "../machine/files.ts";
import { standpoint, untilAccepted } from "./acceptance.ts";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import { type RenderedFile, withRemoved } from "./render.ts";

/** Writes a gateway's files while Envoy watches them. */
export class FileWriter {
  readonly #directory: string;
  /** Of the running Envoy; undefined while none runs, and then nothing is waited for. */
  readonly #admin: EnvoyAdmin | undefined;
  readonly #signal: AbortSignal;
  readonly #disk: Map<string, RenderedFile>;

  /** @param disk what lies there now */
  constructor(directory: string, disk: ReadonlyMap<string, RenderedFile>, admin: EnvoyAdmin | undefined, signal: AbortSignal) {
    this.#directory = directory;
    this.#admin = admin;
    this.#signal = signal;
    this.#disk = new Map(disk);
  }

  /**
   * Writes what differs, file by file in the given order, each accepted by Envoy before the next. Resources that go are taken away
   * afterwards, in the opposite order: at no moment does anything refer to what is not there.
   *
   * @param lenient a successor of the running Envoy will read the files too, and may be the only one that can
   * @throws ResourceError when Envoy refuses a file; what was written until then stays
   */
  async write(files: ReadonlyMap<string, RenderedFile>, order: readonly string[], lenient = false): Promise<void> {
    const changed = order.flatMap((path) => {
      const next = files.get(path);
      return next === undefined || this.#disk.get(path)?.content === next.content ? [] : [next];
    });
    const shrinking: RenderedFile[] = [];
    for (const next of changed) {
      const before = this.#disk.get(next.path);
      const whole = this.#admin && before && withRemoved(next, before);
      if (whole) shrinking.unshift(next);
      await this.#put(whole ?? next, lenient);
    }
    for (const next of shrinking) await this.#put(next, lenient);
  }

  /** Removes files that are no longer asked for, and folders that are empty then. */
  remove(paths: readonly string[]): void {
    for (const path of paths) {
      rmSync(join(this.#directory, path), { force: true });
      this.#disk.delete(path);
      removeEmptyFolders(this.#directory, dirname(path));
    }
  }

  async #put(file: RenderedFile, lenient: boolean): Promise<void> {
    this.#signal.throwIfAborted();
    const before = this.#disk.get(file.path)?.discovery?.version;
    const from = this.#admin && (await standpoint(this.#directory, this.#admin));
    writeAtomic(join(this.#directory, file.path), file.content);
    this.#disk.set(file.path, file);
    if (this.#admin === undefined || from === undefined) return;
    await untilAccepted(this.#directory, this.#admin, file, before, from, this.#signal).catch((error) => {
      if (!lenient || this.#signal.aborted) throw error;
    });
  }
}

/** Removes what killed writers have left next to these files. */
export function removeLeftovers(directory: string, paths: Iterable<string>): void {
  for (const folder of new Set(["", ...[...paths].map(dirname)])) removeDrafts(join(directory, folder));
}

function removeEmptyFolders(directory: string, relative: string): void {
  for (let folder = relative; folder !== "."; folder = dirname(folder)) if (!removeIfEmpty(join(directory, folder))) return;
}

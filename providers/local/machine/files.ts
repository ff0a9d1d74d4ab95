import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";

/** Folders are for their owner alone. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** Makes a folder and those above it. Step by step: Node's `recursive` tries for ever where the system says of a new folder that it is not there, as below /proc. */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    // Somebody else has made it at the same moment.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST" || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}

/**
 * Replaces a file in one step, with mode 0600: whoever looks, and whoever is killed, sees the old content or the new, never a part.
 * The content is on the disk before the name points to it.
 */
export function writeAtomic(file: string, content: string): void {
  makeFolder(dirname(file));
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString("hex")}${DRAFT}`);
  const descriptor = openSync(draft, "wx", FILE_MODE);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, file);
}

/** @returns undefined when there is no such file */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}

/** Content of a JSON file; undefined when it is not there or holds no JSON. */
export function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readIfThere(file) ?? "") as T;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Removes drafts that a killed process has left in a folder. Only the holder of the folder's lock may. */
export function removeDrafts(folder: string): void {
  for (const name of listFolder(folder)) {
    if (name.startsWith(".") && name.endsWith(DRAFT)) rmSync(join(folder, name), { force: true });
  }
}

/** Names in a folder; none when it does not exist. */
export function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Removes a folder if nothing is in it. @returns whether it is gone */
export function removeIfEmpty(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}

const DRAFT = ".draft";

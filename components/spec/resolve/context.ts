import { readText } from "../../pki/preflight/text.ts";
import type { PathPart } from "../faults.ts";
import { isPlainObject } from "../overlay.ts";
import type { PrunedParts } from "../prune.ts";
import type { RawFault } from "../shape.ts";
import { show } from "../show.ts";

/** Reads a file a document names, by path relative to the document; throws with a reason when it may not or cannot. */
export type FileReader = (path: string) => string;

/** What a document looked like before the parts with a wrong shape were left out. */
export interface Judged {
  /** The document as written, overlays and imported routes included. */
  readonly raw: unknown;
  readonly pruned: PrunedParts;
  original(path: readonly PathPart[]): readonly PathPart[];
}

/** Collects faults while the model is built, so that one run reports them all. */
export class ResolveContext {
  readonly faults: RawFault[] = [];
  /** The document as written; its names count as declared even where an entry was left out. */
  readonly raw: unknown;
  readonly #read: FileReader;
  readonly #judged: Judged | undefined;

  constructor(read: FileReader, document: unknown, judged?: Judged) {
    this.#read = read;
    this.#judged = judged;
    this.raw = judged?.raw ?? document;
  }

  /**
   * Notes a fault at `path`. It is dropped when the judgement may only follow from something that was left out: at `path`, or at one of
   * the places in `because` that the judgement looked at as well.
   */
  fault(path: readonly PathPart[], message: string, remedy: string, because: readonly (readonly PathPart[])[] = []): void {
    const at = this.#judged?.original(path) ?? path;
    const places = [at, ...because.map((place) => this.#judged?.original(place) ?? place)];
    if (places.some((place) => this.#mayFollow(place))) return;
    this.faults.push({ path: at, message, remedy });
  }

  /** False when something at or below `path` was left out, so that nothing can be said about what is absent there. */
  intact(path: readonly PathPart[]): boolean {
    return !this.#judged?.pruned.touch(this.#judged.original(path));
  }

  /** Names the document as written declares in the map at `path`. */
  declared(...path: readonly string[]): string[] {
    const map = valueAt(this.raw, path);
    return isPlainObject(map) ? Object.keys(map) : [];
  }

  #mayFollow(place: readonly PathPart[]): boolean {
    const pruned = this.#judged?.pruned;
    if (pruned === undefined) return false;
    if (pruned.touch(place)) return true;
    return pruned.hasUnknownField(place.slice(0, -1)) && valueAt(this.raw, place) === undefined;
  }

  /** The text of an inline value or of `{ file }`; undefined after a fault. */
  text(value: string | { readonly file: string }, path: readonly PathPart[]): string | undefined {
    if (!isPlainObject(value)) return value;
    try {
      return this.#read(value.file);
    } catch (error) {
      this.fault(
        [...path, "file"],
        `cannot read ${show(value.file)} (${readFailure(error)})`,
        "give the path of a readable file, relative to the document",
      );
      return undefined;
    }
  }

  /** Every certificate in a PEM value, each as canonical PEM and in the order given; a fault for everything else that stands there. */
  certificates(value: string | { readonly file: string }, path: readonly PathPart[]): string[] {
    const text = this.text(value, path);
    if (text === undefined) return [];
    const { certificates, problems } = readText(text);
    for (const { message, remedy } of problems) this.fault(path, message, remedy);
    return certificates.map((certificate) => certificate.toString().trim());
  }

  /** The certificates of a list of PEM values, each once. */
  certificateList(values: readonly (string | { readonly file: string })[], path: readonly PathPart[]): string[] {
    return [...new Set(values.flatMap((value, index) => this.certificates(value, [...path, index])))];
  }
}

function valueAt(root: unknown, path: readonly PathPart[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PathPart, unknown>)[part];
  }
  return value;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "it is a folder",
  EACCES: "no permission",
  EPERM: "no permission",
  ELOOP: "its symbolic links go in circles",
  ENAMETOOLONG: "the name is too long",
  ERR_INVALID_ARG_VALUE: "the name has a NUL character",
};

/** Why a file could not be read, without paths of this machine. */
export function readFailure(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  if (typeof code === "string") return REASONS[code] ?? code;
  return error instanceof Error ? error.message : String(error);
}

import type { PathPart } from "../components/spec/faults.ts";
import { isPlainObject } from "../components/spec/overlay.ts";
import { show } from "../components/spec/show.ts";
import type { Source } from "../components/spec/source.ts";
import type { Place, Remark, Weight } from "./leftovers.ts";

/**
 * A file being imported that knows which of its values were read. Whatever was neither read nor remarked on is reported at the end, so
 * that an importer cannot drop anything by not thinking of it.
 */
export class Reader {
  readonly root: Field;
  /** Tells the documents of one file apart, such as `HTTPRoute/shop`. */
  label: string | undefined;
  readonly remarks: Remark[] = [];
  readonly #source: Source;
  /** Values read, and their parents. */
  readonly #touched = new Set<string>();
  /** Values reported with everything below them. */
  readonly #left = new Set<string>();

  constructor(source: Source) {
    this.#source = source;
    this.root = new Field(this, source.value, []);
  }

  get file(): string {
    return this.#source.file;
  }

  touch(path: readonly PathPart[]): void {
    for (let length = path.length; length >= 0; length--) {
      const id = idOf(path.slice(0, length));
      if (this.#touched.has(id)) return;
      this.#touched.add(id);
    }
  }

  leave(path: readonly PathPart[], weight: Weight, what: string, remedy: string): void {
    this.touch(path);
    this.#left.add(idOf(path));
    this.remark(path, weight, what, remedy);
  }

  remark(path: readonly PathPart[], weight: Weight, what: string, remedy: string): void {
    this.remarks.push({ weight, what, remedy, place: this.#place(path) });
  }

  /** Remarks on everything nobody has read. Call it last. */
  finish(): readonly Remark[] {
    this.#visit(this.#source.value, []);
    return this.remarks;
  }

  #visit(value: unknown, path: readonly PathPart[]): void {
    const id = idOf(path);
    if (this.#left.has(id)) return;
    if (!this.#touched.has(id)) {
      const what = `${show(path.findLast((part) => typeof part === "string") ?? "this")} was not understood`;
      this.remarks.push({ weight: "unknown", what, remedy: "see what it does and say it in the document", place: this.#place(path) });
    } else if (Array.isArray(value)) for (const [index, entry] of value.entries()) this.#visit(entry, [...path, index]);
    else if (isPlainObject(value)) for (const [key, entry] of Object.entries(value)) this.#visit(entry, [...path, key]);
  }

  #place(path: readonly PathPart[]): Place {
    return { file: this.file, label: this.label, path, line: () => this.#source.position(path).line };
  }
}

const idOf = (path: readonly PathPart[]) => path.map((part) => (typeof part === "number" ? `#${part}` : `.${part}`)).join("\n");

/** A value of the file. Reading it marks it as read; a value of the wrong kind is reported and read as absent. */
export class Field {
  readonly path: readonly PathPart[];
  readonly #reader: Reader;
  readonly #value: unknown;

  constructor(reader: Reader, value: unknown, path: readonly PathPart[]) {
    this.#reader = reader;
    this.#value = value;
    this.path = path;
  }

  /** The entry of that name, not yet read. An empty one (null) counts as read and absent. */
  at(key: string): Field | undefined {
    if (!isPlainObject(this.#value) || !Object.hasOwn(this.#value, key) || this.#value[key] === undefined) return undefined;
    const path = [...this.path, key];
    if (this.#value[key] !== null) return new Field(this.#reader, this.#value[key], path);
    this.#reader.touch(path);
    return undefined;
  }

  has(key: string): boolean {
    return this.at(key) !== undefined;
  }

  /** Reads a text; numbers and truth values count as texts. */
  text(key?: string): string | undefined {
    return this.#scalar(key, "a text", (value) => (typeof value === "object" ? undefined : String(value)));
  }

  number(key?: string): number | undefined {
    return this.#scalar(key, "a number", (value) => (typeof value === "number" && Number.isFinite(value) ? value : undefined));
  }

  flag(key?: string): boolean | undefined {
    return this.#scalar(key, "true or false", (value) => (typeof value === "boolean" ? value : undefined));
  }

  /** Entries of a map. */
  entries(key?: string): [string, Field][] {
    const field = key === undefined ? this : this.at(key);
    if (field === undefined) return [];
    const value = field.#value;
    if (!isPlainObject(value)) return field.#wrong("a map of fields", []);
    this.#reader.touch(field.path);
    return Object.entries(value).map(([name, entry]) => [name, new Field(this.#reader, entry, [...field.path, name])]);
  }

  /** A map that is there; reported when it is something else. */
  map(key: string): Field | undefined {
    const field = this.at(key);
    if (field === undefined) return undefined;
    if (!isPlainObject(field.#value)) return field.#wrong("a map of fields", undefined);
    this.#reader.touch(field.path);
    return field;
  }

  /** Entries of a list. */
  items(key?: string): Field[] {
    const field = key === undefined ? this : this.at(key);
    if (field === undefined) return [];
    if (!Array.isArray(field.#value)) return field.#wrong("a list", []);
    this.#reader.touch(field.path);
    return field.#value.map((entry, index) => new Field(this.#reader, entry, [...field.path, index]));
  }

  /** A list of maps; entries of another kind are reported. */
  maps(key: string): Field[] {
    return this.items(key).filter((field) => {
      if (!isPlainObject(field.#value)) return field.#wrong("a map of fields", false);
      this.#reader.touch(field.path);
      return true;
    });
  }

  /** A list of texts. */
  texts(key: string): string[] {
    return this.items(key).flatMap((field) => field.text() ?? []);
  }

  /** Reports this value and everything below it as not carried over. */
  leave(weight: Weight, what: string, remedy: string): void {
    this.#reader.leave(this.path, weight, what, remedy);
  }

  /** Tells the document this value stands in apart from the others of its file. */
  label(text: string): void {
    this.#reader.label = text;
  }

  /** Reports something about this value and goes on reading it. */
  remark(weight: Weight, what: string, remedy: string): void {
    this.#reader.remark(this.path, weight, what, remedy);
  }

  /** Reports those of the named entries that are there. */
  leaveAll(keys: readonly string[], weight: Weight, what: string, remedy: string): void {
    for (const key of keys) this.at(key)?.leave(weight, what, remedy);
  }

  /** A part of this text, which stands where the text stands. */
  part(text: string): Field {
    return new Field(this.#reader, text, this.path);
  }

  /** The value without marking it as read: to look ahead, never to take it over. */
  peek(): unknown {
    return this.#value;
  }

  #scalar<T>(key: string | undefined, expected: string, read: (value: unknown) => T | undefined): T | undefined {
    const field = key === undefined ? this : this.at(key);
    if (field === undefined) return undefined;
    const value = read(field.#value);
    if (value === undefined) return field.#wrong(expected, undefined);
    this.#reader.touch(field.path);
    return value;
  }

  #wrong<T>(expected: string, instead: T): T {
    this.leave("unknown", `expected ${expected}, found ${show(this.#value)}`, "correct it in the input and import again");
    return instead;
  }
}

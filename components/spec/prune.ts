import type { z } from "zod";
import type { PathPart } from "./faults.ts";
import { isPlainObject } from "./overlay.ts";
import { type RawFault, shapeFaults } from "./shape.ts";

/** What was left out of a value so that the rest could be judged. Paths are those of the value as written. */
export class PrunedParts {
  readonly #parts = new Set<string>();
  readonly #above = new Set<string>();
  readonly #withUnknown = new Set<string>();

  add(path: readonly PathPart[], kind: "value" | "unknownKey" = "value"): void {
    this.#parts.add(keyOf(path));
    for (let length = 0; length < path.length; length++) this.#above.add(keyOf(path.slice(0, length)));
    if (kind === "unknownKey") this.#withUnknown.add(keyOf(path.slice(0, -1)));
  }

  /** True when something at `path`, above it or below it was left out: what is missing there may be what was mistyped. */
  touch(path: readonly PathPart[]): boolean {
    return this.#above.has(keyOf(path)) || this.covers(path);
  }

  /** True when `path` or something above it was left out. */
  covers(path: readonly PathPart[]): boolean {
    return path.some((_, index) => this.#parts.has(keyOf(path.slice(0, index + 1)))) || this.#parts.has(keyOf([]));
  }

  /** True when the map at `path` has a field nobody knows, which may be any of its fields misspelt. */
  hasUnknownField(path: readonly PathPart[]): boolean {
    return this.#withUnknown.has(keyOf(path));
  }
}

const keyOf = (path: readonly PathPart[]) => JSON.stringify(path);

export interface PrunedShape<T extends z.ZodType> {
  /** The value with defaults filled in and what is wrong left out; undefined when nothing could be kept. */
  readonly value: z.output<T> | undefined;
  /** Every fault of the shape, located in the value as written. */
  readonly faults: readonly RawFault[];
  readonly pruned: PrunedParts;
  /** Path in the value as written of a path in `value`: list entries move up when one before them was left out. */
  original(path: readonly PathPart[]): PathPart[];
}

interface Doomed {
  readonly path: readonly PathPart[];
  readonly kind: "value" | "unknownKey";
}

const GONE = Symbol("pruned");

/**
 * Checks the shape, and where it is wrong leaves the wrong parts out and checks again, so that the rest can still be judged.
 * `stopgaps` stand in for required fields of the top level that are missing or wrong.
 */
export function checkAndPrune<T extends z.ZodType>(schema: T, root: unknown, stopgaps: Readonly<Record<string, unknown>>): PrunedShape<T> {
  const pruned = new PrunedParts();
  const reserved = reservedKeys(root);
  const first = schema.safeParse(reserved.length === 0 ? root : withoutReserved(root));
  if (first.success && reserved.length === 0) return { value: first.data, faults: [], pruned, original: (path) => [...path] };
  const faults = [...reserved.map(reservedKey), ...(first.success ? [] : shapeFaults(first.error.issues, schema, root))];

  const kept = new Map<unknown, number[]>();
  const working = isPlainObject(root) ? copy(root) : { ...stopgaps };
  if (!isPlainObject(root)) pruned.add([]);
  const original = (path: readonly PathPart[]) => originalPath(path, working, kept);
  const drop = (doomed: readonly Doomed[]) => {
    // All places are found before any goes, or the second of two faults in one entry would take the entry around it.
    const targets = doomed.map(({ path, kind }) => ({ path: present(working, path), kind, whole: path.length }));
    for (const { path, kind, whole } of targets) {
      pruned.add(original(path), path.length === whole ? kind : "value");
      remove(working, path, stopgaps);
    }
    close(working, kept);
  };
  drop(reserved.map((path) => ({ path, kind: "unknownKey" })));

  for (let round = 0; round < 30; round++) {
    const attempt = schema.safeParse(working);
    if (attempt.success) return { value: attempt.data, faults, pruned, original };
    drop(
      attempt.error.issues.flatMap((issue): Doomed[] => {
        const path = issue.path as PathPart[];
        if (issue.code === "unrecognized_keys") return issue.keys.map((key) => ({ path: [...path, key], kind: "unknownKey" }));
        return [{ path, kind: "value" }];
      }),
    );
  }
  return { value: undefined, faults, pruned, original };
}

/** The nearest part of `path` that is there: what is required and missing takes the entry around it along. */
function present(root: unknown, path: readonly PathPart[]): PathPart[] {
  let value = root;
  let length = 0;
  for (const part of path) {
    if (length === 0 && path.length === 1) break;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) break;
    value = (value as Record<PathPart, unknown>)[part];
    if (value === GONE) break;
    length++;
  }
  return path.slice(0, Math.max(length, 1));
}

function remove(root: Record<string, unknown>, path: readonly PathPart[], stopgaps: Readonly<Record<string, unknown>>): void {
  const parent = path.slice(0, -1).reduce<unknown>((value, part) => (value as Record<PathPart, unknown> | undefined)?.[part], root);
  const last = path.at(-1);
  if (last === undefined || typeof parent !== "object" || parent === null) return;
  if (Array.isArray(parent)) parent[Number(last)] = GONE;
  else if (path.length === 1 && Object.hasOwn(stopgaps, last)) root[last] = stopgaps[last];
  else delete (parent as Record<PathPart, unknown>)[last];
}

/** Takes the gaps out of lists, remembering where the entries that are left stood. */
function close(value: unknown, kept: Map<unknown, number[]>): void {
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value) && value.includes(GONE)) {
    const before = kept.get(value) ?? value.map((_, index) => index);
    const left = value.flatMap((item, index) => (item === GONE ? [] : [{ item, index }]));
    kept.set(
      value,
      left.map(({ index }) => before[index] ?? index),
    );
    value.splice(0, value.length, ...left.map(({ item }) => item));
  }
  for (const child of Object.values(value)) close(child, kept);
}

function originalPath(path: readonly PathPart[], root: unknown, kept: ReadonlyMap<unknown, number[]>): PathPart[] {
  let value = root;
  return path.map((part) => {
    const position = typeof part === "number" ? (kept.get(value)?.[part] ?? part) : part;
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, part) ? (value as Record<PathPart, unknown>)[part] : undefined;
    return position;
  });
}

function copy<T>(value: T, keep: (key: string) => boolean = () => true): T {
  if (Array.isArray(value)) return value.map((item) => copy(item, keep)) as T;
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([key]) => keep(key));
  return Object.fromEntries(entries.map(([key, child]) => [key, copy(child, keep)])) as T;
}

const withoutReserved = (root: unknown) => copy(root, (key) => key !== "__proto__");

/** `__proto__` is the one name that maps in JavaScript may lose without a word. */
function reservedKeys(root: unknown): PathPart[][] {
  const found: PathPart[][] = [];
  const visit = (value: unknown, path: readonly PathPart[]): void => {
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index]);
    if (!isPlainObject(value)) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === "__proto__") found.push([...path, key]);
      else if (typeof child === "object") visit(child, [...path, key]);
    }
  };
  visit(root, []);
  return found;
}

const reservedKey = (path: readonly PathPart[]): RawFault => ({
  path,
  message: '"__proto__" is not a valid name here',
  remedy: "choose another name, or remove it",
});

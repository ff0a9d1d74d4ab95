import fc from "fast-check";
import { isPlainObject } from "../../../../components/spec/overlay.ts";

type Path = readonly (string | number)[];

/** One way to break a parsed document; the numbers pick places, so that a counterexample can be repeated. */
export type Mutation =
  | { readonly kind: "delete"; readonly at: number }
  | { readonly kind: "retype"; readonly at: number; readonly value: unknown }
  | { readonly kind: "rename"; readonly at: number; readonly name: string }
  | { readonly kind: "duplicate"; readonly at: number; readonly name: string }
  | { readonly kind: "move"; readonly at: number; readonly to: number }
  | { readonly kind: "edit"; readonly at: number; readonly offset: number; readonly text: string };

const strangeText = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.constantFrom(
    "",
    " ",
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "*",
    "/*",
    "/../x",
    "/a//b",
    "/{a}/{a}",
    "0.0.0.0/0",
    "::/0",
    "10.0.0.1/8",
    "::ffff:192.0.2.0/120",
    "http://plain.example.com",
    "https://user:secret@host.example.com/x",
    "https://[::1]:0/",
    "0s",
    "9999999h",
    "jwtClaim:",
    "header:authorization",
    "-----BEGIN PRIVATE KEY-----",
    "\u0000",
    "\ud800",
    "x".repeat(5000),
  ),
);

const strangeValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, 0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 1e21, [], {}, [[]], [null], { "": null }),
  strangeText,
  fc.array(strangeText, { maxLength: 3 }),
  fc.dictionary(strangeText, fc.oneof(strangeText, fc.integer(), fc.boolean(), fc.constant(null)), { maxKeys: 3 }),
  fc.jsonValue({ maxDepth: 3 }),
);

const place = fc.nat(100_000);

export const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.record({ kind: fc.constant("delete" as const), at: place }),
  fc.record({ kind: fc.constant("retype" as const), at: place, value: strangeValue }),
  fc.record({ kind: fc.constant("rename" as const), at: place, name: strangeText }),
  fc.record({ kind: fc.constant("duplicate" as const), at: place, name: strangeText }),
  fc.record({ kind: fc.constant("move" as const), at: place, to: place }),
  fc.record({ kind: fc.constant("edit" as const), at: place, offset: fc.nat(30), text: strangeText }),
);

/** A broken copy of `document`. */
export function mutate(document: unknown, mutations: readonly Mutation[]): unknown {
  let root = structuredClone(document);
  for (const step of mutations) {
    const places = placesOf(root);
    const path = places[step.at % places.length] ?? [];
    if (path.length === 0) continue;
    root = apply(root, path, step, places);
  }
  return root;
}

function apply(root: unknown, path: Path, step: Mutation, places: readonly Path[]): unknown {
  const parent = valueAt(root, path.slice(0, -1)) as Record<string | number, unknown>;
  const key = path.at(-1) ?? "";
  const set = (name: string | number, value: unknown) =>
    Object.defineProperty(parent, name, { value, enumerable: true, configurable: true, writable: true });
  switch (step.kind) {
    case "delete":
      if (Array.isArray(parent)) parent.splice(Number(key), 1);
      else delete parent[key];
      break;
    case "retype":
      set(key, step.value);
      break;
    case "rename":
      if (isPlainObject(parent)) {
        const value = parent[key];
        delete parent[key];
        set(step.name, value);
      }
      break;
    case "duplicate":
      if (Array.isArray(parent)) parent.push(structuredClone(parent[Number(key)]));
      else set(step.name, structuredClone(parent[key]));
      break;
    case "move": {
      const other = places[step.to % places.length] ?? [];
      set(key, structuredClone(valueAt(root, other)));
      break;
    }
    case "edit":
      if (typeof parent[key] === "string") {
        const text = parent[key];
        const offset = step.offset % (text.length + 1);
        set(key, text.slice(0, offset) + step.text + text.slice(offset + 1));
      }
  }
  return root;
}

function placesOf(root: unknown, path: Path = []): Path[] {
  const own = path.length === 0 ? [] : [path];
  if (typeof root !== "object" || root === null || path.length > 12) return own;
  return [...own, ...Object.entries(root).flatMap(([key, value]) => placesOf(value, [...path, Array.isArray(root) ? Number(key) : key]))];
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined | null)?.[part], root);
}

/** A broken copy of a text: cut off, with pieces doubled, with bytes that do not belong. */
export function breakText(text: string, cut: number, at: number, noise: string, doubled: number): string {
  const kept = text.slice(0, cut % (text.length + 1));
  const offset = at % (kept.length + 1);
  return kept.slice(0, offset) + noise + kept.slice(Math.max(0, offset - (doubled % 200)));
}

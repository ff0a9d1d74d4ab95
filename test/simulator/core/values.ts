import { createHash } from "node:crypto";

/** Properties of a resource as the engine sends them; secrets are plain here, because the simulator declares that it does not accept them marked. */
export type Values = Record<string, unknown>;

/** Stands for a value the engine does not know yet, see sdk/nodejs/runtime/rpc.ts. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const isObject = (value: unknown): value is Values => typeof value === "object" && value !== null && !Array.isArray(value);

/** True when the value, or anything inside it, is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isObject(value) && Object.values(value).some(hasUnknown);
}

/** JSON with sorted keys: equal values give equal text. */
export function stableJson(value: unknown, indent?: number): string {
  return JSON.stringify(sorted(value), null, indent);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

export const equal = (left: unknown, right: unknown): boolean => stableJson(left ?? null) === stableJson(right ?? null);

/** `length` hexadecimal digits decided by the parts and nothing else. */
export function hex(length: number, ...parts: readonly unknown[]): string {
  let digits = "";
  for (let block = 0; digits.length < length; block++) digits += digest(stableJson([...parts, block]));
  return digits.slice(0, length);
}

/** `length` characters of the alphabet, decided by the parts and nothing else. */
export function letters(length: number, alphabet: string, ...parts: readonly unknown[]): string {
  const digits = hex(length * 2, ...parts);
  return Array.from({ length }, (_, index) => alphabet[Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16) % alphabet.length]).join(
    "",
  );
}

/** A UUID decided by the parts and nothing else. */
export function uuid(...parts: readonly unknown[]): string {
  const digits = hex(32, "uuid", ...parts);
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `a${digits.slice(17, 20)}`, digits.slice(20)].join("-");
}

export const digest = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Without the keys whose value is undefined, at every depth: what the wire can carry. */
export function defined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => (entry === undefined ? null : defined(entry)));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .map(([key, entry]) => [key, defined(entry)]),
  );
}

/** Every string inside a value. */
export function* strings(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (Array.isArray(value)) for (const entry of value) yield* strings(entry);
  else if (isObject(value)) for (const entry of Object.values(value)) yield* strings(entry);
}

/** A difference between two values, by property path as Pulumi writes it: `settings.tags["a.b"]`, `list[0].name`. */
export interface Difference {
  readonly path: string;
  readonly kind: "add" | "delete" | "update";
}

/** Every leaf at which two sets of properties differ. */
export function differences(before: unknown, after: unknown, path = ""): Difference[] {
  if (equal(before, after)) return [];
  if (before === undefined || before === null) return [{ path, kind: "add" }];
  if (after === undefined || after === null) return [{ path, kind: "delete" }];
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => differences(before[key], after[key], child(path, key)));
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }).flatMap((_, index) => differences(before[index], after[index], `${path}[${index}]`));
  }
  return [{ path, kind: "update" }];
}

const child = (path: string, key: string): string => {
  if (!/^[A-Za-z_$][\w$]*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
};

/** True when a path is the pattern or lies under it; `[*]` in the pattern stands for any index. */
export function covers(pattern: string, path: string): boolean {
  const expression = pattern
    .split("[*]")
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join("\\[\\d+\\]");
  return new RegExp(`^${expression}(?=$|[.[])`).test(path);
}

/** A value as text; nothing is the empty text. */
export const text = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
export const objects = (value: unknown): Values[] => list(value).filter(isObject);

/** RFC 3339 without fractions. */
export const timestamp = (date: Date): string => date.toISOString().replace(/\.\d+Z$/, "Z");

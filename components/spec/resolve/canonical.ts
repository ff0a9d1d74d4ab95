import { digest } from "../../digest.ts";
import { isPlainObject } from "../overlay.ts";

/**
 * A deeply frozen copy with every map's keys in order, so that the order in a document never shows in anything made from it.
 * What is shared in the value is shared in the copy.
 */
export function canonical<T>(value: T, done: Map<unknown, unknown> = new Map()): T {
  if (typeof value !== "object" || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known as T;
  const copy = Array.isArray(value) ? value.map((item) => canonical(item, done)) : isPlainObject(value) ? inKeyOrder(value, done) : value;
  done.set(value, Object.freeze(copy));
  return copy as T;
}

function inKeyOrder(value: Readonly<Record<string, unknown>>, done: Map<unknown, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value).sort()) copy[key] = canonical(value[key], done);
  return copy;
}

/** SHA-256 of a value whose keys are in order, hexadecimal. */
export const digestOf = (value: unknown): string => digest(JSON.stringify(value));

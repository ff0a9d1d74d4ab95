import { isDeepStrictEqual } from "node:util";
import { isRecord } from "../rpc/values.ts";
import { propertyText } from "./inputs.ts";
import type { Difference, Failure } from "./kind.ts";

/** The inputs that differ, entry by entry for maps; an unknown value differs from everything. */
export function changedInputs<T extends object>(before: T, wanted: T, keys: readonly (keyof T & string)[]): Record<string, "input"> {
  const changed = keys.flatMap((key) => {
    const [old, wish] = [before[key] as unknown, wanted[key] as unknown];
    if (isDeepStrictEqual(old, wish)) return [];
    if (!isRecord(old) || !isRecord(wish)) return [key];
    const entries = [...new Set([...Object.keys(old), ...Object.keys(wish)])];
    return entries.filter((entry) => !isDeepStrictEqual(old[entry], wish[entry])).map((entry) => propertyText([key, entry]));
  });
  return Object.fromEntries(changed.map((property) => [property, "input"]));
}

export const NO_DIFFERENCE: Difference = { changes: {} };

/** A generation that became smaller: what it stood for is gone. */
export function loweredGeneration(property: string, before: number | undefined, wanted: number): Failure[] {
  if (before === undefined || wanted >= before) return [];
  return [
    {
      property,
      reason: `${wanted} is lower than the ${before} in use, whose predecessors are gone: give ${before}, or more for a new one`,
    },
  ];
}

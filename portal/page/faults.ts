import type { PathPart } from "../../components/spec/faults.ts";
import { TextMap } from "../../components/spec/positions.ts";
import type { Fault } from "../service.ts";

/** A fault and where in the text it is. */
export interface PlacedFault extends Fault {
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** Finds the place of each fault that does not say it. */
export function placed(faults: readonly Fault[], text: string): PlacedFault[] {
  let map: TextMap | undefined;
  return faults.map((fault) => {
    if (fault.line !== undefined) return { ...fault, line: fault.line, column: fault.column ?? 1 };
    map ??= new TextMap(text);
    return { ...fault, ...map.position(partsOf(fault.path)) };
  });
}

/** A path as faults write it, taken apart: `routes.a.require[0]`, `headers["x.y"]`. */
export function partsOf(path: string): PathPart[] {
  const parts: PathPart[] = [];
  for (const [, word, index, quoted] of path.matchAll(/\.?([A-Za-z_][\w-]*)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g)) {
    if (index !== undefined) parts.push(Number(index));
    else if (quoted !== undefined) parts.push(unquoted(quoted));
    else parts.push(word ?? "");
  }
  return parts;
}

function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text.slice(1, -1);
  }
}

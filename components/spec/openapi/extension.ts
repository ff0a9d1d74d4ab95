import type { PathPart } from "../faults.ts";
import { mergePatch } from "../overlay.ts";
import { show } from "../show.ts";
import { EXTENSION, mapField } from "./fields.ts";
import { entries, faultAt, type Node, type NodeFault, valueAt } from "./node.ts";

/** Where an `x-gateway` may stand; the nearer to the operation, the more it counts. */
export type Level = "document" | "path" | "operation";

/** One `x-gateway` with its own bookkeeping fields taken out. */
export interface Layer {
  readonly node: Node;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly publish: boolean | undefined;
}

/** The extension of an object; undefined when it has none. */
export function readExtension(owner: Node, level: Level, faults: NodeFault[]): Layer | undefined {
  const node = mapField(owner, EXTENSION, faults);
  if (node === undefined) return undefined;
  const fields: Record<string, unknown> = {};
  let publish: boolean | undefined;
  for (const [key, entry] of entries(node)) {
    if (key === "publish") {
      if (typeof entry.value === "boolean") publish = entry.value;
      else
        faults.push(
          faultAt(entry, [], `expected true or false, found ${show(entry.value)}`, "give false for what the gateway is not to carry"),
        );
    } else if (key === "methods" || key === "grpc") {
      faults.push(faultAt(entry, [], `"${key}" has no meaning here: the operation itself is the method`, "remove it"));
    } else if (key === "path" && level === "document") {
      faults.push(faultAt(entry, [], "one path for every operation", "give path in the x-gateway of a path or an operation"));
    } else {
      Object.defineProperty(fields, key, { value: entry.value, enumerable: true, configurable: true, writable: true });
    }
  }
  return { node, fields, publish };
}

/** Pairs of which a nearer level's choice replaces the farther level's other one. */
const EITHER_OR = [
  ["public", "require"],
  ["backend", "backends"],
] as const;

/** Merges layers, the nearest first, the way overlays merge (RFC 7396). */
export function mergeLayers(layers: readonly Layer[]): Record<string, unknown> {
  let merged: Record<string, unknown> = {};
  for (const { fields } of layers.toReversed()) {
    for (const [a, b] of EITHER_OR) {
      if (Object.hasOwn(fields, a)) delete merged[b];
      if (Object.hasOwn(fields, b)) delete merged[a];
    }
    merged = mergePatch(merged, fields) as Record<string, unknown>;
    keepNull(fields, merged);
  }
  return merged;
}

/** `cors` and `retries` of a route are switched off by null, which merging would take for "say nothing". */
export function keepNull(patch: Readonly<Record<string, unknown>>, merged: Record<string, unknown>): void {
  for (const field of ["cors", "retries"]) if (Object.hasOwn(patch, field) && patch[field] === null) merged[field] = null;
}

/** Where a field of the merged layers was written: the nearest layer that has all of the path, else the one that has most of it. */
export function locateInLayers(layers: readonly Layer[], path: readonly PathPart[]): Node | undefined {
  for (let length = path.length; length > 0; length--) {
    const start = path.slice(0, length);
    const layer = layers.find(({ fields }) => valueAt(fields, start) !== undefined);
    if (layer) return { value: undefined, source: layer.node.source, path: [...layer.node.path, ...path] };
  }
  return undefined;
}

import { type Fault, formatPath, type PathPart } from "../faults.ts";
import { isPlainObject } from "../overlay.ts";
import type { Source } from "../source.ts";

/** A value of an OpenAPI document together with where it stands. */
export interface Node {
  readonly value: unknown;
  readonly source: Source;
  readonly path: readonly PathPart[];
}

/** A fault of the import: one in an OpenAPI file, ready to show, or one at a path of the gateway document. */
export type NodeFault =
  | { readonly fault: Fault }
  | { readonly document: readonly PathPart[]; readonly message: string; readonly remedy: string };

/** The value at `parts` below a node; undefined when there is none. */
export function child(node: Node, ...parts: readonly PathPart[]): Node | undefined {
  const value = valueAt(node.value, parts);
  return value === undefined ? undefined : { value, source: node.source, path: [...node.path, ...parts] };
}

/** Entries of a map, each as a node; none when the value is no map. */
export function entries(node: Node | undefined): [string, Node][] {
  if (node === undefined || !isPlainObject(node.value)) return [];
  return Object.entries(node.value).map(([key, value]) => [key, { value, source: node.source, path: [...node.path, key] }]);
}

/** Entries of a list, each as a node; none when the value is no list. */
export function items(node: Node | undefined): Node[] {
  if (node === undefined || !Array.isArray(node.value)) return [];
  return node.value.map((value, index) => ({ value, source: node.source, path: [...node.path, index] }));
}

export function faultAt(node: Node, rest: readonly PathPart[], message: string, remedy: string): { fault: Fault } {
  const path = [...node.path, ...rest];
  return { fault: { path: formatPath(path), file: node.source.file, ...node.source.position(path), message, remedy } };
}

export function valueAt(root: unknown, path: readonly PathPart[]): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<PathPart, unknown>)[part];
  }
  return value;
}

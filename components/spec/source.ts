import { CORE_SCHEMA, load, YAMLException } from "js-yaml";
import type { Fault, PathPart } from "./faults.ts";
import { type Position, TextMap, withoutExcerpts } from "./positions.ts";

/** Largest gateway or OpenAPI document read, in bytes. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** Deepest nesting accepted; real documents stay below 40. */
export const MAX_DEPTH = 100;

/** Most values a document may hold once its aliases are written out. */
const MAX_VALUES = 2_000_000;

/** A parsed YAML or JSON text that still knows where each value was written. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Line and column (from 1) of the entry at `path`, or of its nearest parent that was written in this file. */
  position(path: readonly PathPart[]): Position;
}

export interface ParsedSource {
  readonly source: Source | undefined;
  readonly faults: readonly Fault[];
}

/**
 * Parses YAML 1.2 (core schema) or JSON. Every syntax error is a fault with line and column; `source` is then undefined.
 * One parser reads the value, quickly; the other knows positions, takes eight times as long and runs only when there is something to report.
 */
export function parseSource(text: string, file: string): ParsedSource {
  const refuse = (message: string, remedy: string): ParsedSource => ({
    source: undefined,
    faults: [{ path: "", file, line: 1, column: 1, message, remedy }],
  });
  const tooDeep = () => refuse("the document is nested too deeply", `nest no deeper than ${MAX_DEPTH} levels`);
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES)
    return refuse(
      `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`,
      "split routes off into an OpenAPI document or several gateways",
    );
  let value: unknown;
  try {
    value = isBlank(text) ? null : load(text, { schema: CORE_SCHEMA, maxDepth: MAX_DEPTH, filename: file });
  } catch (error) {
    if (error instanceof RangeError || /maxDepth/.test(String(error))) return tooDeep();
    const faults = syntaxFaults(text, file);
    return faults.length > 0 ? { source: undefined, faults } : { source: undefined, faults: [firstFault(error, file)] };
  }
  const flaw = aliasFlaw(value);
  if (flaw) return refuse(flaw, "write the value out instead of using an alias");
  let map: TextMap | undefined;
  const position = (path: readonly PathPart[]) => {
    map ??= new TextMap(text);
    return map.position(path);
  };
  return { source: { file, value, position }, faults: [] };
}

const isBlank = (text: string) => text.split("\n").every((line) => /^\s*(#|$)/.test(line));

function syntaxFaults(text: string, file: string): Fault[] {
  try {
    return new TextMap(text).faults(file);
  } catch {
    return [];
  }
}

function firstFault(error: unknown, file: string): Fault {
  const mark = error instanceof YAMLException ? error.mark : undefined;
  return {
    path: "",
    file,
    line: (mark?.line ?? 0) + 1,
    column: (mark?.column ?? 0) + 1,
    message: `YAML: ${withoutExcerpts(error instanceof YAMLException ? error.reason : "the text cannot be read")}`,
    remedy: "correct the YAML at this place",
  };
}

/** Aliases can put a value inside itself, or make a small text stand for an enormous value. */
function aliasFlaw(root: unknown): string | undefined {
  const around = new Set<unknown>();
  let left = MAX_VALUES;
  const visit = (value: unknown): string | undefined => {
    if (left-- === 0) return `the document stands for more than ${MAX_VALUES} values`;
    if (typeof value !== "object" || value === null) return undefined;
    if (around.has(value)) return "a YAML alias stands inside the value it names";
    around.add(value);
    for (const child of Object.values(value)) {
      const flaw = visit(child);
      if (flaw) return flaw;
    }
    around.delete(value);
    return undefined;
  };
  return visit(root);
}

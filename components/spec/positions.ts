import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from "yaml";
import { type Fault, formatPath, type PathPart } from "./faults.ts";

/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A YAML or JSON text taken apart for reporting: where each entry stands, and every syntax error rather than the first. */
export class TextMap {
  readonly #lines = new LineCounter();
  readonly #contents: Node | null;
  readonly #errors: readonly { code: string; message: string; pos: readonly [number, number] }[];
  // Looking keys up one by one would take a document with thousands of faults minutes.
  readonly #entries = new WeakMap<YAMLMap, Map<string, Pair>>();

  constructor(text: string) {
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      uniqueKeys: false,
      stringKeys: true,
      prettyErrors: false,
      logLevel: "error",
    });
    this.#contents = document.contents;
    this.#errors = [...document.errors, ...document.warnings];
  }

  /** Line and column of the entry at `path`, or of its nearest parent that stands in the text. */
  position(path: readonly PathPart[]): Position {
    let node: unknown = this.#contents;
    let start = startOf(node);
    for (const part of path) {
      const child = isMap(node) ? this.#entriesOf(node).get(String(part)) : isSeq(node) ? node.items[Number(part)] : undefined;
      if (child === undefined) break;
      start = startOf(isPair(child) ? child.key : child) ?? start;
      node = isPair(child) ? child.value : child;
    }
    return this.#at(start ?? 0);
  }

  /** Every syntax error, duplicate key and unknown alias. */
  faults(file: string): Fault[] {
    const faults = this.#errors.map((error) => ({
      path: "",
      file,
      ...this.#at(error.pos[0]),
      message: `YAML: ${withoutExcerpts(error.message)}`,
      remedy: remedyOf(error),
    }));
    if (faults.length > 0) return faults;
    const found: Fault[] = [];
    this.#inspect(this.#contents, [], new Set(), file, found);
    return found;
  }

  #inspect(node: unknown, path: readonly PathPart[], anchors: Set<string>, file: string, found: Fault[]): void {
    const fault = (at: readonly PathPart[], start: number | undefined, message: string, remedy: string) =>
      found.push({ path: formatPath(at), file, ...this.#at(start ?? 0), message, remedy });
    if (isAlias(node)) {
      if (!anchors.has(node.source))
        fault(
          path,
          startOf(node),
          "YAML: an alias without an anchor before it",
          'quote a text that begins with "*", or set the anchor first',
        );
      return;
    }
    const { anchor } = (node ?? {}) as { anchor?: string };
    if (anchor !== undefined) anchors.add(anchor);
    if (isSeq(node)) for (const [index, item] of node.items.entries()) this.#inspect(item, [...path, index], anchors, file, found);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const pair of node.items) {
      const key = keyOf(pair);
      if (seen.has(key)) fault([...path, key], startOf(pair.key), "stands twice", "keep one of the two: every name stands once");
      seen.add(key);
      this.#inspect(pair.value, [...path, key], anchors, file, found);
    }
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  #entriesOf(map: YAMLMap): Map<string, Pair> {
    let entries = this.#entries.get(map);
    if (entries === undefined) {
      entries = new Map(map.items.map((pair) => [keyOf(pair), pair]));
      this.#entries.set(map, entries);
    }
    return entries;
  }
}

const SYNTAX_REMEDIES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "line the entry up with its neighbours",
  MULTIPLE_DOCS: "keep one document per file; remove the line with ---",
  NON_STRING_KEY: "write the key as a plain word or a quoted text",
  TAG_RESOLVE_FAILED: "remove the tag: a document holds texts, numbers, true, false, lists and maps",
};

function remedyOf({ code, message }: { code: string; message: string }): string {
  const unclosed = /^Flow (?:sequence|map) .* end with a (.)$/.exec(message)?.[1];
  if (unclosed !== undefined) return `close it with ${unclosed} before this place`;
  return SYNTAX_REMEDIES[code] ?? "correct the YAML at this place";
}

/** A parser's message without the text it stumbled over, which may be a key pasted into the wrong place. */
export function withoutExcerpts(message: string): string {
  return message
    .replace(/\s+/g, " ")
    .replace(/: ".*$/, "")
    .replace(/[;,] please use .*$/, "")
    .replace(/[A-Za-z0-9+/=_-]{24,}/g, "…")
    .replace(/[;:,. ]+$/, "");
}

const keyOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : "");

const startOf = (node: unknown): number | undefined => (node as { range?: readonly number[] } | null | undefined)?.range?.[0];

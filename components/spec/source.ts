import { LineCounter, parseDocument, type YAMLError } from "yaml";
import type { Fault, PathPart } from "./faults.ts";

/** Largest gateway or OpenAPI document read, in bytes. */
export const MAX_DOCUMENT_BYTES = 8 * 1024 * 1024;

/** A parsed YAML or JSON text that still knows where each value was written. */
export interface Source {
  readonly file: string;
  readonly value: unknown;
  /** Line and column (from 1) of the value at `path`, or of its nearest parent that was written in this file. */
  position(path: readonly PathPart[]): { line: number; column: number } | undefined;
}

/** Parses YAML or JSON. Every syntax error is a fault with line and column; `source` is then undefined. */
export function parseSource(text: string, file: string): { source: Source | undefined; faults: Fault[] } {
  if (Buffer.byteLength(text) > MAX_DOCUMENT_BYTES) {
    return {
      source: undefined,
      faults: [
        {
          path: "",
          file,
          message: `the document is larger than ${MAX_DOCUMENT_BYTES} bytes`,
          remedy: "split routes off into an OpenAPI document or several gateways",
        },
      ],
    };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, strict: true, stringKeys: true, prettyErrors: false });
  if (document.errors.length > 0) return { source: undefined, faults: document.errors.map((error) => syntaxFault(error, lines, file)) };
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return {
      source: undefined,
      faults: [{ path: "", file, message: `the document cannot be read: ${message}`, remedy: "use fewer and smaller YAML aliases" }],
    };
  }
  return {
    source: {
      file,
      value,
      position(path) {
        for (let length = path.length; length >= 0; length--) {
          const node = length === 0 ? document.contents : document.getIn(path.slice(0, length), true);
          const range = (node as { range?: [number, number, number] } | null | undefined)?.range;
          if (range) {
            const { line, col } = lines.linePos(range[0]);
            return { line, column: col };
          }
        }
        return undefined;
      },
    },
    faults: [],
  };
}

const SYNTAX_REMEDIES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: "keep one of the two: every name stands once",
  TAB_AS_INDENT: "indent with spaces",
  BAD_INDENT: "line the entry up with its neighbours",
};

function syntaxFault(error: YAMLError, lines: LineCounter, file: string): Fault {
  const { line, col } = lines.linePos(error.pos[0]);
  return {
    path: "",
    file,
    line,
    column: col,
    message: `YAML: ${error.message.replace(/\s+/g, " ").trim()}`,
    remedy: SYNTAX_REMEDIES[error.code] ?? "correct the YAML at this place",
  };
}

import type { Fault } from "../components/spec/faults.ts";
import { isPlainObject } from "../components/spec/overlay.ts";
import { parseSource, type Source } from "../components/spec/source.ts";
import { xmlTree } from "./azure/xml.ts";

/** A file of the input. */
export interface InputFile {
  /** As messages show it. */
  readonly name: string;
  readonly text: string;
}

export interface InputPart {
  readonly source: Source;
  readonly kind: "data" | "xml";
}

/** The documents of a file: YAML may hold several, one after another; XML holds one. Every fault of the syntax is told with its line. */
export function parseInput({ name, text }: InputFile): { parts: readonly InputPart[]; faults: readonly Fault[] } {
  if (/^\s*</.test(text)) {
    const found = xmlTree(text);
    if ("why" in found)
      return {
        parts: [],
        faults: [
          {
            path: "",
            file: name,
            message: `the XML cannot be read: ${found.why}`,
            remedy: "export the policies in the format xml, not rawxml",
          },
        ],
      };
    return { parts: [{ kind: "xml", source: { file: name, value: found.tree, position: () => ({ line: 1, column: 1 }) } }], faults: [] };
  }
  const faults: Fault[] = [];
  const parts = split(text).flatMap((document): InputPart[] => {
    const parsed = parseSource(document, name);
    faults.push(...parsed.faults);
    const { source } = parsed;
    if (source === undefined || source.value === null || source.value === undefined) return [];
    if (isPlainObject(source.value)) return [{ kind: "data", source }];
    faults.push({
      path: "",
      file: name,
      message: "it is not a map of fields",
      remedy: "give a file in one of the formats that can be imported",
    });
    return [];
  });
  if (parts.length === 0 && faults.length === 0)
    faults.push({ path: "", file: name, message: "the file is empty", remedy: "give a file with something in it" });
  return { parts, faults };
}

/** Documents of a YAML stream, each with empty lines before it so that its lines keep their numbers. */
function split(text: string): string[] {
  const lines = text.split("\n");
  const documents: string[] = [];
  let start = 0;
  for (let line = 0; line <= lines.length; line++) {
    if (line < lines.length && !/^---(\s|$)/.test(lines[line] ?? "")) continue;
    documents.push("\n".repeat(start) + lines.slice(start, line).join("\n"));
    start = line + 1;
  }
  return documents;
}

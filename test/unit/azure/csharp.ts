import { createRequire } from "node:module";
import { Language, type Node, Parser } from "web-tree-sitter";

let parser: Promise<Parser> | undefined;

async function load(): Promise<Parser> {
  await Parser.init();
  const language = await Language.load(createRequire(import.meta.url).resolve("tree-sitter-c-sharp/tree-sitter-c_sharp.wasm"));
  const made = new Parser();
  made.setLanguage(language);
  return made;
}

/** What a C# parser finds in a text. */
export interface Syntax {
  /** False when anything of it is not C#. */
  readonly valid: boolean;
  /** Values of string literals, in order. */
  readonly strings: readonly string[];
  /** The text without its literals: what of it is code. */
  readonly skeleton: string;
}

export async function parseCSharp(code: string): Promise<Syntax> {
  parser ??= load();
  const tree = (await parser).parse(code);
  if (tree === null) throw new Error("no tree");
  const literals = tree.rootNode.descendantsOfType("string_literal").filter((node): node is Node => node !== null);
  const strings = literals.map((node) => JSON.parse(node.text) as string);
  let skeleton = "";
  let at = 0;
  for (const { startIndex, endIndex } of literals) {
    skeleton += `${code.slice(at, startIndex)}""`;
    at = endIndex;
  }
  skeleton += code.slice(at);
  const valid = !tree.rootNode.hasError;
  tree.delete();
  return { valid, strings, skeleton };
}

import { XMLParser } from "fast-xml-parser";

/** A policy document as a reader that is not the compiler's sees it. */
export interface Read {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Read[];
  readonly text: string;
}

type Raw = Record<string, unknown>;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
});

/** The one element of a document. */
export function readPolicy(xml: string): Read {
  const [root, ...more] = (parser.parse(xml) as Raw[]).flatMap(toRead);
  if (root === undefined || more.length > 0) throw new Error("a policy document has exactly one root");
  return root;
}

function toRead(raw: Raw): Read[] {
  const name = Object.keys(raw).find((key) => key !== ":@") ?? "";
  if (name === "#text" || name.startsWith("?")) return [];
  const inner = raw[name] as Raw[];
  return [
    {
      name,
      attributes: (raw[":@"] ?? {}) as Record<string, string>,
      children: inner.flatMap(toRead),
      text: inner.map((one) => String(one["#text"] ?? "")).join(""),
    },
  ];
}

/** Every element, the root first. */
export const everything = (node: Read): Read[] => [node, ...node.children.flatMap(everything)];

/** Every expression of a document: attributes and texts that begin with `@`. */
export const expressions = (node: Read): string[] =>
  everything(node)
    .flatMap(({ attributes, children, text }) => [...Object.values(attributes), ...(children.length === 0 ? [text.trim()] : [])])
    .filter((value) => /^@[({]/.test(value));

/** The C# of an expression, as a method that returns its value. */
export const asMethod = (expression: string): string =>
  expression.startsWith("@(")
    ? `class P { object M() { return ${expression.slice(2, -1)}; } }`
    : `class P { object M() ${expression.slice(1)} }`;

/** The value a variable is set to. */
export function variableOf(root: Read, name: string): string {
  const found = everything(root).filter((one) => one.name === "set-variable" && one.attributes.name === name);
  if (found.length !== 1) throw new Error(`"${name}" is set ${found.length} times`);
  return found[0]?.attributes.value ?? "";
}

/** The text of a C# string literal. */
export const unescaped = (literal: string): string => JSON.parse(literal) as string;

import { XMLParser } from "fast-xml-parser";
import type { Json } from "../../json.ts";

/** An element of a policy document. */
export interface Node {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Node[];
  readonly text: string;
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  parseAttributeValue: false,
  parseTagValue: false,
  trimValues: false,
  processEntities: true,
});

const known = new Map<string, Node>();

/** The one element of a document. @throws when there is none, or more than one */
export function parsePolicy(xml: string): Node {
  let root = known.get(xml);
  if (root === undefined) {
    const [first, ...more] = (parser.parse(xml) as Json[]).flatMap(toNode);
    if (first === undefined || more.length > 0) throw new Error("a policy document has exactly one root");
    root = first;
    if (known.size > 500) known.clear();
    known.set(xml, root);
  }
  return root;
}

function toNode(raw: Json): Node[] {
  const name = Object.keys(raw).find((key) => key !== ":@") ?? "";
  if (name === "#text" || name.startsWith("?")) return [];
  const inner = raw[name] as Json[];
  return [
    { name, attributes: raw[":@"] ?? {}, children: inner.flatMap(toNode), text: inner.map((one) => String(one["#text"] ?? "")).join("") },
  ];
}

/** Every element, the root first. */
export const everything = (node: Node | undefined): Node[] => (node === undefined ? [] : [node, ...node.children.flatMap(everything)]);

/** True for a value that is C#. */
export const isExpression = (value: string): boolean => /^\s*@[({]/.test(value);

/** Every expression of a document: attributes, and texts of elements without children, that begin with `@`. */
export const expressions = (root: Node): string[] =>
  everything(root)
    .flatMap(({ attributes, children, text }) => [...Object.values(attributes), ...(children.length === 0 ? [text.trim()] : [])])
    .filter(isExpression);

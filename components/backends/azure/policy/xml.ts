import { DOMImplementation, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { Expression } from "./csharp.ts";

/** Text the compiler itself chose, or an expression. Text of a document is neither: it becomes a literal in an expression first. */
export type Value = string | Expression;

/** An element of a policy document. */
export interface PolicyNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, Value>>;
  readonly children: readonly PolicyNode[] | Value;
}

export function element(
  name: string,
  attributes: Readonly<Record<string, Value | undefined>> = {},
  children: readonly PolicyNode[] | Value = [],
): PolicyNode {
  const given = Object.entries(attributes).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return { name, attributes: Object.fromEntries(given), children };
}

/** The canonical text of a document: two blanks of indentation, attributes in the order written, nothing that depends on time or chance. */
export function serialize(root: PolicyNode): string {
  const document = new DOMImplementation().createDocument(null, root.name);
  const top = document.documentElement as Element;
  fill(document, top, root, "\n");
  return `${new XMLSerializer().serializeToString(top)}\n`;
}

function fill(document: Document, target: Element, node: PolicyNode, indent: string): void {
  for (const [name, value] of Object.entries(node.attributes)) target.setAttribute(name, plain(value));
  const { children } = node;
  if (!Array.isArray(children)) {
    target.appendChild(document.createTextNode(plain(children as Value)));
    return;
  }
  if (children.length === 0) return;
  for (const child of children as readonly PolicyNode[]) {
    target.appendChild(document.createTextNode(`${indent}  `));
    const next = document.createElement(child.name);
    target.appendChild(next);
    fill(document, next, child, `${indent}  `);
  }
  target.appendChild(document.createTextNode(indent));
}

/** A value as it stands in the document. What is not declared an expression must not be read as one, nor as a named value. */
function plain(value: Value): string {
  if (value instanceof Expression) return value.text;
  if (/^\s*@|@[({]|\{\{|\}\}|\p{Cc}/u.test(value)) throw new Error(`"${value}" would be read as an expression`);
  return value;
}

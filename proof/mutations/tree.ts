import { DOMParser, XMLSerializer } from "@xmldom/xmldom";
import { PlainSecret } from "../../automation/plan/recorder.ts";

/** Text that holds a structure, opened: changed inside, it is written as text again. */
class Opened {
  readonly format: "json" | "xml";
  value: unknown;

  constructor(format: "json" | "xml", value: unknown) {
    this.format = format;
    this.value = value;
  }
}

/** An element of a policy document. */
interface Element {
  element: string;
  attributes: Record<string, string>;
  children: (Element | string)[];
}

type Step = string | number;

/** A place in a resource's inputs: the way to it and what stands there. */
export interface Place {
  readonly path: readonly Step[];
  /** The way by what stands there: elements of a policy document by their name instead of their number. */
  readonly kinds: readonly Step[];
  readonly value: unknown;
}

/** Inputs with JSON and XML texts opened, so that a mutation can change what is inside. */
export function open(value: unknown): unknown {
  if (value instanceof PlainSecret) return new PlainSecret(open(value.value));
  if (typeof value === "string") return openText(value);
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, open(entry)]));
}

function openText(text: string): unknown {
  if (/^\s*[[{]/.test(text))
    try {
      return new Opened("json", open(JSON.parse(text)));
    } catch {
      return text;
    }
  if (/^\s*<(policies|fragment)[\s>]/.test(text)) {
    const root = new DOMParser().parseFromString(text, "text/xml").documentElement;
    if (root) return new Opened("xml", elementOf(root as unknown as XmlNode));
  }
  return text;
}

/** The part of a DOM node that is used here. */
interface XmlNode {
  readonly nodeType: number;
  readonly nodeValue: string | null;
  readonly firstChild: XmlNode | null;
  readonly nextSibling: XmlNode | null;
}

function elementOf(node: XmlNode): Element {
  const element = node as unknown as {
    tagName: string;
    attributes: { length: number; item(index: number): { name: string; value: string } | null };
  };
  const attributes: Record<string, string> = {};
  for (let index = 0; index < element.attributes.length; index += 1) {
    const attribute = element.attributes.item(index);
    if (attribute) attributes[attribute.name] = attribute.value;
  }
  const children: (Element | string)[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) {
    if (child.nodeType === 1) children.push(elementOf(child));
    else if (child.nodeValue?.trim()) children.push(child.nodeValue);
  }
  return { element: element.tagName, attributes, children };
}

/** The inputs as a cloud would get them. */
export function close(value: unknown): unknown {
  if (value instanceof PlainSecret) return new PlainSecret(close(value.value));
  if (value instanceof Opened) return value.format === "json" ? JSON.stringify(close(value.value)) : xmlOf(value.value as Element);
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, close(entry)]));
}

function xmlOf(root: Element): string {
  const document = new DOMParser().parseFromString("<x/>", "text/xml");
  const build = ({ element, attributes, children }: Element): XmlNode => {
    const node = document.createElement(element);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    for (const child of children) node.appendChild((typeof child === "string" ? document.createTextNode(child) : build(child)) as never);
    return node as unknown as XmlNode;
  };
  return new XMLSerializer().serializeToString(build(root) as never);
}

/** Every place, containers before what is in them. */
export function* places(value: unknown, path: readonly Step[] = [], kinds: readonly Step[] = path): Generator<Place> {
  if (path.length > 0) yield { path, kinds, value };
  const inner = value instanceof PlainSecret || value instanceof Opened ? value.value : value;
  if (inner !== value) {
    yield* places(inner, [...path, "(inside)"], [...kinds, "(inside)"]);
    return;
  }
  if (Array.isArray(inner))
    for (const [index, entry] of inner.entries()) yield* places(entry, [...path, index], [...kinds, kindOf(entry) ?? index]);
  else if (typeof inner === "object" && inner !== null)
    for (const [key, entry] of Object.entries(inner)) yield* places(entry, [...path, key], [...kinds, key]);
}

/** An element of a policy document by its name, and the header or variable it sets. */
function kindOf(entry: unknown): string | undefined {
  const { element, attributes } = (entry ?? {}) as Partial<Element>;
  if (element === undefined || attributes === undefined) return undefined;
  return attributes.name === undefined ? element : `${element} ${attributes.name}`;
}

/** A copy with another value at a place; undefined takes the place out. */
export function withChange(root: unknown, path: readonly Step[], change: (value: unknown) => unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return change(root);
  if (root instanceof PlainSecret) return new PlainSecret(withChange(root.value, rest, change));
  if (root instanceof Opened) return new Opened(root.format, withChange(root.value, rest, change));
  if (Array.isArray(root)) {
    const changed = withChange(root[Number(step)], rest, change);
    return changed === undefined
      ? root.filter((_, index) => index !== step)
      : root.map((entry, index) => (index === step ? changed : entry));
  }
  const { [step]: own, ...others } = root as Record<Step, unknown>;
  const changed = withChange(own, rest, change);
  if (changed === undefined) return others;
  // The order of keys is part of what a definition says.
  return Object.fromEntries(Object.entries(root as Record<string, unknown>).map(([key, entry]) => [key, key === step ? changed : entry]));
}

/** A place as a pattern: list positions by the name of what stands there, names of the document's entries left out. */
export function patternOf(path: readonly Step[], names: readonly string[]): string {
  const blank = (text: string) =>
    names
      .reduce((kept, name) => kept.replaceAll(name, "<name>"), text)
      .replaceAll(/\b[0-9a-f]{8,64}\b/g, "<digest>")
      .replaceAll(/\d{2,}/g, "N");
  return path.map((step) => (typeof step === "number" ? "[]" : blank(step))).join(".");
}

import { DOMParser, type Element, type Node, onErrorStopParsing } from "@xmldom/xmldom";

/** An XML text as a tree of maps: attributes as `@name`, text as `#text`, elements as lists by name. Undefined with the reason when it is none. */
export function xmlTree(text: string): { tree: unknown } | { why: string } {
  if (/<!DOCTYPE/i.test(text)) return { why: "it has a DOCTYPE, which policies never have" };
  try {
    const root = new DOMParser({ onError: onErrorStopParsing }).parseFromString(text, "text/xml").documentElement;
    return root === null ? { why: "it is empty" } : { tree: { [root.nodeName]: elementOf(root, 0) } };
  } catch (error) {
    return { why: String((error as Error).message).split("\n")[0] ?? "it cannot be read" };
  }
}

const MAX_DEPTH = 60;

function elementOf(element: Element, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new Error("it is nested too deeply");
  const map: Record<string, unknown> = Object.create(null);
  for (const attribute of Array.from(element.attributes)) map[`@${attribute.name}`] = attribute.value;
  let text = "";
  for (const node of Array.from(element.childNodes) as Node[]) {
    if (node.nodeType === node.ELEMENT_NODE) {
      map[node.nodeName] ??= [];
      (map[node.nodeName] as unknown[]).push(elementOf(node as Element, depth + 1));
    } else if (node.nodeType === node.TEXT_NODE || node.nodeType === node.CDATA_SECTION_NODE) text += node.nodeValue ?? "";
  }
  if (text.trim() !== "") map["#text"] = text.trim();
  return { ...map };
}

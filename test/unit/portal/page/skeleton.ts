/** Elements whose content is text for browsers, whatever it looks like. */
const RAW = new Set(["script", "style"]);

/**
 * The elements of HTML as this project writes it, each with the names of its attributes, in order. Strict: an attribute has a value in double quotes or none, and
 * no `<` stands anywhere else. @throws Error for anything else
 */
export function skeleton(text: string): string[] {
  const found: string[] = [];
  const token = /<!doctype html>|<(\/?)([A-Za-z][\w-]*)((?:\s+[A-Za-z][\w:-]*(?:="[^"<]*")?)*)\s*(\/?)>/y;
  let at = 0;
  let inside = "";
  while (at < text.length) {
    if (inside !== "") {
      const end = text.indexOf(`</${inside}`, at);
      if (end < 0) throw new Error(`not HTML of ours: <${inside}> without an end`);
      at = end;
      inside = "";
    }
    const next = text.indexOf("<", at);
    if (next < 0) break;
    token.lastIndex = next;
    const match = token.exec(text);
    if (match === null) throw new Error(`not HTML of ours at ${next}: ${text.slice(next, next + 60)}`);
    const [, end = "", name = "", attributes = ""] = match;
    const names = [...attributes.matchAll(/([A-Za-z][\w:-]*)(?:="[^"]*")?/g)].map(([, attribute]) => attribute);
    found.push(`${end}${name} ${names.join(" ")}`.trim());
    if (end === "" && RAW.has(name)) inside = name;
    at = token.lastIndex;
  }
  return found;
}

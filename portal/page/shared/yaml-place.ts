/** A step into a document: a field's name, or an item's number. */
export type Step = string | number;

/** Where in a document a cursor is. */
export interface Place {
  /** Way to the map whose field, or to the field whose value, is typed. */
  readonly path: readonly Step[];
  readonly typing: "field" | "value";
  /** What is typed already, to the cursor. */
  readonly word: string;
}

/** A field that stands in a text. */
export interface Field {
  /** Way to the map it is in. */
  readonly path: readonly Step[];
  readonly name: string;
  /** Offset of its name in the text. */
  readonly at: number;
}

interface Level {
  readonly indent: number;
  step: Step;
}

interface Flow {
  readonly kind: "map" | "list";
  /** The field whose value is being read; an item's number in a list. */
  step: Step | undefined;
}

const FIELD = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#{}[\],&*!|>%@`-][^#]*?|-[^\s#][^#]*?)[ \t]*:(?=[ \t]|$)/;

/**
 * Reads YAML as it is being typed, when it is no YAML yet: by indentation, and by brackets within them. It knows what people write by hand; anchors, tags and
 * fields over several lines it does not.
 */
class Reader {
  readonly fields: Field[] = [];
  readonly #levels: Level[] = [];
  readonly #flows: Flow[] = [];
  #word = "";
  #wordAt = 0;
  #comment = false;
  #typing: "field" | "value" = "field";
  /** Lines further in than this are text of a block scalar. */
  #text: number | undefined;

  /** Takes lines in order; the last may end at the cursor. */
  line(line: string, at: number, last: boolean): void {
    this.#comment = false;
    if (this.#flows.length > 0) {
      this.#flow(line, at);
      return;
    }
    const indent = line.length - line.trimStart().length;
    const blank = line.trim() === "";
    if (this.#text !== undefined) {
      if (indent > this.#text || (blank && !last)) {
        this.#comment = true;
        return;
      }
      this.#text = undefined;
    }
    if (blank && !last) return;
    this.#block(line.slice(indent), indent, at + indent, false);
  }

  place(): Place | undefined {
    if (this.#comment) return undefined;
    return { path: this.#path(), typing: this.#typing, word: this.#word };
  }

  #block(content: string, indent: number, at: number, inItem: boolean): void {
    if (content.startsWith("#")) {
      this.#comment = true;
      return;
    }
    if (/^-([ \t]|$)/.test(content)) {
      this.#leave(indent, true);
      const top = this.#levels.at(-1);
      if (top !== undefined && top.indent === indent && typeof top.step === "number") top.step += 1;
      else this.#levels.push({ indent, step: 0 });
      const rest = content.slice(1);
      const space = rest.length - rest.trimStart().length;
      this.#block(rest.trimStart(), indent + 1 + space, at + 1 + space, true);
      return;
    }
    this.#leave(indent, false);
    const found = FIELD.exec(content);
    if (found === null) {
      this.#typing = inItem && /^[{["']/.test(content) ? "value" : "field";
      this.#word = content;
      if (/^[{[]/.test(content)) this.#flow(content, at);
      return;
    }
    const name = unquoted(found[1] ?? "");
    this.fields.push({ path: this.#path(), name, at });
    this.#levels.push({ indent, step: name });
    this.#typing = "value";
    const rest = content.slice(found[0].length);
    const value = rest.trimStart();
    this.#word = value;
    if (/^[|>][+-]?\d?[+-]?\s*(#.*)?$/.test(value)) this.#text = indent;
    if (/(^|\s)#/.test(value) && !/^["']/.test(value) && !/^[{[]/.test(value)) this.#comment = true;
    if (/^[{[]/.test(value)) this.#flow(value, at + content.length - value.length);
  }

  /** Drops the levels a line at an indentation is not in. */
  #leave(indent: number, item: boolean): void {
    for (let top = this.#levels.at(-1); top !== undefined; top = this.#levels.at(-1)) {
      if (item ? top.indent <= indent : top.indent < indent) break;
      this.#levels.pop();
    }
  }

  #flow(line: string, at: number): void {
    let quote = "";
    this.#word = "";
    for (let index = 0; index < line.length; index++) {
      const letter = line[index] ?? "";
      const top = this.#flows.at(-1);
      if (quote !== "") {
        this.#word += letter;
        if (letter === quote) quote = "";
      } else if (letter === "{" || letter === "[") {
        this.#flows.push(letter === "{" ? { kind: "map", step: undefined } : { kind: "list", step: 0 });
        this.#begin(at + index + 1);
      } else if (letter === "}" || letter === "]") {
        this.#flows.pop();
        this.#begin(at + index + 1);
      } else if (letter === "," && top !== undefined) {
        top.step = top.kind === "list" ? Number(top.step) + 1 : undefined;
        this.#begin(at + index + 1);
      } else if (letter === ":" && top?.kind === "map" && top.step === undefined && /^(\s|$)/.test(line.slice(index + 1))) {
        const name = unquoted(this.#word.trim());
        this.fields.push({ path: this.#path(), name, at: this.#wordAt });
        top.step = name;
        this.#begin(at + index + 1);
      } else if (letter === "#" && /(^|\s)$/.test(line.slice(0, index))) {
        this.#comment = true;
        break;
      } else {
        if (letter === '"' || letter === "'") quote = letter;
        if (this.#word === "") this.#wordAt = at + index;
        if (this.#word !== "" || letter.trim() !== "") this.#word += letter;
      }
    }
    const top = this.#flows.at(-1);
    this.#typing = top?.kind === "map" && top.step === undefined ? "field" : "value";
  }

  #begin(at: number): void {
    this.#word = "";
    this.#wordAt = at;
  }

  #path(): Step[] {
    const steps: Step[] = this.#levels.map(({ step }) => step);
    for (const { step } of this.#flows) if (step !== undefined) steps.push(step);
    return steps;
  }
}

/** Where a cursor is; undefined in comments and longer texts. */
export function placeAt(text: string, cursor: number): Place | undefined {
  return read(text.slice(0, cursor)).place();
}

/** Every field of a text. */
export const fieldsIn = (text: string): readonly Field[] => read(text).fields;

function read(text: string): Reader {
  const reader = new Reader();
  const lines = text.split("\n");
  let at = 0;
  for (const [index, line] of lines.entries()) {
    reader.line(line, at, index === lines.length - 1);
    at += line.length + 1;
  }
  return reader;
}

function unquoted(name: string): string {
  if (name.startsWith('"') && name.endsWith('"') && name.length > 1) {
    try {
      return JSON.parse(name) as string;
    } catch {
      return name.slice(1, -1);
    }
  }
  return name.startsWith("'") && name.endsWith("'") && name.length > 1 ? name.slice(1, -1).replaceAll("''", "'") : name;
}

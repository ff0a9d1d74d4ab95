import type { JsonSchema } from "../../../components/spec/json-schema/document.ts";
import { allowedText, defaultText } from "./allowed.ts";

/** One map of the document, with the fields it may have. */
export interface Section {
  /** As it stands in a document: `routes.<name>.require[]`. */
  readonly path: string;
  readonly description: string | undefined;
  readonly rows: readonly Row[];
}

interface Row {
  readonly field: string;
  readonly meaning: string;
  readonly allowed: string;
  readonly byDefault: string;
}

/** Every map below `schema`, in document order. A map of the same shape as one before it is described once. */
export function sectionsOf(schema: JsonSchema, path = ""): Section[] {
  const sections: Section[] = [];
  const known = new Map<string, string>();
  const visit = (node: JsonSchema, at: string) => {
    for (const { map, path: place } of mapsIn(node, at)) {
      const shape = JSON.stringify(map.properties);
      const twin = known.get(shape);
      if (twin !== undefined) continue;
      known.set(shape, place);
      const fields = Object.entries(map.properties ?? {});
      const index = sections.push({ path: place, description: map.description, rows: [] }) - 1;
      for (const [name, field] of fields) visit(field, place === "" ? name : `${place}.${name}`);
      const rows = fields.map(([name, field]) => rowOf(name, field, map.required?.includes(name) ?? false, known));
      sections[index] = { path: place, description: map.description, rows };
    }
  };
  visit(schema, path);
  return sections;
}

function rowOf(name: string, field: JsonSchema, required: boolean, known: ReadonlyMap<string, string>): Row {
  const below = mapsIn(field, "")
    .map(({ map }) => known.get(JSON.stringify(map.properties)))
    .filter((place) => place !== undefined);
  const links = [...new Set(below)].map((place) => `[\`${place}\`](#${anchor(place)})`);
  return {
    field: name,
    meaning: field.description ?? descriptionBelow(field),
    allowed: [allowedText(field), links.length === 0 ? "" : `see ${links.join(", ")}`].filter((part) => part !== "").join("; "),
    byDefault: defaultText(field, required),
  };
}

const descriptionBelow = (field: JsonSchema): string =>
  field.items?.description ?? (typeof field.additionalProperties === "object" ? field.additionalProperties.description : undefined) ?? "";

/** Maps with fields of their own in a field: itself, its alternatives, its entries. */
function mapsIn(node: JsonSchema, path: string): { map: JsonSchema; path: string }[] {
  const branches = node.oneOf ?? node.anyOf;
  if (branches) {
    const maps = branches.flatMap((branch) => mapsIn(branch, path));
    return maps.map(({ map, path: place }) => ({ map, path: place === path && maps.length > 1 ? `${place}${labelOf(map)}` : place }));
  }
  if (node.properties) return isShorthand(node.properties) ? [] : [{ map: node, path }];
  if (node.items) return mapsIn(node.items, `${path}[]`);
  return typeof node.additionalProperties === "object" ? mapsIn(node.additionalProperties, `${path}.<name>`) : [];
}

/** What tells one alternative from the others: the field with one allowed value. */
function labelOf(map: JsonSchema): string {
  const fixed = Object.entries(map.properties ?? {}).find(([, field]) => field.const !== undefined);
  return fixed === undefined ? ` { ${Object.keys(map.properties ?? {}).join(", ")} }` : ` (${fixed[0]}: ${fixed[1].const})`;
}

/** `{ file }` and `{ secret }` are a way to write a value, and no map with a section of its own. */
const isShorthand = (properties: object) => ["file", "secret"].includes(Object.keys(properties).join());

/** A section in Markdown. */
export function sectionText({ path, description, rows }: Section, level: number): string {
  const title = path === "" ? "Top level" : `\`${path}\``;
  return [
    `${"#".repeat(level)} ${title}`,
    "",
    ...(description === undefined || path === "" ? [] : [description, ""]),
    "| Field | Meaning | Allowed | Default |",
    "| --- | --- | --- | --- |",
    ...rows.map(({ field, meaning, allowed, byDefault }) => `| \`${field}\` | ${cell(meaning)} | ${cell(allowed)} | ${cell(byDefault)} |`),
  ].join("\n");
}

const cell = (text: string) =>
  text
    .replace(/\s+/g, " ")
    .replaceAll("|", "\\|")
    .replace(/<(?=[a-z])(?![^`]*`(?:[^`]*`[^`]*`)*[^`]*$)/g, "&lt;");

/** The anchor a Markdown reader gives a heading. */
export const anchor = (heading: string) =>
  (heading === "" ? "Top level" : heading)
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, "")
    .replaceAll(" ", "-");

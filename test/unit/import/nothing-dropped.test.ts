import assert from "node:assert/strict";
import fc from "fast-check";
import { stringify } from "yaml";
import { type Imported, importGateway } from "../../../import/import.ts";
import { parseInput } from "../../../import/input.ts";
import { ALL, filesOf, type Sample } from "./support.ts";

type Path = readonly (string | number)[];

interface Place {
  readonly part: number;
  readonly path: Path;
}

const ADDED = "zzUnknownZz";

/** Every map and every leaf of the parsed documents of a file. */
function placesOf(parts: readonly unknown[], wanted: (value: unknown) => boolean): Place[] {
  const found: Place[] = [];
  const visit = (value: unknown, part: number, path: Path): void => {
    if (wanted(value)) found.push({ part, path });
    if (typeof value === "object" && value !== null)
      for (const [key, child] of Object.entries(value)) visit(child, part, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  for (const [part, value] of parts.entries()) visit(value, part, []);
  return found;
}

function changed(
  parts: readonly unknown[],
  place: Place,
  change: (owner: Record<string | number, unknown>, key: string | number) => void,
): unknown[] {
  const copy = structuredClone(parts) as unknown[];
  let owner: unknown = copy;
  let key: string | number = place.part;
  for (const part of place.path) {
    owner = (owner as Record<string | number, unknown>)[key];
    key = part;
  }
  change(owner as Record<string | number, unknown>, key);
  return copy;
}

/** XML comes back as XML: attributes as @name, text as #text, elements as lists. */
function toXml(tree: unknown): string {
  const quoted = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const element = (name: string, value: unknown): string => {
    const entries = Object.entries(value as Record<string, unknown>);
    const attributes = entries.flatMap(([key, one]) => (key.startsWith("@") ? ` ${key.slice(1)}="${quoted(String(one))}"` : []));
    const inner = entries.map(([key, one]) =>
      key === "#text" ? quoted(String(one)) : key.startsWith("@") ? "" : (one as unknown[]).map((child) => element(key, child)).join(""),
    );
    return `<${name}${attributes.join("")}>${inner.join("")}</${name}>`;
  };
  const [[name, value] = ["", {}]] = Object.entries(tree as object);
  return element(name, value);
}

const isMap = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
const isLeaf = (value: unknown) => typeof value !== "object";
const rendered = (parts: readonly unknown[], xml: boolean) => (xml ? toXml(parts[0]) : parts.map((part) => stringify(part)).join("---\n"));

function run(sample: Sample, file: number, parts: readonly unknown[], xml: boolean): Imported | undefined {
  const files = filesOf(sample).map((one, index) => (index === file ? { ...one, text: rendered(parts, xml) } : one));
  return importGateway({ files, format: sample.format as Imported["format"] }).imported;
}

/** Whether a place of the report is at this path or around it. */
function isReported({ leftovers }: Imported, file: string, path: Path): boolean {
  const reported = new Set(
    leftovers.filter((one) => one.file === file).flatMap(({ paths }) => paths.map((text) => text.replace(/^[A-Za-z]+\/\S*( |$)/, ""))),
  );
  for (let length = path.length; length >= 0; length--) if (reported.has(textOf(path.slice(0, length)))) return true;
  return [...reported].some((text) => text.startsWith(textOf(path)));
}

const textOf = (path: Path) =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    if (/^[A-Za-z_][\w-]*$/.test(part)) return text === "" ? part : `${text}.${part}`;
    return `${text}[${JSON.stringify(part)}]`;
  }, "");

describe("nothing is dropped silently", function () {
  this.timeout(30_000);
  for (const [name, sample] of Object.entries(ALL)) {
    sample.files.forEach((fileName, file) => {
      const xml = fileName.endsWith(".xml");
      const text = filesOf(sample)[file]?.text ?? "";
      const parts = parseInput({ name: fileName, text }).parts.map(({ source }) => source.value);

      it(`${name}, ${fileName}: an unknown field anywhere is reported, or written into the document`, () => {
        const maps = placesOf(parts, isMap).filter(({ path }) => !xml || path.length > 0);
        const values = xml ? [[{ "@mode": "x" }], [{ "#text": "x" }]] : ["x", 7, true, ["x"], { y: ["x"] }, [{ y: "x" }]];
        const key = xml ? fc.constant(ADDED) : fc.constantFrom(ADDED, `x-${ADDED}`, `${ADDED}/*`, `/${ADDED}`);
        const dropped = new Set<string>();
        for (const at of maps)
          fc.assert(
            fc.property(key, fc.constantFrom(...values), (added, value) => {
              const after = run(
                sample,
                file,
                changed(parts, at, (owner, name) => Object.assign(owner[name] as object, { [added]: value })),
                xml,
              );
              if (after === undefined) return;
              const written = JSON.stringify(after.document).toLowerCase().includes(ADDED.toLowerCase());
              if (!written && !isReported(after, fileName, [...at.path, added])) dropped.add(textOf([...at.path, added]));
            }),
            { numRuns: 2 },
          );
        assert.deepEqual([...dropped], []);
      });

      it(`${name}, ${fileName}: another value anywhere changes what comes out, or is reported`, () => {
        const shown = (result: Imported | undefined) =>
          JSON.stringify([result?.document, result?.questions, result?.leftovers.map(({ paths, what }) => [paths, what])]);
        const before = shown(run(sample, file, parts, xml));
        const ignored: string[] = [];
        for (const at of placesOf(parts, isLeaf)) {
          const after = run(
            sample,
            file,
            changed(parts, at, (owner, key) => {
              const old = owner[key];
              owner[key] =
                typeof old === "number" ? old * 2 + 7 : typeof old === "boolean" ? !old : String(old).replace(/^(.{0,12})/, "$1zz");
            }),
            xml,
          );
          if (after === undefined || shown(after) !== before) continue;
          if (!isReported(after, fileName, at.path)) ignored.push(textOf(at.path));
        }
        assert.deepEqual(ignored, []);
      });
    });
  }
});

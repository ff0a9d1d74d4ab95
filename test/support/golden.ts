import { AssertionError } from "node:assert/strict";
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { diff } from "node:util";

export interface Golden {
  /** Folder with `in/<case>.yaml` and `out/`. */
  readonly folder: string;
  /** Folder under `out/` where one input has several kinds of result, such as the name of a backend. @default results lie in `out/` itself */
  readonly variant?: string;
  /** Which inputs have a result of this kind. @default all of them */
  readonly only?: (name: string) => boolean;
  /** Ending of the result's file; text is written as it stands, everything else as JSON with sorted keys. @default "json" */
  readonly extension?: string;
  readonly produce: (input: GoldenInput) => Promise<unknown> | unknown;
}

export interface GoldenInput {
  /** File name without folder and ending. */
  readonly name: string;
  readonly file: string;
  readonly text: string;
}

/** True when this run writes results instead of comparing with them. */
export const updating = (): boolean => /^(1|true)$/.test(process.env.UPDATE_GOLDEN ?? "");

/**
 * One mocha test for each input, and one that no result is left of an input that is gone.
 * `UPDATE_GOLDEN=1` writes the results and removes what is left over.
 */
export function describeGolden(title: string, golden: Golden): void {
  describe(title, () => {
    const inputs = goldenInputs(golden);
    it("has inputs", () => {
      if (inputs.length === 0) throw new Error(`No input in ${join(golden.folder, "in")}`);
    });
    for (const input of inputs) it(input.name, () => checkGolden(golden, input));
    it("has no result without an input", () => checkOrphans(golden));
  });
}

/** The inputs of a set, sorted by name. */
export function goldenInputs({ folder, only = () => true }: Golden): GoldenInput[] {
  return globSync("*.yaml", { cwd: join(folder, "in") })
    .map((file) => ({ name: basename(file, ".yaml"), file: join(folder, "in", file) }))
    .filter(({ name }) => only(name))
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map((input) => ({ ...input, text: readFileSync(input.file, "utf8") }));
}

/** Compares one result with the recorded one, or records it. @throws AssertionError with the lines that differ. */
export async function checkGolden(golden: Golden, input: GoldenInput): Promise<void> {
  const result = await golden.produce(input);
  const actual = typeof result === "string" ? ending(result) : goldenJson(result);
  const file = join(resultFolder(golden), `${input.name}.${golden.extension ?? "json"}`);
  if (updating()) {
    mkdirSync(dirname(file), { recursive: true });
    if (!existsSync(file) || readFileSync(file, "utf8") !== actual) writeFileSync(file, actual);
    return;
  }
  const shown = relative(process.cwd(), file);
  if (!existsSync(file))
    throw new Error(`There is no ${shown}: run the test with UPDATE_GOLDEN=1, and read what it writes before you commit it`);
  const expected = readFileSync(file, "utf8");
  if (expected === actual) return;
  throw new AssertionError({
    message: `The result differs from ${shown} (- recorded, + now); if that is meant, run with UPDATE_GOLDEN=1 and read the change:\n${readableDiff(expected, actual)}`,
  });
}

/** Results whose input is gone: an error, or removed while updating. */
export function checkOrphans(golden: Golden): void {
  const folder = resultFolder(golden);
  if (!existsSync(folder)) return;
  const end = `.${golden.extension ?? "json"}`;
  const wanted = new Set(goldenInputs(golden).map(({ name }) => `${name}${end}`));
  const orphans = readdirSync(folder).filter((file) => file.endsWith(end) && !wanted.has(file));
  if (updating()) for (const file of orphans) rmSync(join(folder, file));
  else if (orphans.length > 0) {
    const shown = orphans.map((file) => relative(process.cwd(), join(folder, file)));
    throw new Error(`No input makes ${shown.join(", ")}: run with UPDATE_GOLDEN=1 to remove them`);
  }
}

const resultFolder = ({ folder, variant }: Golden): string => (variant === undefined ? join(folder, "out") : join(folder, "out", variant));

/** JSON with sorted keys, two spaces, a line end: equal values give equal files. */
export function goldenJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, entry: unknown) => (isPlain(entry) ? sorted(entry) : entry), 2)}\n`;
}

const isPlain = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const sorted = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)));
const ending = (text: string) => (text.endsWith("\n") ? text : `${text}\n`);

const CONTEXT = 3;
const LINES = 80;

/** The lines that differ with a few around them; at most 80 lines. */
export function readableDiff(expected: string, actual: string): string {
  const entries = diff(actual.split("\n"), expected.split("\n")) as readonly (readonly [operation: -1 | 0 | 1, line: string])[];
  const near = new Set<number>();
  entries.forEach(([operation], index) => {
    if (operation !== 0) for (let offset = -CONTEXT; offset <= CONTEXT; offset++) near.add(index + offset);
  });
  const lines: string[] = [];
  let skipped = false;
  entries.forEach(([operation, line], index) => {
    if (!near.has(index)) skipped = true;
    else {
      if (skipped && lines.length > 0) lines.push("  …");
      skipped = false;
      lines.push(`${operation === 0 ? " " : operation === -1 ? "-" : "+"} ${line}`);
    }
  });
  return lines.length > LINES ? [...lines.slice(0, LINES), `  … and ${lines.length - LINES} more lines`].join("\n") : lines.join("\n");
}

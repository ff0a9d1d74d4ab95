import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { resultsPage } from "./page.ts";
import { planPicture } from "./picture.ts";

/** How much is measured. */
export interface Extent {
  readonly rounds: number;
  /** Numbers of routes. */
  readonly sizes: readonly number[];
  /** Seconds of load in each round of the live gateway. */
  readonly seconds: number;
}

export const FULL: Extent = { rounds: 3, sizes: [10, 100, 1000, 10_000], seconds: 4 };
/** To see that a measurement works; its figures mean little. */
export const SHORT: Extent = { rounds: 1, sizes: [10, 100], seconds: 1 };

/** One measurement with what it was made on. */
export interface Section {
  readonly at: string;
  readonly command: string;
  readonly machine: { readonly cores: number; readonly model: string; readonly node: string; readonly loadBefore: number };
  readonly extent: Extent;
  readonly result: unknown;
}

export type Sections = Readonly<Record<string, Section>>;

const FILE = "results.json";

/** A section for what has just been measured. `loadBefore` is the number of other processes that wanted a core. */
export const section = (name: string, extent: Extent, loadBefore: number, result: unknown): Section => ({
  at: new Date().toISOString(),
  command: `npm run bench -- ${name}${extent === SHORT ? " --short" : ""}`,
  machine: { cores: cpus().length, model: cpus()[0]?.model ?? "", node: process.version, loadBefore },
  extent,
  result,
});

export const busy = (): number => Number((loadavg()[0] ?? 0).toFixed(1));

/** Puts sections into bench/results.json, the others staying as they are, and writes the page and the picture anew. */
export function keep(root: string, measured: Sections): void {
  const file = join(root, "bench", FILE);
  const before: Sections = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
  const all = { ...before, ...measured };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  for (const [name, content] of renderedFiles(all)) writeFileSync(join(root, "bench", name), content);
}

/** The files made of the results, by name in bench/. */
export function renderedFiles(all: Sections): Map<string, string> {
  const files = new Map([["RESULTS.md", resultsPage(all)]]);
  const picture = planPicture(all);
  if (picture !== undefined) files.set("plan.svg", picture);
  return files;
}

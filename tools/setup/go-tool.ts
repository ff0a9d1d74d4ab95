import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { isExecutable, onPath } from "./find.ts";
import { goProgram, goRunner } from "./go.ts";
import { withLock } from "./lock.mjs";
import { cacheFolder } from "./packages.mjs";
import { say, step } from "./progress.mjs";

/** A program that a Go module of tools/ pins, and that is built from source once for this machine. */
export interface GoTool {
  /** Name of the program, of its folder in tools/, and of its place in the cache. */
  readonly name: string;
  /** As people write it, such as "Pebble". */
  readonly title: string;
  /** What it is for, in a few words. */
  readonly purpose: string;
  /** The version its go.mod pins. */
  readonly version: string;
  /** The `go` line of its go.mod. */
  readonly goMinimum: string;
  /** The package that is built. */
  readonly module: string;
  /** How long building takes, in words. */
  readonly takes: string;
}

const cached = ({ name, version }: GoTool) => join(cacheFolder(), name, version, name);

/** The program: one on PATH, else the one set-up built; undefined when there is neither. */
export const findGoTool = (tool: GoTool): string | undefined =>
  onPath(tool.name)[0] ?? (isExecutable(cached(tool)) ? cached(tool) : undefined);

/**
 * Finds the program, or builds it.
 *
 * @throws Error with one sentence saying what is missing and how to get it.
 */
export async function ensureGoTool(root: string, tool: GoTool): Promise<string> {
  const found = findGoTool(tool);
  if (found !== undefined) return found;
  return withLock(
    join(cacheFolder(), "locks", tool.name),
    async () => {
      if (!isExecutable(cached(tool))) await build(root, tool);
      return cached(tool);
    },
    { purpose: `building ${tool.title}`, waiting: ({ pid }) => say(`Waiting for process ${pid}, which is building ${tool.title}`) },
  );
}

async function build(root: string, tool: GoTool): Promise<void> {
  const { name, title, purpose, version, goMinimum, module, takes } = tool;
  const go = await goProgram(`${title} ${version}`, goMinimum);
  const staging = join(cacheFolder(), "staging", name);
  mkdirSync(staging, { recursive: true });
  const run = goRunner(go, join(root, "tools", name), join(staging, "go"), title);
  await step(`Building ${title} ${version}, ${purpose}, from source: ${takes}`, async () => {
    await run(["build", "-trimpath", "-ldflags", "-s -w", "-o", join(staging, name), module]);
  });
  mkdirSync(dirname(cached(tool)), { recursive: true });
  renameSync(join(staging, name), cached(tool));
  rmSync(staging, { recursive: true, force: true });
}

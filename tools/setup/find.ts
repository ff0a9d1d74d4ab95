import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { coerce } from "semver";
import { run } from "./child.mjs";

/** A program that set-up found or made. */
export interface FoundProgram {
  /** Absolute path. */
  readonly command: string;
  /** Such as `3.250.0`. */
  readonly version: string;
  /** `PATH`: the machine's own; `cache`: set-up's. */
  readonly source: "PATH" | "cache";
}

/** The first version number in a text: `v3.250.0 (linux)` → `3.250.0`, `go1.26` → `1.26.0`. */
export const versionIn = (text: string | undefined): string | undefined => coerce(text)?.version;

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Programs of that name on PATH, in order. Those of npm packages (`node_modules/.bin`) are left out: npm puts that folder in front of PATH,
 * and what it holds is not the machine's own.
 */
export function onPath(name: string, path = process.env.PATH ?? ""): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder.startsWith("/") && !/\/node_modules\/\.bin\/?$/.test(folder))
    .map((folder) => join(folder, name))
    .filter(isExecutable);
}

/** What a program prints with these arguments, or undefined when it fails. */
export async function outputOf(command: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<string | undefined> {
  try {
    const { code, output } = await run(command, args, env === undefined ? {} : { env });
    return code === 0 ? output : undefined;
  } catch {
    return undefined;
  }
}

import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
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

export type Version = readonly [major: number, minor: number, patch: number];

/** The first three numbers in a text: `v3.250.0-alpha` → 3, 250, 0. */
export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)] : undefined;
}

export function isAtLeast(version: Version, minimum: Version): boolean {
  const differing = [0, 1, 2].find((index) => version[index] !== minimum[index]);
  return differing === undefined || (version[differing] as number) > (minimum[differing] as number);
}

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

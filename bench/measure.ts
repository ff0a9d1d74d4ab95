import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** One run of a program. */
export interface Cost {
  /** Seconds from start to end. */
  readonly wall: number;
  /** User and system seconds of the program and what it started: what other work on the machine disturbs least. */
  readonly cpu: number;
  /** Largest memory of the program, in MiB; of the largest, where it starts others. */
  readonly memory: number;
}

const USAGE = join(import.meta.dirname, "usage.mjs");

/** Runs a Node program to its end. @throws when it fails, or takes longer than `limitSeconds` */
export function costOf(
  command: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly limitSeconds?: number },
): Cost & { readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), "gateway-bench-"));
  const usage = join(folder, "usage");
  try {
    const began = performance.now();
    const ran = spawnSync("sh", ["-c", '"$@" > "$BENCH_USAGE.out"; code=$?; times; exit $code', "sh", ...command], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, BENCH_USAGE: usage, NODE_OPTIONS: `--import=${USAGE}` },
      encoding: "utf8",
      timeout: (options.limitSeconds ?? 600) * 1000,
    });
    const wall = (performance.now() - began) / 1000;
    if (ran.status !== 0) throw new Error(`${command.join(" ")} failed after ${Math.round(wall)} s:\n${ran.stderr.slice(-2000)}`);
    const times = [...ran.stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
    // Largest memory in KiB, one line for each process. Of the times the first line is the shell's own; the second its children's.
    const memory = Math.max(...readFileSync(usage, "utf8").trim().split("\n").map(Number)) / 1024;
    return { wall, cpu: (times[2] ?? Number.NaN) + (times[3] ?? Number.NaN), memory, output: readFileSync(`${usage}.out`, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs each program in turn, several times over, so that a busy moment of the machine falls on all of them. @returns medians */
export function inTurn<Name extends string>(rounds: number, programs: Readonly<Record<Name, () => Cost>>): Record<Name, Cost> {
  const names = Object.keys(programs) as Name[];
  const costs = new Map<Name, Cost[]>(names.map((name) => [name, []]));
  for (let round = rounds === 1 ? 1 : 0; round <= rounds; round++) {
    for (const name of names) {
      const cost = programs[name]();
      // The first round fills caches, unless it is the only one.
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  const medianOf = (list: readonly Cost[], field: keyof Cost, digits: number) => rounded(median(list.map((cost) => cost[field])), digits);
  return Object.fromEntries(
    names.map((name) => {
      const list = costs.get(name) ?? [];
      return [name, { wall: medianOf(list, "wall", 2), cpu: medianOf(list, "cpu", 2), memory: medianOf(list, "memory", 0) }];
    }),
  ) as Record<Name, Cost>;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

/** The value below which a share of the values lies, 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const rounded = (value: number, digits = 3): number => Number(value.toFixed(digits));

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

/** Runs a program, takes it along when it is stopped itself, and prints the time it used. */
const SCRIPT = `"$@" > "$BENCH_USAGE.out" & child=$!; trap 'kill "$child"' TERM; wait "$child"; code=$?; times; exit $code`;

/** A program that did not reach its end. */
export class ProgramFailed extends Error {
  /** In a few words, for a table. */
  readonly reason: string;
  constructor(command: readonly string[], seconds: number, { stderr, timedOut }: { stderr: string; timedOut: boolean }) {
    super(`${command.join(" ")} failed after ${seconds} s:\n${stderr.slice(-2000)}`);
    const what = timedOut ? "not done" : stderr.includes("heap out of memory") ? "out of memory" : "failed";
    this.reason = `${what} after ${seconds} s`;
  }
}

/** Runs a Node program to its end. @throws ProgramFailed when it fails, or takes longer than `limitSeconds` */
export function costOf(
  command: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv; readonly limitSeconds?: number },
): Cost & { readonly output: string } {
  const folder = mkdtempSync(join(tmpdir(), "gateway-bench-"));
  const usage = join(folder, "usage");
  try {
    const began = performance.now();
    const ran = spawnSync("sh", ["-c", SCRIPT, "sh", ...command], {
      cwd: options.cwd,
      env: { ...process.env, ...options.env, BENCH_USAGE: usage, NODE_OPTIONS: `--import=${USAGE}` },
      encoding: "utf8",
      timeout: (options.limitSeconds ?? 600) * 1000,
    });
    const wall = (performance.now() - began) / 1000;
    if (ran.status !== 0)
      throw new ProgramFailed(command, Math.round(wall), {
        stderr: ran.stderr,
        timedOut: ran.signal !== null || (ran.error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT",
      });
    const times = [...ran.stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
    // Largest memory in KiB, one line for each process. Of the times the first line is the shell's own; the second its children's.
    const memory = Math.max(...readFileSync(usage, "utf8").trim().split("\n").map(Number)) / 1024;
    return { wall, cpu: (times[2] ?? Number.NaN) + (times[3] ?? Number.NaN), memory, output: readFileSync(`${usage}.out`, "utf8") };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Medians of what ran to its end, and in a few words why the others did not. */
export interface Costs {
  readonly costs: Readonly<Record<string, Cost>>;
  readonly failures: Readonly<Record<string, string>>;
}

/**
 * Runs each program in turn, several times over, so that a busy moment of the machine falls on all of them. A program of `mayFail` that fails is not
 * tried again.
 *
 * @throws what any other program throws
 */
export function inTurn(rounds: number, programs: Readonly<Record<string, () => Cost>>, mayFail: readonly string[] = []): Costs {
  const costs = new Map<string, Cost[]>(Object.keys(programs).map((name) => [name, []]));
  const failures: Record<string, string> = {};
  for (let round = rounds === 1 ? 1 : 0; round <= rounds; round++) {
    for (const [name, program] of Object.entries(programs)) {
      if (name in failures) continue;
      try {
        const cost = program();
        // The first round fills caches, unless it is the only one.
        if (round > 0) costs.get(name)?.push(cost);
      } catch (error) {
        if (!(error instanceof ProgramFailed && mayFail.includes(name))) throw error;
        failures[name] = error.reason;
        costs.delete(name);
      }
    }
  }
  const medianOf = (list: readonly Cost[], field: keyof Cost, digits: number) => rounded(median(list.map((cost) => cost[field])), digits);
  const medians = [...costs].map(([name, list]) => [
    name,
    { wall: medianOf(list, "wall", 2), cpu: medianOf(list, "cpu", 2), memory: medianOf(list, "memory", 0) },
  ]);
  return { costs: Object.fromEntries(medians), failures };
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

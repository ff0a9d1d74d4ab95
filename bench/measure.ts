import { spawnSync } from "node:child_process";

/** One run of a program, in seconds. */
export interface Cost {
  readonly wall: number;
  /** User and system time of the program and what it started: what other work on the machine disturbs least. */
  readonly cpu: number;
}

/** Runs a program to its end, its output thrown away. @throws when it fails */
export function costOf(command: readonly string[], options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv }): Cost {
  const began = performance.now();
  const ran = spawnSync("sh", ["-c", '"$@" > /dev/null; code=$?; times; exit $code', "sh", ...command], {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    encoding: "utf8",
  });
  const wall = (performance.now() - began) / 1000;
  if (ran.status !== 0) throw new Error(`${command.join(" ")} failed:\n${ran.stderr}`);
  const times = [...ran.stdout.matchAll(/(\d+)m([\d.]+)s/g)].map(([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds));
  // First line: the shell's own; second: its children's.
  return { wall, cpu: (times[2] ?? Number.NaN) + (times[3] ?? Number.NaN) };
}

/** Runs each program in turn, several times over, so that a busy moment of the machine falls on all of them. @returns medians */
export function inTurn<Name extends string>(rounds: number, programs: Readonly<Record<Name, () => Cost>>): Record<Name, Cost> {
  const costs = Object.fromEntries(Object.keys(programs).map((name) => [name, []])) as unknown as Record<Name, Cost[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of Object.keys(programs) as Name[]) {
      const cost = programs[name]();
      // The first round fills caches.
      if (round > 0) costs[name].push(cost);
    }
  }
  return Object.fromEntries(
    (Object.entries(costs) as [Name, Cost[]][]).map(([name, list]) => [
      name,
      { wall: rounded(median(list.map(({ wall }) => wall))), cpu: rounded(median(list.map(({ cpu }) => cpu))) },
    ]),
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

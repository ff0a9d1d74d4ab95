import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Extent } from "./results.ts";

/** What the engine needed for one program of one size. */
export interface Deployed {
  readonly resources: number;
  readonly firstUpSeconds: number;
  readonly noopUpSeconds: number;
  readonly oneRouteSeconds: number;
  /** Resources the change of one route touches. */
  readonly oneRouteChanges: number;
  /** Largest memory of the process with the program, the Automation API and the simulated cloud, up to this size; in MiB. */
  readonly memoryMib: number;
}

/** The same API on AWS as a program written by hand, without a certificate, firewall, log or authorizer function. */
export const BY_HAND = "aws, by hand";

/** Most routes the program written by hand is tried with: the engine writes its state after each of its resources, and all of the state. */
const MOST_BY_HAND = 1000;

/** `up`, `up` that changes nothing, and `up` after a change of one route, on the real engine with simulated clouds that answer at once. */
export async function benchDeploy(_root: string, { sizes, rounds }: Extent) {
  const measured: Record<string, Record<number, Deployed>> = {};
  for (const name of ["aws", BY_HAND, "azure", "gcp"])
    measured[name] = await inProcess(
      name,
      sizes.filter((size) => name !== BY_HAND || size <= MOST_BY_HAND),
      rounds,
    );
  return measured;
}

async function inProcess(name: string, sizes: readonly number[], rounds: number): Promise<Record<number, Deployed>> {
  const program = spawn(
    process.execPath,
    [new URL("deploy-process.ts", import.meta.url).pathname, name, String(rounds), ...sizes.map(String)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const code = new Promise<number | null>((resolve, reject) => program.on("error", reject).on("close", resolve));
  const bySize: Record<number, Deployed> = {};
  for await (const line of createInterface({ input: program.stdout })) {
    process.stderr.write(`${name}: ${line}\n`);
    const { routes, ...deployed } = JSON.parse(line) as Deployed & { routes: number };
    bySize[routes] = deployed;
  }
  const ended = await code;
  if (ended !== 0) throw new Error(`the measurement of ${name} ended with ${ended}`);
  return bySize;
}

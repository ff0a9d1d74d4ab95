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

/** How long one size may take. Only the program written by hand does not come near: the engine writes all of the state after each of its resources. */
const LIMIT_SECONDS = 300;

/** What the engine needed, or in a few words why it is not known. */
export type Outcome = Deployed | string;

/** `up`, `up` that changes nothing, and `up` after a change of one route, on the real engine with simulated clouds that answer at once. */
export async function benchDeploy(_root: string, { sizes, rounds }: Extent) {
  const measured: Record<string, Record<number, Outcome>> = {};
  for (const name of ["aws", BY_HAND, "azure", "gcp"]) measured[name] = await inProcess(name, sizes, rounds);
  return measured;
}

/** Sizes in turn, in a process that is ended, with its engine, when one takes too long; larger ones are not tried then. */
async function inProcess(name: string, sizes: readonly number[], rounds: number): Promise<Record<number, Outcome>> {
  const script = new URL("deploy-process.ts", import.meta.url).pathname;
  const program = spawn(process.execPath, [script, name, String(rounds), ...sizes.map(String)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const code = new Promise<number | null>((resolve, reject) => program.on("error", reject).on("close", resolve));
  const bySize: Record<number, Outcome> = {};
  let late = false;
  const end = () => {
    late = true;
    program.kill("SIGTERM");
  };
  let limit = setTimeout(end, LIMIT_SECONDS * 1000);
  for await (const line of createInterface({ input: program.stdout })) {
    clearTimeout(limit);
    limit = setTimeout(end, LIMIT_SECONDS * 1000);
    process.stderr.write(`${name}: ${line}\n`);
    const { routes, ...deployed } = JSON.parse(line) as Deployed & { routes: number };
    bySize[routes] = deployed;
  }
  const ended = await code;
  clearTimeout(limit);
  if (late && name === BY_HAND) {
    const [first, ...larger] = sizes.filter((size) => !(size in bySize));
    if (first !== undefined) bySize[first] = `not done after ${LIMIT_SECONDS} s`;
    for (const size of larger) bySize[size] = "not tried";
  } else if (ended !== 0) throw new Error(`the measurement of ${name} ended with ${late ? "its time" : ended}`);
  return bySize;
}

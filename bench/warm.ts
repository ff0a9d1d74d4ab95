import { join } from "node:path";
import { CLOUDS } from "../components/backends/contract.ts";
import { costOf, median, rounded } from "./measure.ts";
import type { Extent } from "./results.ts";

/** Documents validated, planned and judged by the policies in one process that is warm. */
export function benchWarm(root: string, extent: Extent) {
  const rounds = Math.max(6, extent.rounds * 3);
  const timesOf = (routes: number, clouds: string) => {
    const { output, memory } = costOf([process.execPath, join(root, "bench", "warm-process.ts"), String(routes), String(rounds), clouds], {
      cwd: root,
    });
    const times = (JSON.parse(output) as { wall: number; cpu: number }[]).slice(rounds >> 1);
    return {
      wallMs: rounded(median(times.map(({ wall }) => wall)), 0),
      cpuMs: rounded(median(times.map(({ cpu }) => cpu)), 0),
      memoryMib: rounded(memory, 0),
    };
  };
  return {
    rounds,
    routes: Object.fromEntries([10, 100, 1000].map((routes) => [routes, timesOf(routes, CLOUDS.join(","))])),
    at100: Object.fromEntries(CLOUDS.map((cloud) => [cloud, timesOf(100, cloud)])),
  };
}

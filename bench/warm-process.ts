import { writeSync } from "node:fs";
import { planGateway } from "../automation/plan/plan.ts";
import { reviewPolicies } from "../automation/policies.ts";
import type { Cloud } from "../components/backends/contract.ts";
import { loadModel } from "../components/spec/load.ts";
import { documentFor } from "./documents.ts";

/** Milliseconds of processor and wall time. */
interface Times {
  readonly wall: number;
  readonly cpu: number;
}

/**
 * Validates, plans and judges one document by the policies on each cloud, again and again in one process, as a portal or an editor does. Arguments: routes, rounds,
 * clouds. Prints the times of each round as JSON.
 */
const [routes = "100", rounds = "10", clouds = "aws,azure,gcp,local"] = process.argv.slice(2);
const times: Times[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const [began, before] = [performance.now(), process.cpuUsage()];
  for (const cloud of clouds.split(",") as Cloud[]) {
    const model = await loadModel({ file: "bench.json", text: JSON.stringify(documentFor(cloud, Number(routes))) });
    const planned = await planGateway({ cloud, model, documentFolder: process.cwd() });
    const { broken } = reviewPolicies(planned.resources);
    if (broken.length > 0) throw new Error(`${cloud}: ${broken.map(({ message }) => message).join("; ")}`);
  }
  const { user, system } = process.cpuUsage(before);
  times.push({ wall: performance.now() - began, cpu: (user + system) / 1000 });
}
writeSync(1, JSON.stringify(times));
process.exit(0);

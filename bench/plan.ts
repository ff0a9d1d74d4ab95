import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CLOUDS } from "../components/backends/contract.ts";
import { cacheFolder } from "../tools/setup/packages.mjs";
import { installCdk, synthesized } from "./cdk.ts";
import { documentFor, partsOf } from "./documents.ts";
import { type Costs, costOf, inTurn, rounded } from "./measure.ts";
import type { Extent } from "./results.ts";

/** What a peer may do that `gateway plan` may not: fail at a size. */
const PEERS = ["pulumi", "cdk"];

export interface PlanSize extends Costs {
  readonly routes: number;
  /** How many gateways the routes are on: no cloud takes more than `LARGEST` in one API. */
  readonly gateways: number;
  /** Resources each program asks for. */
  readonly resources: Readonly<Record<string, number>>;
}

/** `gateway plan` as a process from start to end on every cloud, against the AWS CDK, a hand-written Pulumi program, and the start of Node with the SDK. */
export function benchPlan(root: string, extent: Extent) {
  const cdk = installCdk(root);
  const folder = mkdtempSync(join(tmpdir(), "gateway-bench-"));
  const compiled = { NODE_COMPILE_CACHE: join(cacheFolder(), "compile") };
  try {
    const sizes: PlanSize[] = [];
    for (const routes of extent.sizes) {
      const resources: Record<string, number> = {};
      const plan = (cloud: string) => () => {
        const parts = partsOf(cloud, routes).map((count) => {
          const file = `${cloud}-${count}.json`;
          writeFileSync(join(folder, file), JSON.stringify(documentFor(cloud, count)));
          const args = [join(root, "cli", "gateway.mjs"), "plan", "-f", file, "--cloud", cloud, "--json"];
          return costOf([process.execPath, ...args], { cwd: folder, env: compiled });
        });
        resources[cloud] = sum(parts.map(({ output }) => JSON.parse(output).resources.length));
        return {
          wall: sum(parts.map(({ wall }) => wall)),
          cpu: sum(parts.map(({ cpu }) => cpu)),
          memory: Math.max(...parts.map(({ memory }) => memory)),
        };
      };
      const out = join(folder, `cdk-${routes}`);
      const programs = {
        floor: () => costOf([process.execPath, join(root, "bench", "floor.ts")], { cwd: folder, env: compiled }),
        ...Object.fromEntries(CLOUDS.map((cloud) => [cloud, plan(cloud)])),
        pulumi: () => {
          const cost = costOf([process.execPath, join(root, "bench", "one-by-one.ts"), String(routes)], { cwd: root, env: compiled });
          resources.pulumi = JSON.parse(cost.output).resources;
          return cost;
        },
        cdk: () => {
          const cost = costOf([process.execPath, "app.mjs"], { cwd: cdk, env: { CDK_ROUTES: String(routes), CDK_OUT: out, ...compiled } });
          resources.cdk = synthesized(out);
          return cost;
        },
      };
      const rounds = routes >= 10_000 ? 1 : routes >= 1000 ? Math.min(2, extent.rounds) : extent.rounds;
      sizes.push({ routes, gateways: partsOf("aws", routes).length, ...inTurn(rounds, programs, PEERS), resources });
    }
    return { rounds: extent.rounds, sizes, perRoute: perRoute(sizes) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processor milliseconds each further route costs, from one size to the next; null where a program did not reach it. */
function perRoute(sizes: readonly PlanSize[]): Record<string, (number | null)[]> {
  const names = Object.keys(sizes[0]?.costs ?? {}).filter((name) => name !== "floor");
  const step = (name: string, index: number) => {
    const [before, after] = [sizes[index - 1], sizes[index]] as [PlanSize, PlanSize];
    const [less, more] = [before.costs[name], after.costs[name]];
    return less && more ? rounded((1000 * (more.cpu - less.cpu)) / (after.routes - before.routes), 2) : null;
  };
  return Object.fromEntries(names.map((name) => [name, sizes.slice(1).map((_, index) => step(name, index + 1))]));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

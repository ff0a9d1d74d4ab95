import { rmSync } from "node:fs";
import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { Cloud } from "../components/backends/contract.ts";
import { SecureGateway } from "../components/secure-gateway.ts";
import { loadModel } from "../components/spec/load.ts";
import { counts, Lab, type LabStack } from "../test/support/engine.ts";
import { childrenOf } from "../tools/setup/process.mjs";
import { byHand } from "./by-hand.ts";
import { BY_HAND, type Deployed } from "./deploy.ts";
import { type Document, documentFor, partsOf } from "./documents.ts";
import { median, rounded } from "./measure.ts";

const CONFIG = {
  aws: { "aws:region": { value: "eu-central-1" } },
  azure: { "azure-native:location": { value: "westeurope" } },
  gcp: { "gcp:project": { value: "bench-123456" }, "gcp:region": { value: "europe-west3" } },
} as const;

/** One of the programs that share an API out: of which the first route has a timeout, in seconds, where one is given. */
type Program = (timeout?: number) => PulumiFn;

/** Gateways of our own, each a stack: several where one cannot take all routes. */
const ours = (cloud: Cloud, routes: number): Program[] =>
  partsOf(cloud, routes).map((count, index) => (timeout) => async () => {
    const document = partOf(documentFor(cloud, count), index, timeout);
    const model = await loadModel({ file: "bench.json", text: JSON.stringify({ ...document, ...(cloud === "aws" ? ZONE : {}) }) });
    return new SecureGateway(model.name, { cloud, model }).outputs();
  });

const ZONE = { dns: { zone: "example.com" } };

const partOf = (document: Document, index: number, timeout: number | undefined): Document => ({
  ...document,
  name: `bench-${index}`,
  hostname: `api-${index}.example.com`,
  ...(timeout === undefined ? {} : { routes: withTimeout(document.routes as Record<string, object>, timeout) }),
});

const withTimeout = (routes: Record<string, object>, timeout: number) => ({
  ...routes,
  "route-0": { ...routes["route-0"], timeout: `${timeout}s` },
});

const written = (routes: number): Program[] => [
  (timeout) => async () => byHand(routes, timeout === undefined ? {} : { firstTimeout: timeout * 1000 }),
];

/** All stacks one after the other; a change of one route is its own stack's alone, so that several stacks are measured in one round. */
async function deployed(programs: readonly Program[], opened: readonly LabStack[], rounds: number): Promise<Deployed> {
  const stacks = opened.map((stack, index) => ({ stack, program: programs[index] as Program }));
  const timed = async (some: typeof stacks, timeout?: number) => {
    const began = performance.now();
    const touched: Partial<Record<string, number>>[] = [];
    for (const { stack, program } of some) touched.push(counts(await stack.up(program(timeout))));
    return { seconds: (performance.now() - began) / 1000, touched };
  };
  const first = await timed(stacks);
  const [same, changes] = [[] as number[], [] as number[]];
  let touched = 0;
  for (let round = 0; round < rounds; round++) {
    same.push((await timed(stacks, round === 0 ? undefined : 9 - round)).seconds);
    const change = await timed(stacks.slice(0, 1), 8 - round);
    changes.push(change.seconds);
    touched = sum(change.touched.flatMap((one) => Object.entries(one).map(([what, count = 0]) => (what === "same" ? 0 : count))));
  }
  return {
    resources: sum(first.touched.map(({ create = 0 }) => create)),
    firstUpSeconds: rounded(first.seconds, 2),
    noopUpSeconds: rounded(median(same), 2),
    oneRouteSeconds: rounded(median(changes), 2),
    oneRouteChanges: touched,
    memoryMib: rounded(process.resourceUsage().maxRSS / 1024, 0),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);

/** Measures one of the programs in a process of its own, so that its memory is its own, and that it can be ended: `node deploy-process.ts NAME ROUNDS SIZE…`. */
const [name = "", rounds = "1", ...sizes] = process.argv.slice(2);
const lab = await Lab.open({ latencyMs: 0 });
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    for (const child of childrenOf(process.pid)) process.kill(child, "SIGKILL");
    rmSync(lab.folder, { recursive: true, force: true, maxRetries: 5 });
    process.exit(1);
  });
try {
  const cloud = (name === BY_HAND ? "aws" : name) as keyof typeof CONFIG;
  // CloudFront's certificate is validated in a zone of the account.
  await lab.existing("aws:route53/zone:Zone", { name: "example.com" }, { region: "eu-central-1" });
  let before: readonly LabStack[] = [];
  for (const routes of sizes.map(Number)) {
    // The sizes have the same names.
    for (const stack of before) await stack.destroy();
    const programs = name === BY_HAND ? written(routes) : ours(cloud, routes);
    before = await Promise.all(programs.map((_, index) => lab.stack(`bench-${routes}-${index}`, CONFIG[cloud])));
    const measured = await deployed(programs, before, routes >= 1000 ? 1 : Number(rounds));
    process.stdout.write(`${JSON.stringify({ routes, ...measured })}\n`);
  }
} finally {
  await lab.close();
}

import type { PulumiFn } from "@pulumi/pulumi/automation/index.js";
import type { Cloud } from "../components/backends/contract.ts";
import { SecureGateway } from "../components/secure-gateway.ts";
import { loadModel } from "../components/spec/load.ts";
import { counts, Lab, type LabStack } from "../test/support/engine.ts";
import { byHand } from "./by-hand.ts";
import { BY_HAND, type Deployed } from "./deploy.ts";
import { type Document, documentFor, partsOf } from "./documents.ts";
import { median, rounded } from "./measure.ts";

const CONFIG = {
  aws: { "aws:region": { value: "eu-central-1" } },
  azure: { "azure-native:location": { value: "westeurope" } },
  gcp: { "gcp:project": { value: "bench-123456" }, "gcp:region": { value: "europe-west3" } },
} as const;

/** A program for a number of routes, of which the first has a timeout, in seconds, where one is given. */
type Programs = (routes: number, timeout?: number) => PulumiFn;

/** Gateways of our own: several where one cannot take all routes. */
const ours =
  (cloud: Cloud): Programs =>
  (routes, timeout) =>
  async () => {
    const outputs = [];
    for (const [index, count] of partsOf(cloud, routes).entries()) {
      const document = partOf(documentFor(cloud, count), index, index === 0 ? timeout : undefined);
      const model = await loadModel({ file: "bench.json", text: JSON.stringify({ ...document, ...(cloud === "aws" ? ZONE : {}) }) });
      outputs.push(new SecureGateway(model.name, { cloud, model }).outputs());
    }
    return Object.fromEntries(outputs.map((one, index) => [`gateway-${index}`, one]));
  };

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

const written: Programs = (routes, timeout) => async () => byHand(routes, timeout === undefined ? {} : { firstTimeout: timeout * 1000 });

async function deployed(stack: LabStack, program: (timeout?: number) => PulumiFn, rounds: number): Promise<Deployed> {
  const timed = async (shown: PulumiFn) => {
    const began = performance.now();
    const run = await stack.up(shown);
    return { seconds: (performance.now() - began) / 1000, counts: counts(run) };
  };
  const first = await timed(program());
  const [same, changes] = [[] as number[], [] as number[]];
  let touched = 0;
  for (let round = 0; round < rounds; round++) {
    const timeout = round === 0 ? undefined : 9 - round;
    same.push((await timed(program(timeout))).seconds);
    const change = await timed(program(8 - round));
    changes.push(change.seconds);
    touched = Object.entries(change.counts).reduce((sum, [what, count]) => sum + (what === "same" ? 0 : count), 0);
  }
  // The next size has the same names.
  await stack.destroy();
  return {
    resources: first.counts.create ?? 0,
    firstUpSeconds: rounded(first.seconds, 2),
    noopUpSeconds: rounded(median(same), 2),
    oneRouteSeconds: rounded(median(changes), 2),
    oneRouteChanges: touched,
    memoryMib: rounded(process.resourceUsage().maxRSS / 1024, 0),
  };
}

/** Measures one of the programs in a process of its own, so that its memory is its own: `node deploy-process.ts NAME ROUNDS SIZE…`. */
const [name = "", rounds = "1", ...sizes] = process.argv.slice(2);
const lab = await Lab.open({ latencyMs: 0 });
try {
  const cloud = name as keyof typeof CONFIG;
  const [config, programs] = name === BY_HAND ? [CONFIG.aws, written] : [CONFIG[cloud], ours(cloud)];
  // CloudFront's certificate is validated in a zone of the account.
  await lab.existing("aws:route53/zone:Zone", { name: "example.com" }, { region: "eu-central-1" });
  for (const routes of sizes.map(Number)) {
    const stack = await lab.stack(`bench-${routes}`, config);
    const measured = await deployed(stack, (timeout) => programs(routes, timeout), routes > 1000 ? 1 : Number(rounds));
    process.stdout.write(`${JSON.stringify({ routes, ...measured })}\n`);
  }
} finally {
  await lab.close();
}

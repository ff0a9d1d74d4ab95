import { writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { Crowd, type Done } from "../test/engine/portal/crowd/crowd.ts";
import { median, quantile } from "./measure.ts";

/**
 * Many stacks and as many clients on one portal: `node bench/portal-load.ts [stacks] [gateways] [operations] [report]`. What each client is told is searched for the
 * other stacks; the portal's memory is read while it does operations.
 */
const [, , stacks = "50", gateways = "6", operations = "1000", report] = process.argv;
const size = { stacks: Number(stacks), gateways: Number(gateways) };
const rounds = Math.ceil(Number(operations) / size.stacks);
const loadBefore = (loadavg()[0] ?? 0).toFixed(1);
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(0);
const seconds = (since: number) => (performance.now() - since) / 1000;
const times = (all: readonly Done[]) => {
  const each = all.map((done) => done.seconds);
  return `median ${median(each).toFixed(1)} s, p95 ${quantile(each, 0.95).toFixed(1)} s`;
};

interface Sample {
  readonly operations: number;
  readonly rss: number;
  readonly heap: number;
}

const crowd = await Crowd.open(size);
try {
  let began = performance.now();
  const deployed = await crowd.deploy();
  const deploySeconds = seconds(began);
  const afterDeploy = await crowd.portal.memory();
  process.stdout.write(`deployed ${deployed.length} in ${deploySeconds.toFixed(0)} s: ${times(deployed)}\n`);

  await crowd.standIn();
  const samples: Sample[] = [];
  const done: Done[] = [];
  began = performance.now();
  for (let round = 1; round <= rounds; round++) {
    done.push(...(await crowd.round()));
    const { rss, heapUsed } = await crowd.portal.memory();
    samples.push({ operations: done.length, rss, heap: heapUsed });
    process.stdout.write(`${done.length} operations: rss ${mib(rss)} MiB, heap ${mib(heapUsed)} MiB, ${seconds(began).toFixed(0)} s\n`);
  }
  const roundSeconds = seconds(began);
  await crowd.demandLists(rounds + 1);
  const shown = samples.filter((_, index) => index === 0 || (index + 1) % Math.max(1, Math.floor(rounds / 5)) === 0);
  const half = samples.slice(samples.length >> 1);
  const [middle, last] = [half[0], half.at(-1)] as [Sample, Sample];
  const failed = deployed.filter(({ state }) => state === "failed").length;
  const text = `# Many stacks and clients on one portal

What \`node bench/portal-load.ts ${stacks} ${gateways} ${operations}\` found on ${new Date().toISOString().slice(0, 10)}: ${size.stacks} stacks and ${size.stacks} clients on one portal with its embedded database, four operations at a time, all over HTTP, each
client following its own operation as Server-Sent Events. The machine has ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${mib(totalmem())} MiB, and did other work at the same time (load ${loadBefore} before it began).

Everything a client was told, ${(deployed.reduce((sum, { events }) => sum + events, 0) + done.reduce((sum, { events }) => sum + events, 0)).toLocaleString("en-US")} events and every answer, was searched for the names of the other stacks, which stand in their resources and errors: none was found.
Events were numbered without gaps, and each stack's list of operations held its client's only.

## Every stack deployed at the same time

Real throughout: planned, applied, run by a runner and the engine in processes of their own. ${size.gateways} stacks were whole gateways on simulated clouds (Azure, Google Cloud and AWS in turn), the others two
resources of a provider that only notes what it is asked; ${failed} of those were refused by their cloud on purpose, and each error reached its own client only.

${deployed.length} operations in ${deploySeconds.toFixed(0)} s; from asking to the last event ${times(deployed)}. The portal then held ${mib(afterDeploy.heapUsed)} MiB of heap, ${mib(afterDeploy.rss)} MiB in all.

## ${done.length.toLocaleString("en-US")} operations

The portal, its queue, database, journals, events and streams are the real ones. In place of the runner with its engine stands a process that writes a journal of 80 resource events, as
many as a gateway on a cloud has, because ${done.length.toLocaleString("en-US")} engine runs take hours on two cores; the portal cannot tell the difference, and neither runner nor engine is a part of its memory. ${size.stacks} operations at
a time, one on each stack: ${roundSeconds.toFixed(0)} s in all; from asking to the last event ${times(done)}.

| Operations | heap, MiB | whole process, MiB |
|---:|---:|---:|
${shown.map(({ operations: count, heap, rss }) => `| ${count} | ${mib(heap)} | ${mib(rss)} |`).join("\n")}

From ${middle.operations} to ${last.operations} operations the heap grew by ${((last.heap - middle.heap) / 2 ** 20).toFixed(1)} MiB and the process by ${((last.rss - middle.rss) / 2 ** 20).toFixed(1)} MiB. Memory is read after a garbage collection, when a round has ended.
`;
  process.stdout.write(text);
  if (report !== undefined) writeFileSync(report, text);
} finally {
  await crowd.close();
}

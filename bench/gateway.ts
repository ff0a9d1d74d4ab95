import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestAuthority } from "../test/support/live/certificates.ts";
import { type RunningEnvoy, ready, startEnvoy } from "../test/support/live/envoy.ts";
import { freePorts } from "../test/support/live/ports.ts";
import { TestIssuer } from "../test/support/live/tokens.ts";
import { startGateway } from "../test/support/live-gateway.ts";
import { childrenOf, programOf } from "../tools/setup/process.mjs";
import { ensureVegeta } from "../tools/setup/vegeta.ts";
import { answering, type BareListener, bareProxy } from "./bare-proxy.ts";
import { pathOf } from "./documents.ts";
import { type LoadResult, type LoadTarget, runLoad } from "./load.ts";
import { median, quantile, rounded } from "./measure.ts";

/** Something that listens on TLS, and the process that does. */
interface Listener {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What is compared. */
type Subject = Listener & LoadTarget;

/** A gateway whose document can be changed while it runs. */
interface Gateway extends Subject {
  /** Changes the timeout of one route, to the given number of seconds. */
  change(seconds: number): Promise<void>;
}

const HOST = "api.example.com";
/** The same load before what is counted, over the same connections: they are opened in it, those to the backend too. */
const WARM_SECONDS = 1;
/** Load of a gateway that is changed: requests a second, and for how many seconds at the most. */
const RELOAD_PER_SECOND = 300;
const RELOAD_SECONDS = 8;

/** What was measured of one subject, round by round. */
interface Rounds {
  readonly latencies: (readonly number[])[];
  /** Microseconds of processor time per request. */
  readonly cpu: number[];
}

/** The gateway with every policy of an ordinary document against the same Envoy as a bare TLS proxy, at 10 and 1,000 routes, all four at the same time. */
export async function benchGateway(root: string, rounds = 9, perSecond = 100, seconds = 20) {
  const vegeta = await ensureVegeta(root);
  const authority = await TestAuthority.create();
  const issuer = new TestIssuer();
  await issuer.addKey();
  const token = await issuer.token({ scope: "things.read" });
  const running: Listener[] = [];
  try {
    const gateways: Record<string, Gateway> = {};
    const started = <Kind extends Listener>(subject: Kind): Kind => {
      running.push(subject);
      return subject;
    };
    const backend = started(await envoy({ front: await authority.issue({ dnsNames: ["localhost"] }) }, answering));
    const subjects: Record<string, Subject> = {};
    for (const count of [10, 1000]) {
      subjects[`bare${count}`] = started(await bare(authority, backend.port, count));
      subjects[`full${count}`] = gateways[count] = started(await full(authority, backend.port, count, issuer.jwks));
    }
    const load = { vegeta, host: HOST, ca: authority.root, token, perSecond, warmSeconds: WARM_SECONDS };
    const measured: Record<string, Rounds> = Object.fromEntries(Object.keys(subjects).map((name) => [name, { latencies: [], cpu: [] }]));
    for (let round = 0; round < rounds; round++) {
      const before = Object.fromEntries(Object.entries(subjects).map(([name, { pid }]) => [name, cpuSeconds(pid)]));
      const results = await runLoad({ ...load, targets: subjects, seconds });
      for (const [name, { requests, failed, statuses, latencies }] of Object.entries(results)) {
        if (failed > 0) throw new Error(`${name}: ${failed} of ${requests} requests were not answered 200: ${JSON.stringify(statuses)}`);
        measured[name]?.latencies.push(latencies);
        measured[name]?.cpu.push(((cpuSeconds(subjects[name]?.pid as number) - (before[name] ?? 0)) / requests) * 1e6);
      }
    }
    const reloads: Record<string, unknown> = {};
    for (const [count, gateway] of Object.entries(gateways)) {
      const alone = { targets: { gateway }, perSecond: RELOAD_PER_SECOND, seconds: Math.min(seconds, RELOAD_SECONDS) };
      reloads[count] = await reloaded(
        gateway,
        runLoad({ ...load, ...alone }).then((results) => results.gateway),
      );
    }
    return {
      load: { perSecond, seconds, rounds, warmSeconds: WARM_SECONDS, reloadPerSecond: RELOAD_PER_SECOND },
      figures: Object.fromEntries(
        Object.entries(measured).map(([name, one]) => [name, { ...figuresOf(one), memoryMib: memoryMib(subjects[name]?.pid as number) }]),
      ),
      reloads,
      aboveBare: { 10: above(measured.full10, measured.bare10), 1000: above(measured.full1000, measured.bare1000) },
      full1000To10: against(measured.full1000, measured.full10),
    };
  } finally {
    for (const subject of running) await subject.stop();
  }
}

/** Requests of all rounds together; the rounds tell how far to trust them. */
const latency = (of: Rounds | undefined, share: number): number => quantile((of?.latencies ?? []).flat(), share);

function figuresOf(one: Rounds) {
  const p99 = one.latencies.map((latencies) => quantile(latencies, 0.99));
  return {
    p50Ms: rounded(latency(one, 0.5), 2),
    p99Ms: rounded(latency(one, 0.99), 2),
    p99RangeMs: [rounded(Math.min(...p99), 2), rounded(Math.max(...p99), 2)],
    cpuMicrosPerRequest: rounded(median(one.cpu), 0),
    requestsPerCoreSecond: rounded(1e6 / median(one.cpu), 0),
  };
}

/** Milliseconds of one above the other over all rounds, and between which values half of the rounds lie. */
function above(of: Rounds | undefined, to: Rounds | undefined) {
  const figures = (share: number) => {
    const differences = (of?.latencies ?? []).map((one, round) => quantile(one, share) - quantile(to?.latencies[round] ?? [], share));
    return {
      ms: rounded(latency(of, share) - latency(to, share), 2),
      halfMs: [quantile(differences, 0.25), quantile(differences, 0.75)].map((ms) => rounded(ms, 2)),
    };
  };
  return { p50: figures(0.5), p99: figures(0.99) };
}

const against = (of: Rounds | undefined, to: Rounds | undefined) => ({
  p50: rounded(latency(of, 0.5) / latency(to, 0.5), 2),
  p99: rounded(latency(of, 0.99) / latency(to, 0.99), 2),
  cpu: rounded(median(of?.cpu ?? []) / median(to?.cpu ?? []), 2),
});

const pathsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => pathOf(index));

/** Changes a gateway as often as it takes changes over until the load has ended. */
async function reloaded(gateway: Gateway, loaded: Promise<LoadResult>) {
  let running = true;
  const end = loaded.finally(() => {
    running = false;
  });
  // Whoever awaits below sees the failure.
  end.catch(() => {});
  const times: number[] = [];
  while (running) {
    const began = performance.now();
    await gateway.change(5 + (times.length % 10));
    times.push(performance.now() - began);
  }
  const { latencies, failed } = await end;
  return {
    changes: times.length,
    takenOverMs: rounded(median(times), 1),
    p50Ms: rounded(quantile(latencies, 0.5), 2),
    p99Ms: rounded(quantile(latencies, 0.99), 2),
    failed,
  };
}

async function bare(authority: TestAuthority, backendPort: number, count: number): Promise<Subject> {
  const paths = pathsOf(count);
  const front = await (await authority.intermediate()).issue({ dnsNames: [HOST] });
  return { ...(await envoy({ front }, (listener) => bareProxy({ ...listener, backendPort, backendCa: authority.root, paths }))), paths };
}

/** An Envoy on ports of its own. */
async function envoy({ front }: Pick<BareListener, "front">, configuration: (listener: BareListener) => string): Promise<Listener> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const folder = mkdtempSync(join(tmpdir(), "gateway-bare-"));
  mkdirSync(join(folder, "run"));
  writeFileSync(join(folder, "bootstrap.json"), configuration({ port, adminPort, front }), { mode: 0o600 });
  const started = await startEnvoy(folder);
  await ready(adminPort, started);
  return { port, pid: pidOf(started), stop: () => started.stop() };
}

async function full(authority: TestAuthority, backendPort: number, count: number, jwks: string): Promise<Gateway> {
  const route = (index: number, timeout?: string) => ({
    path: pathOf(index),
    methods: ["GET"],
    backend: "things",
    ...(timeout && { timeout }),
    require: [{ jwt: "login", scopes: ["things.read"] }],
  });
  const document = {
    name: "bench",
    hostname: HOST,
    tls: { certificate: { source: "internal" } },
    jwt: {
      providers: {
        login: {
          issuer: "https://login.example.com",
          audiences: ["shop-api"],
          jwks,
          scopes: ["things.read"],
          claimToHeaders: { "x-user": "sub" },
        },
      },
    },
    access: { denyCidrs: ["198.51.100.0/24", "203.0.113.0/24"] },
    rateLimit: { requests: 100_000, per: "second", burst: 100_000, key: "clientIp" },
    cors: { allowOrigins: ["https://shop.example.com"], allowMethods: ["GET"] },
    backends: { things: { url: `https://localhost:${backendPort}`, tls: { trust: "internal" } } },
    routes: Object.fromEntries(Array.from({ length: count }, (_, index) => [`route-${index}`, route(index)])),
  };
  const before = new Set(childrenOf(process.pid));
  const gateway = await startGateway(document, { authority });
  const pid = childrenOf(process.pid).find((child) => !before.has(child) && programOf(child)?.startsWith("envoy"));
  if (pid === undefined) throw new Error("the gateway's Envoy is not to be found");
  const change = (seconds: number) => gateway.update({ ...document, routes: { ...document.routes, "route-0": route(0, `${seconds}s`) } });
  return { port: gateway.port, paths: pathsOf(count), pid, change, stop: () => gateway.stop() };
}

const pidOf = ({ process: child }: RunningEnvoy): number => child.pid as number;

/** Processor time a process has used, user and system; Linux counts it in hundredths of a second. */
function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** Memory a process holds now, in MiB. */
function memoryMib(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return rounded(Number(kib) / 1024, 0);
}

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TestBackend } from "../test/support/live/backend.ts";
import { TestAuthority } from "../test/support/live/certificates.ts";
import { type RunningEnvoy, ready, startEnvoy } from "../test/support/live/envoy.ts";
import { freePorts } from "../test/support/live/ports.ts";
import { TestIssuer } from "../test/support/live/tokens.ts";
import { startGateway } from "../test/support/live-gateway.ts";
import { childrenOf, programOf } from "../tools/setup/process.mjs";
import { bareProxy } from "./bare-proxy.ts";
import { pathOf } from "./documents.ts";
import type { LoadOptions, LoadResult } from "./load.ts";
import { median, rounded } from "./measure.ts";

/** What is compared: something that listens on TLS, and the process that does. */
interface Subject {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** A gateway whose document can be changed while it runs. */
interface Gateway extends Subject {
  /** Changes the timeout of one route, to the given number of seconds. */
  change(seconds: number): Promise<void>;
}

const HOST = "api.example.com";
/** Long enough for the load's own program to be compiled and its connections to be open. */
const WARM_SECONDS = 2;

/** The gateway with every policy of an ordinary document against the same Envoy as a bare TLS proxy, at 10 and 1,000 routes. */
export async function benchGateway(rounds = 5, perSecond = 300, seconds = 4) {
  const authority = await TestAuthority.create();
  const certificate = await authority.issue({ dnsNames: ["localhost"] });
  const backend = await TestBackend.start({ certificate, handler: (_request, response) => void response.end("ok") });
  const issuer = new TestIssuer();
  await issuer.addKey();
  const token = await issuer.token({ scope: "things.read" });
  const running: Subject[] = [];
  try {
    const subjects: Record<string, Subject> = {};
    const gateways: Record<string, Gateway> = {};
    const started = <Kind extends Subject>(subject: Kind): Kind => {
      running.push(subject);
      return subject;
    };
    for (const count of [10, 1000]) {
      subjects[`bare${count}`] = started(await bare(authority, backend.port, count));
      subjects[`full${count}`] = gateways[count] = started(await full(authority, backend.port, count, issuer.jwks));
    }
    const ask = (port: number, count: number, counted: number) =>
      load({
        port,
        host: HOST,
        ca: authority.root,
        token,
        paths: Array.from({ length: count }, (_, index) => pathOf(index)),
        perSecond,
        seconds: counted,
        warmSeconds: WARM_SECONDS,
      });
    const results: Record<string, LoadResult & { cpu: number[]; p50s: number[]; p99s: number[] }> = {};
    for (let round = 0; round <= rounds; round++) {
      for (const [name, { port, pid }] of Object.entries(subjects)) {
        backend.seen.length = 0;
        const count = Number(/\d+$/.exec(name)?.[0]);
        const before = cpuSeconds(pid);
        const result = await ask(port, count, round === 0 ? 1 : seconds);
        const cpu = ((cpuSeconds(pid) - before) / (result.answered + perSecond * WARM_SECONDS)) * 1e6;
        if (result.failed > 0)
          throw new Error(
            `${name}: ${result.failed} of ${result.answered} requests were not answered 200: ${JSON.stringify(result.statuses)}`,
          );
        // The first round opens the connections to the backend.
        if (round === 0) results[name] = { ...result, cpu: [], p50s: [], p99s: [] };
        else {
          results[name]?.cpu.push(cpu);
          results[name]?.p50s.push(result.p50);
          results[name]?.p99s.push(result.p99);
        }
      }
    }
    const reloads: Record<string, unknown> = {};
    for (const [count, gateway] of Object.entries(gateways)) {
      backend.seen.length = 0;
      reloads[count] = await reloaded(gateway, ask(gateway.port, Number(count), 2 * seconds));
    }
    const memory = Object.fromEntries(Object.entries(subjects).map(([name, { pid }]) => [name, memoryMib(pid)]));
    const figures = Object.fromEntries(
      Object.entries(results).map(([name, { cpu, p50s, p99s }]) => [
        name,
        {
          p50Ms: rounded(median(p50s), 2),
          p99Ms: rounded(median(p99s), 2),
          cpuMicrosPerRequest: rounded(median(cpu), 0),
          requestsPerCoreSecond: rounded(1e6 / median(cpu), 0),
          memoryMib: memory[name],
        },
      ]),
    );
    const ratio = (of: string, to: string, what: "p50Ms" | "p99Ms" | "cpuMicrosPerRequest") =>
      rounded((figures[of]?.[what] ?? Number.NaN) / (figures[to]?.[what] ?? Number.NaN), 2);
    const ratios = (of: string, to: string) => ({
      p50: ratio(of, to, "p50Ms"),
      p99: ratio(of, to, "p99Ms"),
      cpuPerRequest: ratio(of, to, "cpuMicrosPerRequest"),
    });
    return {
      load: { perSecond, seconds, rounds, warmSeconds: WARM_SECONDS },
      figures,
      reloads,
      ratios: {
        fullToBareAt10: ratios("full10", "bare10"),
        fullToBareAt1000: ratios("full1000", "bare1000"),
        full1000To10: ratios("full1000", "full10"),
        bare1000To10: ratios("bare1000", "bare10"),
      },
    };
  } finally {
    for (const subject of running) await subject.stop();
    await backend.stop();
  }
}

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
  const { p50, p99, failed } = await end;
  return {
    changes: times.length,
    takenOverMs: rounded(median(times), 1),
    p50Ms: rounded(p50, 2),
    p99Ms: rounded(p99, 2),
    failed,
  };
}

async function bare(authority: TestAuthority, backendPort: number, count: number): Promise<Subject> {
  const [port = 0, adminPort = 0] = await freePorts(2);
  const front = await (await authority.intermediate()).issue({ dnsNames: [HOST] });
  const folder = mkdtempSync(join(tmpdir(), "gateway-bare-"));
  mkdirSync(join(folder, "run"));
  writeFileSync(
    join(folder, "bootstrap.json"),
    bareProxy({
      port,
      adminPort,
      front,
      backendPort,
      backendCa: authority.root,
      paths: Array.from({ length: count }, (_, index) => pathOf(index)),
    }),
    { mode: 0o600 },
  );
  const envoy = await startEnvoy(folder);
  await ready(adminPort, envoy);
  return { port, pid: pidOf(envoy), stop: () => envoy.stop() };
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
  return { port: gateway.port, pid, change, stop: () => gateway.stop() };
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

/** Runs the load in a process of its own. */
async function load(options: LoadOptions): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, "load-process.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(options);
  const [result] = (await once(child, "message")) as [LoadResult];
  await once(child, "exit");
  return result;
}

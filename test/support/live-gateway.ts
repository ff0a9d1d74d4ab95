import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Materials } from "../../components/backends/local/envoy/materials.ts";
import { renderBootstrap, renderFiles, writeOrder } from "../../components/backends/local/envoy/render.ts";
import { loadModel } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { findEnvoy } from "../../tools/setup/envoy.ts";
import { TestAuthority, type TestKeyPair } from "./live/certificates.ts";
import { type Answer, type CallOptions, call, type GatewayAddress, rawCall } from "./live/client.ts";
import { freePorts } from "./live/ports.ts";

/** A gateway document as an object; ports and address of its `local` section are filled in. */
export type LiveDocument = Readonly<Record<string, unknown>>;

export interface LiveOptions {
  /** Issues the front certificate, and is the gateway's own authority. @default a new one */
  readonly authority?: TestAuthority;
  /** What differs from the materials a test gateway gets by itself. */
  readonly materials?: Partial<Materials>;
  /** Changes the rendered files before Envoy sees them, to show that a test fails without a control. */
  readonly tamper?: (files: Record<string, string>) => Record<string, string>;
  /** Called with the gateway's folder before Envoy starts. */
  readonly prepare?: (folder: string) => Promise<void>;
}

export interface LiveGateway extends GatewayAddress {
  readonly model: GatewayModel;
  readonly authority: TestAuthority;
  readonly materials: Materials;
  /** Folder of its files; gone after `stop`. */
  readonly folder: string;
  readonly httpPort: number;
  readonly adminPort: number;
  call(path: string, options?: CallOptions): Promise<Answer>;
  raw(bytes: string | Buffer, options?: CallOptions & { silenceMs?: number }): Promise<string>;
  /** Replaces the configuration while it runs, file by file as the product does, and waits until Envoy has taken it over. */
  update(document: LiveDocument, materials?: Partial<Materials>): Promise<void>;
  /** Envoy's own messages so far. */
  log(): string;
  accessLog(): Record<string, unknown>[];
  stop(): Promise<void>;
}

/** The model of a document that stands in a test; `files` are the files it names. */
export async function modelOf(document: LiveDocument, files: Readonly<Record<string, string>> = {}): Promise<GatewayModel> {
  return loadModel({ file: "gateway.yaml", text: JSON.stringify(document), read: (path) => files[path] ?? fail(`no file ${path}`) });
}

/** Runs the rendered configuration of a document in a real Envoy. Every call needs a `stop`. */
export async function startGateway(document: LiveDocument, options: LiveOptions = {}): Promise<LiveGateway> {
  const [httpsPort = 0, httpPort = 0, adminPort = 0] = await freePorts(3);
  const placed = (changed: LiveDocument): LiveDocument => ({
    ...changed,
    local: { ...(changed.local as object), address: "127.0.0.1", httpsPort, httpPort, adminPort, workers: 1 },
  });
  const authority = options.authority ?? (await TestAuthority.create());
  let model = await modelOf(placed(document));
  let materials: Materials = { ...(await ownMaterials(model, authority)), ...options.materials };

  const folder = mkdtempSync(join(tmpdir(), "gateway-"));
  for (const name of ["run", "logs"]) mkdirSync(join(folder, name));
  const tamper = options.tamper ?? ((files) => files);
  const render = () => tamper(renderFiles(model, materials, RENDER));
  writeFileSync(join(folder, "bootstrap.json"), renderBootstrap(model, RENDER));
  writeFiles(folder, render());
  await options.prepare?.(folder);
  const envoy = await startEnvoy(folder);
  try {
    await ready(adminPort, envoy);
  } catch (error) {
    await envoy.stop();
    throw error;
  }
  const address: GatewayAddress = { hostname: model.hostname, address: "127.0.0.1", port: httpsPort, ca: authority.root };
  return {
    ...address,
    get model() {
      return model;
    },
    get materials() {
      return materials;
    },
    authority,
    folder,
    httpPort,
    adminPort,
    call: (path, callOptions) => call(address, path, callOptions),
    raw: (bytes, callOptions) => rawCall(address, bytes, callOptions),
    async update(changed, more = {}) {
      model = await modelOf(placed(changed));
      materials = { ...materials, ...more };
      writeFiles(folder, render());
      await sleep(400);
    },
    log: () => envoy.log(),
    accessLog: () =>
      readFileSync(join(folder, "logs", "access.log"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: () => envoy.stop(),
  };
}

const RENDER = { folder: "", publicRoots: { file: "/etc/ssl/certs/ca-certificates.crt" } } as const;

/** A front certificate with an intermediate, a certificate for backends, an API key for each consumer. */
async function ownMaterials(model: GatewayModel, authority: TestAuthority): Promise<Materials> {
  const intermediate = await authority.intermediate();
  const front = await intermediate.issue({ dnsNames: [model.hostname] });
  const gateway = await authority.issue({ commonName: `${model.name} gateway`, dnsNames: [`${model.name}.gateway`], usages: ["client"] });
  const pair = ({ chain, privateKey }: TestKeyPair) => ({ chain, privateKey });
  return {
    front: pair(front),
    authority: authority.root,
    gateway: pair(gateway),
    clients: {},
    apiKeys: Object.fromEntries(Object.keys(model.consumers).map((name) => [name, [apiKeyOf(name)]])),
  };
}

/** The key a consumer has in tests unless the materials say otherwise. */
export const apiKeyOf = (consumer: string): string => Buffer.from(consumer.padEnd(32, "*")).toString("base64url");

/** As the product does: each file whole, by rename, what others refer to first. */
function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const path of writeOrder(Object.keys(files))) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (readText(file) === files[path]) continue;
    writeFileSync(`${file}.new`, files[path] ?? "", { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

interface RunningEnvoy {
  readonly process: ChildProcess;
  log(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

async function startEnvoy(folder: string): Promise<RunningEnvoy> {
  const found = await findEnvoy();
  if (found === undefined) return fail("these tests need Envoy: run npm start once, which provides it");
  const child = spawn(
    found.command,
    [
      "-c",
      "bootstrap.json",
      "--disable-hot-restart",
      "--concurrency",
      "1",
      "--log-level",
      "warning",
      "--drain-time-s",
      "2",
      "--drain-strategy",
      "immediate",
      "--file-flush-interval-msec",
      "50",
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  running.add(child);
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<void>((done) => {
    child.once("exit", () => {
      running.delete(child);
      done();
    });
  });
  return {
    process: child,
    log: () => log,
    async stop() {
      if (child.exitCode === null) child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(killer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function ready(adminPort: number, envoy: RunningEnvoy): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (envoy.process.exitCode !== null) fail(`Envoy ended:\n${envoy.log()}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  fail(`Envoy did not become ready:\n${envoy.log()}`);
}

function fail(message: string): never {
  throw new Error(message);
}

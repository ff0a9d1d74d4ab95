import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PulumiFn } from "@pulumi/pulumi/automation/workspace.js";
import { stringify } from "yaml";
import type { EngineLocation } from "../../../../automation/engine.ts";
import type { OperationError } from "../../../../automation/errors.ts";
import type { OperationEvent } from "../../../../automation/events.ts";
import { type Operation, type OperationKind, startOperation } from "../../../../automation/operation.ts";
import { type Outputs, readOutputs } from "../../../../automation/outputs.ts";
import { gatewayProgram as check, type Program } from "../../../../automation/program.ts";
import { openProject, type Project } from "../../../../automation/project.ts";
import type { CertificateSummary } from "../../../../components/backends/contract.ts";
import { gatewayProgram } from "../../../../components/program.ts";
import { envoyArgument } from "../../../../providers/local/agent/envoy-record.ts";
import { agentArgument } from "../../../../providers/local/agent/protocol.ts";
import { FILES_VARIABLE } from "../../../../providers/local/agent/service.ts";
import { LAYOUT } from "../../../../providers/local/host/layout.ts";
import { withArgument, withVariable } from "../../../../providers/local/machine/processes.ts";
import { childrenOf, isRunning } from "../../../../tools/setup/process.mjs";
import { findPulumi } from "../../../../tools/setup/pulumi.ts";
import type { GatewayAddress } from "../../../support/live/client.ts";
import { freePorts } from "../../../support/live/ports.ts";

const ROOT = resolve(import.meta.dirname, "..", "..", "..", "..");
const PROVIDER = join(ROOT, "providers", "local");
const CATALOG = join(ROOT, "examples", "shop", "catalog", "main.ts");

/** A part of a gateway document, as JSON. */
export type Part = Record<string, unknown>;

/** Runs the gateway's program on a lab's project. */
export const program: Program = {
  check: (project, file) => check.check(project, file),
  load:
    async ({ root }) =>
    () =>
      gatewayProgram(root),
};

/** A project in a temporary folder, with a state of its own, whose stacks run gateways on this machine. */
export class Lab {
  readonly project: Project;
  readonly folder: string;
  readonly engine: EngineLocation;
  readonly #gateways: LabGateway[] = [];

  private constructor(folder: string, engine: EngineLocation) {
    this.folder = folder;
    this.engine = engine;
    this.project = openProject(folder);
  }

  static async open(): Promise<Lab> {
    const engine = await findPulumi();
    assert.ok(engine, "the Pulumi CLI is missing: run `npm start` or `npm test`");
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-local-")));
    mkdirSync(join(folder, "stacks"));
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      stringify({
        name: "secure-gateway",
        runtime: "nodejs",
        stackConfigDir: "stacks",
        plugins: { providers: [{ name: "localgateway", path: PROVIDER }] },
      }),
    );
    return new Lab(folder, engine);
  }

  /** A gateway on ports of its own, not yet deployed. */
  async gateway(stack: string): Promise<LabGateway> {
    const [https = 0, http = 0, admin = 0, service = 0] = await freePorts(4);
    const gateway = new LabGateway(this, stack, { https, http, admin, service });
    this.#gateways.push(gateway);
    return gateway;
  }

  /** Removes everything, also after a test that failed. */
  async close(): Promise<void> {
    for (const gateway of this.#gateways) {
      const left = gateway.processes();
      if (left.length > 0) await gateway.run("destroy").catch(() => {});
      for (const pid of gateway.processes()) process.kill(pid, "SIGKILL");
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

export interface Ports {
  readonly https: number;
  readonly http: number;
  readonly admin: number;
  readonly service: number;
}

/** One stack of a lab: its document, and what runs of it. */
export class LabGateway {
  readonly stack: string;
  readonly directory: string;
  ports: Ports;
  /** Of the document. */
  drainTime = "1s";
  readonly #lab: Lab;
  /** Of the last operation that had any; reading them takes another engine. */
  #outputs: Outputs | undefined;

  constructor(lab: Lab, stack: string, ports: Ports) {
    this.#lab = lab;
    this.stack = stack;
    this.ports = ports;
    this.directory = join(lab.folder, "run", stack);
  }

  /** Writes the document; `change` is laid over it, key by key at the top. */
  write(change: Part = {}): void {
    const { https, http, admin, service } = this.ports;
    const document: Part = {
      name: "lab",
      hostname: "lab.localhost",
      tls: { certificate: { source: "internal" } },
      backends: { catalog: { url: `https://localhost:${service}`, tls: { clientCertificate: "internal", trust: "internal" } } },
      routes: { products: { path: "/products", methods: ["GET"], backend: "catalog", public: true } },
      ...change,
      local: {
        httpsPort: https,
        httpPort: http,
        adminPort: admin,
        workers: 2,
        drainTime: this.drainTime,
        stateDirectory: this.directory,
        ...this.withService(),
        ...(change.local as Part | undefined),
      },
    };
    writeFileSync(join(this.#lab.folder, `${this.stack}.yaml`), JSON.stringify(document));
    const config = { "secure-gateway:cloud": "local", "secure-gateway:document": `${this.stack}.yaml` };
    writeFileSync(join(this.#lab.project.stackFolder, `Pulumi.${this.stack}.yaml`), stringify({ config }));
  }

  /** The service of the gateway, with changes. */
  withService(change: Part = {}): Part {
    const catalog = { command: ["node", CATALOG], port: this.ports.service, env: { ECHO: "1" }, onFileChange: "SIGHUP", ...change };
    return { services: { catalog } };
  }

  /** @param own runs instead of the gateway's program */
  start(kind: OperationKind, own?: PulumiFn): Operation {
    const { project, engine } = this.#lab;
    const running = own === undefined ? program : { ...program, load: async () => own };
    return startOperation({ kind, project, stack: this.stack, engine, program: running });
  }

  /** Runs an operation to its end. */
  async run(kind: OperationKind, own?: PulumiFn) {
    const operation = this.start(kind, own);
    const events: OperationEvent[] = [];
    for await (const event of operation.events) events.push(event);
    const result = await operation.result;
    if (kind === "up") this.#outputs = result.outputs;
    return { events, ...result };
  }

  /** Writes the document and deploys it. */
  up(change?: Part) {
    this.write(change);
    return this.run("up");
  }

  /** The error an operation ends with. */
  async fails(kind: OperationKind): Promise<OperationError> {
    return this.start(kind).result.then(
      () => assert.fail(`${kind} should have failed`),
      (error: OperationError) => error,
    );
  }

  outputs(): Promise<Outputs> {
    const { project, engine } = this.#lab;
    return readOutputs({ project, stack: this.stack, engine, showSecrets: true });
  }

  async address(): Promise<GatewayAddress> {
    this.#outputs ??= await this.outputs();
    const { certificate, hostname } = this.#outputs as { certificate: CertificateSummary; hostname: string };
    return { hostname, address: "127.0.0.1", port: this.ports.https, ca: certificate.caCertificate };
  }

  /** Processes of Envoy. */
  envoys = (): number[] => withArgument(envoyArgument(this.directory)).map(({ pid }) => pid);

  agents = (): number[] => withArgument(agentArgument(this.directory)).map(({ pid }) => pid);

  /** Agent, Envoy and services. */
  processes = (): number[] => [...this.agents(), ...this.envoys(), ...this.services()];

  services = (): number[] => withVariable(FILES_VARIABLE, join(this.directory, LAYOUT.serviceFiles("catalog"))).map(({ pid }) => pid);

  /** The engine that works on the stack, once it does. */
  async engineProcess(): Promise<number> {
    const lock = join(this.#lab.project.privateFolder, "locks", `stack-${this.stack}`);
    const pid = await eventually(
      "an engine at work",
      () => (JSON.parse(readFileSync(lock, "utf8")) as { helper?: { pid: number } }).helper?.pid,
    );
    return pid;
  }

  /** The provider's process, once the engine has started it. */
  async providerProcess(): Promise<number> {
    const engine = await this.engineProcess();
    return eventually("a provider", () => childrenOf(engine)[0]);
  }
}

/** Waits for a value. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>, withinMs = 30_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await Promise.resolve()
      .then(look)
      .catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > until) assert.fail(`waited ${withinMs} ms in vain for ${what}`);
    await sleep(20);
  }
}

/** Kills a process at once and waits until it is gone. */
export async function kill(pid: number): Promise<void> {
  process.kill(pid, "SIGKILL");
  await eventually(`the end of process ${pid}`, () => (isRunning(pid) ? undefined : true));
}

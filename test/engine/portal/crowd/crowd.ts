import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { documentFor } from "../../../../bench/documents.ts";
import type { OperationSummary, Plan } from "../../../../portal/service.ts";
import { CloudFolder } from "../../../simulator/core/cloud-folder.ts";
import { SimulatedProvider } from "../../../simulator/core/provider.ts";
import { loadRules, PACKAGES } from "../../../simulator/registry.ts";
import { HttpPortal } from "../http-process.ts";
import { DOCUMENT, PortalLab } from "../support.ts";

export interface Size {
  readonly stacks: number;
  /** How many of the stacks are whole gateways on simulated clouds; the others are two items of a provider that only notes what it is asked. */
  readonly gateways: number;
}

export interface Done {
  readonly stack: string;
  readonly state: string;
  readonly events: number;
  /** From asking to the last event. */
  readonly seconds: number;
}

const CLOUDS = ["azure", "gcp", "aws"] as const;
const CONFIG = {
  aws: { "aws:region": "eu-central-1" },
  azure: { "azure-native:location": "westeurope" },
  gcp: { "gcp:project": "bench-123456", "gcp:region": "europe-west3" },
} as const;
/** People have limits of their own; here one token stands for all of them. */
const RATES = { reads: 1e6, changes: 1e6, strangers: 1e6, attempts: 1e6 };
const SIMULATOR = join(import.meta.dirname, "..", "..", "..", "simulator", "plugins");

/**
 * One portal with many stacks, and a client for each, all at once over HTTP. Whatever a client is told is searched for the names of all other stacks: they
 * stand in the names of resources and in the errors.
 */
export class Crowd {
  readonly #lab: PortalLab;
  readonly #size: Size;
  readonly #cloud: CloudFolder;
  #portal: HttpPortal | undefined;

  private constructor(lab: PortalLab, size: Size) {
    this.#lab = lab;
    this.#size = size;
    this.#cloud = new CloudFolder(join(lab.folder, "cloud"));
  }

  static async open(size: Size): Promise<Crowd> {
    const crowd = new Crowd(await PortalLab.open(), size);
    try {
      await crowd.#prepare();
      return crowd;
    } catch (error) {
      await crowd.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#portal?.stop();
    this.#lab.close();
  }

  get portal(): HttpPortal {
    assert.ok(this.#portal);
    return this.#portal;
  }

  /** Plans and applies every stack at the same time, through the real runner and the real engine. One in ten is refused by its cloud. */
  deploy(): Promise<Done[]> {
    return this.#everybody(async (stack, index) => {
      const refused = this.#isRefused(index);
      const plan = await this.portal.expect<Plan>(201, "POST", `/stacks/${stack}/plans`, { kind: "up" });
      const { id } = await this.portal.expect<OperationSummary>(202, "POST", `/plans/${plan.id}/apply`);
      const done = await this.#watch(stack, id);
      const { state, error } = await this.portal.expect<OperationSummary>(200, "GET", `/operations/${id}`);
      assert.equal(state, refused ? "failed" : "succeeded", `${stack}: ${JSON.stringify(error)}`);
      this.#demandOwn(stack, error ?? {});
      if (refused) assert.match(String(error?.message), new RegExp(`${stack} is refused`));
      return done;
    });
  }

  /** From now on attempts are run by a process that tells as much as an engine does, without one. */
  async standIn(): Promise<void> {
    await this.#portal?.stop();
    await this.#start(join(import.meta.dirname, "stand-in-runner.ts"));
  }

  /** One operation on every stack at the same time. */
  round(): Promise<Done[]> {
    return this.#everybody(async (stack) => {
      const { id } = await this.portal.expect<OperationSummary>(202, "POST", `/stacks/${stack}/operations`, { kind: "refresh" });
      const done = await this.#watch(stack, id);
      assert.equal(done.state, "succeeded");
      return done;
    });
  }

  /** Whether each stack's list holds what its client has asked for, and nothing else. */
  async demandLists(operations: number): Promise<void> {
    await this.#everybody(async (stack) => {
      const { items } = await this.portal.expect<{ items: OperationSummary[] }>(200, "GET", `/stacks/${stack}/operations?limit=200`);
      this.#demandOwn(stack, items);
      const asked = items.filter(({ requestedBy }) => requestedBy !== "portal");
      assert.equal(asked.length, operations, `${stack} has ${asked.length} operations`);
    });
  }

  #names = (): string[] => Array.from({ length: this.#size.stacks }, (_, index) => `shop-${String(index).padStart(2, "0")}x`);
  #isGateway = (index: number) => index < this.#size.gateways;
  #isRefused = (index: number) => !this.#isGateway(index) && index % 10 === 3;

  #everybody<T>(work: (stack: string, index: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#names().map(work));
  }

  /** Follows an operation to its end. */
  async #watch(stack: string, id: string): Promise<Done> {
    const began = performance.now();
    let events = 0;
    let state = "";
    for await (const stored of this.portal.events(id)) {
      events++;
      assert.equal(stored.operation, id);
      assert.equal(stored.sequence, events, `${stack}: an event is missing or comes twice`);
      this.#demandOwn(stack, stored);
      if (!("kind" in stored.event) && stored.event.type === "state") state = stored.event.state;
    }
    return { stack, state, events, seconds: (performance.now() - began) / 1000 };
  }

  #demandOwn(stack: string, told: unknown): void {
    for (const [name] of JSON.stringify(told).matchAll(/shop-\d\dx/g))
      assert.equal(name, stack, `what belongs to ${name} was told to ${stack}`);
  }

  async #prepare(): Promise<void> {
    const { folder } = this.#lab;
    const file = join(folder, "Pulumi.yaml");
    const project = parse(readFileSync(file, "utf8")) as { plugins: { providers: unknown[] } };
    project.plugins.providers.push(...PACKAGES.map((name) => ({ name, path: join(SIMULATOR, name) })));
    writeFileSync(file, stringify(project));
    this.#cloud.configure({ latencyMs: 0 });
    const provider = new SimulatedProvider(loadRules("aws"), this.#cloud);
    provider.configure(CONFIG.aws);
    const type = "aws:route53/zone:Zone";
    const urn = `urn:pulumi:elsewhere::other::${type}::existing`;
    await provider.create(urn, provider.check(urn, {}, { name: "example.com" }, "existing").inputs, false);
    await this.#start();
    for (const [index, name] of this.#names().entries()) await this.#add(index, name);
  }

  async #add(index: number, name: string): Promise<void> {
    const cloud = CLOUDS[index % CLOUDS.length] ?? "aws";
    if (!this.#isGateway(index)) {
      const fail = this.#isRefused(index) ? { fail: `${name} is refused` } : {};
      this.#lab.items(name, { [`${name}-first`]: { value: "1" }, [`${name}-second`]: { value: "1", ...fail } });
      await this.portal.expect(201, "POST", "/stacks", { name, cloud: "aws", document: DOCUMENT });
      return;
    }
    const zone = cloud === "aws" ? { dns: { zone: "example.com" } } : {};
    const document = stringify({ ...documentFor(cloud, 3), ...zone, name, hostname: `${name}.example.com` });
    writeFileSync(join(this.#lab.folder, "gateways", `${name}.yaml`), document);
    await this.portal.expect(201, "POST", "/stacks", { name, cloud, document, settings: { config: CONFIG[cloud] } });
  }

  async #start(runnerModule?: string): Promise<void> {
    const { project: _, ...options } = this.#lab.options({ programModule: join(import.meta.dirname, "program.ts") });
    const more = runnerModule === undefined ? options : { ...options, runnerModule };
    const env = { SIMULATED_CLOUD: this.#cloud.path, PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" };
    this.#portal = await HttpPortal.start({ options: more, root: this.#lab.folder, rates: RATES }, [], env);
  }
}

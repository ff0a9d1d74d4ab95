import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import {
  type ConfigMap,
  type EngineEvent,
  LocalWorkspace,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { guardLanguageHost } from "../../automation/language-host.ts";
import { findPulumi } from "../../tools/setup/pulumi.ts";
import { CloudFolder } from "../simulator/core/cloud-folder.ts";
import { SimulatedProvider } from "../simulator/core/provider.ts";
import type { Values } from "../simulator/core/values.ts";
import { loadRules, PACKAGES } from "../simulator/registry.ts";
import { type Run, RunFailed, summarise } from "./engine/run.ts";
import { ServedProviders } from "./engine/simulators.ts";

export { type Change, changed, counts, type Operation, type Run, RunFailed } from "./engine/run.ts";

const PLUGINS = join(dirname(import.meta.dirname), "simulator", "plugins");
/** Holds what starts a policy pack; the vendor's CLI brings its own beside it, a CLI built from source has none. */
const ANALYZERS = join(dirname(import.meta.dirname), "..", "tools", "pulumi", "bin");
const PASSPHRASE = "correct horse battery staple";

export interface LabOptions {
  /** Provider packages to simulate. @default every package that has rules */
  readonly packages?: readonly string[];
  /** How many instances of each provider one run may start, the default one included; further ones cost the start of a process. @default 2 */
  readonly instances?: number;
  /** False makes every plugin a process of its own, as with the real providers. @default true */
  readonly inProcess?: boolean;
  /** How long every write to the cloud takes, in milliseconds. @default 5 */
  readonly latencyMs?: number;
  /** Further provider plugins by path, such as the local provider: name → folder with its executable. */
  readonly plugins?: Readonly<Record<string, string>>;
  /** Name of the Pulumi project, which is the namespace of its configuration. @default "secure-gateway" */
  readonly project?: string;
}

export interface RunOptions {
  /** Configuration keys with their namespace, such as `aws:region`; kept for later runs. */
  readonly config?: ConfigMap;
  /** Resources to replace although nothing changed, by URN. */
  readonly replace?: readonly string[];
  /** Folders of CrossGuard policy packs the engine runs. */
  readonly policyPacks?: readonly string[];
}

/**
 * A Pulumi engine against a simulated cloud, both in a temporary folder: real CLI, real state file, real encryption, no cloud.
 * Close it in `after`; it leaves no file and no process.
 */
export class Lab {
  readonly folder: string;
  /** The simulated cloud: inject faults, move the clock, look at what exists. */
  readonly cloud: CloudFolder;
  readonly #options: Required<Pick<LabOptions, "packages" | "instances" | "inProcess" | "project">>;
  readonly #served: ServedProviders;
  readonly #command: PulumiCommand;

  private constructor(folder: string, command: PulumiCommand, options: LabOptions) {
    this.folder = folder;
    this.#command = command;
    this.#options = {
      packages: options.packages ?? PACKAGES,
      instances: options.instances ?? 2,
      inProcess: options.inProcess ?? true,
      project: options.project ?? "secure-gateway",
    };
    this.cloud = new CloudFolder(join(folder, "cloud"));
    this.cloud.configure({ latencyMs: options.latencyMs ?? 5 });
    this.#served = new ServedProviders(join(folder, "ports"), this.cloud);
    mkdirSync(join(folder, "project"));
    mkdirSync(join(folder, "state"));
    const simulated = this.#options.packages.map((name) => ({ name, path: join(PLUGINS, name) }));
    const others = Object.entries(options.plugins ?? {}).map(([name, path]) => ({ name, path }));
    writeFileSync(
      join(folder, "project", "Pulumi.yaml"),
      stringify({ name: this.#options.project, runtime: "nodejs", plugins: { providers: [...simulated, ...others] } }),
    );
  }

  /** @throws when this machine has no Pulumi CLI. */
  static async open(options: LabOptions = {}): Promise<Lab> {
    guardLanguageHost();
    const pulumi = await findPulumi();
    if (!pulumi) throw new Error("These tests need the Pulumi CLI, and this machine has none: `npm test` provides it.");
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-lab-")));
    mkdirSync(join(folder, "cli", "bin"), { recursive: true });
    symlinkSync(pulumi.command, join(folder, "cli", "bin", "pulumi"));
    return new Lab(folder, await PulumiCommand.get({ root: join(folder, "cli") }), options);
  }

  /** A stack of the lab's project; several stacks live in the same cloud. */
  async stack(name = "test", config: ConfigMap = {}): Promise<LabStack> {
    const envVars = {
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      SIMULATED_CLOUD: this.cloud.path,
      ...(this.#options.inProcess ? { SIMULATOR_PORTS: this.#served.folder } : {}),
      PATH: `${ANALYZERS}${delimiter}${process.env.PATH ?? ""}`,
    };
    const workDir = join(this.folder, "project");
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: this.#options.project, program: async () => {} },
      { workDir, envVars, pulumiHome: join(this.folder, "home"), pulumiCommand: this.#command, secretsProvider: "passphrase" },
    );
    if (Object.keys(config).length > 0) await stack.setAllConfig(config);
    // After every operation the Automation API asks the CLI three more times, for outputs and history; the events say all of it, at a third of the time.
    stack.info = async () => undefined;
    stack.outputs = async () => ({});
    const decrypt = async (): Promise<Record<string, unknown>> => {
      const env = { ...process.env, ...envVars, PULUMI_HOME: join(this.folder, "home") };
      const args = ["stack", "output", "--json", "--show-secrets", "--stack", name];
      const { stdout } = await promisify(execFile)(this.#command.command, args, { cwd: workDir, env, maxBuffer: 64 * 1024 * 1024 });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    const file = join(this.folder, "state", ".pulumi", "stacks", this.#options.project, `${name}.json`);
    return new LabStack(stack, { cloud: this.cloud, offer: () => this.#offer(), decrypt, file });
  }

  /** Puts a resource into the cloud that no stack made, such as a hosted zone a document names; gives its id and outputs. */
  async existing(type: string, inputs: Values, config: Values = {}): Promise<{ id: string; outputs: Values }> {
    const [name = ""] = type.split(":");
    const provider = new SimulatedProvider(loadRules(name), this.cloud);
    provider.configure(config);
    const urn = `urn:pulumi:elsewhere::other::${type}::existing-${this.cloud.serial()}`;
    return provider.create(urn, provider.check(urn, {}, inputs, "existing").inputs, false);
  }

  /** Changes a resource as somebody at the cloud's console would: its stack learns of it from a refresh. */
  change(type: string, name: string, properties: Values): void {
    const found = this.cloud.all(type).filter((resource) => resource.name === name);
    const [resource] = found;
    if (!resource || found.length > 1) throw new Error(`The cloud has ${found.length} of ${type} "${name}"`);
    this.cloud.put({ ...resource, inputs: { ...resource.inputs, ...properties }, outputs: { ...resource.outputs, ...properties } });
  }

  async close(): Promise<void> {
    await this.#served.withdraw();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #offer(): Promise<void> {
    if (this.#options.inProcess) await this.#served.offer(this.#options.packages, this.#options.instances);
  }
}

/** What a stack needs of its lab. */
interface Bench {
  readonly cloud: CloudFolder;
  /** Makes the providers ready for one run of the engine. */
  offer(): Promise<void>;
  /** The stack's outputs with their secrets. */
  decrypt(): Promise<Record<string, unknown>>;
  /** The state file. */
  readonly file: string;
}

/** One stack in a lab. Every operation throws RunFailed when the engine fails; the `try…` forms give the run back either way. */
export class LabStack {
  readonly stack: Stack;
  readonly #bench: Bench;

  constructor(stack: Stack, bench: Bench) {
    this.stack = stack;
    this.#bench = bench;
  }

  up = (program: PulumiFn, options?: RunOptions): Promise<Run> => succeed("up", this.tryUp(program, options));
  preview = (program: PulumiFn, options?: RunOptions): Promise<Run> => succeed("preview", this.tryPreview(program, options));
  refresh = (): Promise<Run> => succeed("refresh", this.tryRefresh());
  destroy = (): Promise<Run> => succeed("destroy", this.tryDestroy());

  tryUp(program: PulumiFn, { config = {}, replace = [], policyPacks = [] }: RunOptions = {}): Promise<Run> {
    return this.#run(config, (onEvent) => this.stack.up({ program, onEvent, replace: [...replace], policyPacks: [...policyPacks] }));
  }

  tryPreview(program: PulumiFn, { config = {}, replace = [], policyPacks = [] }: RunOptions = {}): Promise<Run> {
    return this.#run(config, (onEvent) => this.stack.preview({ program, onEvent, replace: [...replace], policyPacks: [...policyPacks] }));
  }

  tryRefresh(): Promise<Run> {
    return this.#run({}, (onEvent) => this.stack.refresh({ onEvent }));
  }

  tryDestroy(): Promise<Run> {
    return this.#run({}, (onEvent) => this.stack.destroy({ onEvent }));
  }

  /** Resources in the stack's state file, as they stand there: secrets are encrypted. */
  state(): StateResource[] {
    const { checkpoint } = JSON.parse(readFileSync(this.#bench.file, "utf8")) as {
      checkpoint: { latest?: { resources?: StateResource[] } };
    };
    return checkpoint.latest?.resources ?? [];
  }

  async #run(config: ConfigMap, work: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<Run> {
    const { cloud, offer, decrypt } = this.#bench;
    if (Object.keys(config).length > 0) await this.stack.setAllConfig(config);
    await offer();
    const seen = cloud.journal().length;
    const events: EngineEvent[] = [];
    let failure: Error | undefined;
    try {
      await work((event) => events.push(event));
    } catch (error) {
      failure = error as Error;
    }
    return summarise(events, cloud.journal().slice(seen), failure, decrypt);
  }
}

async function succeed(command: string, running: Promise<Run>): Promise<Run> {
  const run = await running;
  if (run.error !== undefined) throw new RunFailed(command, run);
  return run;
}

/** A resource in a state file. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  /** True for what a replacement left behind and a later run deletes. */
  readonly delete?: boolean;
  readonly initErrors?: readonly string[];
}

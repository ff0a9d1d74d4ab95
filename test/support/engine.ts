import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type ConfigMap,
  type EngineEvent,
  LocalWorkspace,
  type OutputMap,
  PulumiCommand,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation/index.js";
import { stringify } from "yaml";
import { findPulumi } from "../../tools/setup/pulumi.ts";
import { CloudFolder } from "../simulator/core/cloud-folder.ts";
import { PACKAGES } from "../simulator/registry.ts";
import { type Run, RunFailed, summarise } from "./engine/run.ts";
import { ServedProviders } from "./engine/simulators.ts";

export { type Change, changed, counts, type Operation, type Run, RunFailed } from "./engine/run.ts";

const PLUGINS = join(dirname(import.meta.dirname), "simulator", "plugins");
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
    const pulumi = await findPulumi();
    if (!pulumi) throw new Error("These tests need the Pulumi CLI, and this machine has none: `npm test` provides it.");
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "gateway-lab-")));
    mkdirSync(join(folder, "cli", "bin"), { recursive: true });
    symlinkSync(pulumi.command, join(folder, "cli", "bin", "pulumi"));
    return new Lab(folder, await PulumiCommand.get({ root: join(folder, "cli") }), options);
  }

  /** A stack of the lab's project; several stacks live in the same cloud. */
  async stack(name = "test", config: ConfigMap = {}): Promise<LabStack> {
    const program: PulumiFn = async () => {};
    const stack = await LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: this.#options.project, program },
      {
        workDir: join(this.folder, "project"),
        pulumiHome: join(this.folder, "home"),
        pulumiCommand: this.#command,
        secretsProvider: "passphrase",
        envVars: {
          PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
          PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
          PULUMI_SKIP_UPDATE_CHECK: "true",
          PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
          SIMULATED_CLOUD: this.cloud.path,
          ...(this.#options.inProcess ? { SIMULATOR_PORTS: this.#served.folder } : {}),
        },
      },
    );
    await stack.setAllConfig(config);
    return new LabStack(stack, this.cloud, () => this.#offer());
  }

  async close(): Promise<void> {
    await this.#served.withdraw();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #offer(): Promise<void> {
    if (this.#options.inProcess) await this.#served.offer(this.#options.packages, this.#options.instances);
  }
}

/** One stack in a lab. Every operation throws RunFailed when the engine fails; the `try…` forms give the run back either way. */
export class LabStack {
  readonly stack: Stack;
  readonly #cloud: CloudFolder;
  readonly #before: () => Promise<void>;

  constructor(stack: Stack, cloud: CloudFolder, before: () => Promise<void>) {
    this.stack = stack;
    this.#cloud = cloud;
    this.#before = before;
  }

  up = (program: PulumiFn, options?: RunOptions): Promise<Run> => this.#succeed("up", this.tryUp(program, options));
  preview = (program: PulumiFn, options?: RunOptions): Promise<Run> => this.#succeed("preview", this.tryPreview(program, options));
  refresh = (): Promise<Run> => this.#succeed("refresh", this.tryRefresh());
  destroy = (): Promise<Run> => this.#succeed("destroy", this.tryDestroy());

  tryUp(program: PulumiFn, { config = {}, replace = [] }: RunOptions = {}): Promise<Run> {
    return this.#run(config, async (onEvent) => {
      const { outputs } = await this.stack.up({ program, onEvent, replace: [...replace] });
      return outputs;
    });
  }

  tryPreview(program: PulumiFn, { config = {}, replace = [] }: RunOptions = {}): Promise<Run> {
    return this.#run(config, async (onEvent) => {
      await this.stack.preview({ program, onEvent, replace: [...replace] });
      return {};
    });
  }

  tryRefresh(): Promise<Run> {
    return this.#run({}, async (onEvent) => {
      await this.stack.refresh({ onEvent });
      return this.stack.outputs();
    });
  }

  tryDestroy(): Promise<Run> {
    return this.#run({}, async (onEvent) => {
      await this.stack.destroy({ onEvent });
      return {};
    });
  }

  /** Resources in the stack's state, as the state file has them: secrets are encrypted. */
  async state(): Promise<StateResource[]> {
    const { deployment } = await this.stack.exportStack();
    return (deployment as { resources?: StateResource[] }).resources ?? [];
  }

  async #succeed(command: string, running: Promise<Run>): Promise<Run> {
    const run = await running;
    if (run.error !== undefined) throw new RunFailed(command, run);
    return run;
  }

  async #run(config: ConfigMap, work: (onEvent: (event: EngineEvent) => void) => Promise<OutputMap>): Promise<Run> {
    if (Object.keys(config).length > 0) await this.stack.setAllConfig(config);
    await this.#before();
    const seen = this.#cloud.journal().length;
    const events: EngineEvent[] = [];
    let outputs: OutputMap = {};
    let failure: Error | undefined;
    try {
      outputs = await work((event) => events.push(event));
    } catch (error) {
      failure = error as Error;
    }
    return summarise(events, outputs, this.#cloud.journal().slice(seen), failure);
  }
}

/** A resource in a state file. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly inputs?: Readonly<Record<string, unknown>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly delete?: boolean;
  readonly initErrors?: readonly string[];
}

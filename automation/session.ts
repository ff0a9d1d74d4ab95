import { randomUUID } from "node:crypto";
import { LocalWorkspace, Stack, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import type { PulumiFn } from "@pulumi/pulumi/automation/workspace.js";
import { type CommandResult, Engine, type EngineLocation, type Patience } from "./engine.ts";
import { OperationError } from "./errors.ts";
import { guardLanguageHost } from "./language-host.ts";
import type { Project } from "./project.ts";
import type { StackFile } from "./stack-file.ts";
import { engineEnvironment, type StateBackend, stateBackend } from "./state.ts";
import { createWorkFolder } from "./work-folder.ts";

export interface SessionOptions {
  readonly project: Project;
  readonly stackFile: StackFile;
  readonly engine: EngineLocation;
  readonly program?: PulumiFn;
  readonly patience?: Patience;
}

/** One stack, opened for the engine in a work folder of its own. Close it when done. */
export class Session {
  readonly engine: Engine;
  readonly backend: StateBackend;
  readonly #options: SessionOptions;
  readonly #environment: Record<string, string>;
  readonly #folder: { readonly path: string; remove(): void };

  constructor(options: SessionOptions) {
    const { project, stackFile } = options;
    this.#options = options;
    this.engine = new Engine(options.engine, options.patience);
    this.backend = stateBackend(project);
    this.#environment = engineEnvironment(project, this.backend, stackFile.secretsProvider);
    this.#folder = createWorkFolder(project, stackFile, randomUUID().slice(0, 8));
  }

  /** Runs one CLI command on the stack. */
  run(args: readonly string[], input?: string): Promise<CommandResult> {
    const all = [...args, "--stack", this.#options.stackFile.stack];
    return this.engine.run(all, this.#folder.path, this.#environment, undefined, undefined, undefined, input);
  }

  /**
   * The stack as the Automation API has it; whether it exists shows when it is used. Where the API runs the CLI for more than its purpose, it gets
   * a version of ours: its own makes the stack the "current" one of the folder, which leaves a file in PULUMI_HOME for every work folder, and
   * reads outputs (twice) and history after every operation, which takes longer than an operation that changes nothing.
   */
  async stack(): Promise<Stack> {
    const { stackFile, program } = this.#options;
    guardLanguageHost();
    const workspace = await LocalWorkspace.create({
      workDir: this.#folder.path,
      pulumiCommand: this.engine.asPulumiCommand(),
      envVars: this.#environment,
      ...(program === undefined ? {} : { program }),
    });
    workspace.selectStack = async () => {};
    workspace.stackOutputs = async () => ({});
    const stack = await Stack.select(stackFile.stack, workspace);
    stack.info = async () => undefined;
    return stack;
  }

  /** Creates the stack in the state. @throws OperationError (`secrets`) when its key service has no key yet. */
  async create(): Promise<void> {
    await this.run(["stack", "init", "--no-select", ...this.#secretsProvider()]);
  }

  async createIfMissing(): Promise<void> {
    try {
      await this.run(["stack", "--show-name"]);
    } catch (error) {
      if (!(error instanceof StackNotFoundError)) throw error;
      await this.create();
    }
  }

  close(): void {
    this.#folder.remove();
  }

  #secretsProvider(): string[] {
    const { secretsProvider, text, stack } = this.#options.stackFile;
    if (secretsProvider === undefined || secretsProvider === "passphrase" || secretsProvider === "default") return [];
    if (!/^encryptedkey:/m.test(text)) {
      throw new OperationError(
        "secrets",
        `The stack file names ${secretsProvider.replace(/\?.*$/, "")} for its secrets, but has no encrypted key`,
        `run \`pulumi stack init ${stack} --secrets-provider="${secretsProvider}"\` in the project once; it writes the key into the file`,
      );
    }
    return ["--secrets-provider", secretsProvider];
  }
}

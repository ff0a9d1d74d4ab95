import { ConcurrentUpdateError, type Stack, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { Channel } from "./channel.ts";
import type { EngineLocation, Patience } from "./engine.ts";
import { type Changes, type OperationEvent, operationEvent } from "./events.ts";
import { operationError } from "./failure.ts";
import { type DeadEngine, isAbandoned, type Lease, stateLocks, takeLease } from "./locks.ts";
import { type Outputs, outputsOf } from "./outputs.ts";
import { repairPending } from "./pending.ts";
import type { Program } from "./program.ts";
import type { Project } from "./project.ts";
import { Session } from "./session.ts";
import { readStackFile, type StackFile } from "./stack-file.ts";
import { sweepWorkFolders } from "./work-folder.ts";

export type OperationKind = "preview" | "up" | "refresh" | "destroy";

export interface OperationOptions {
  readonly kind: OperationKind;
  readonly project: Project;
  readonly stack: string;
  /** The stack's file, where it is not in the project's folder of stack files. */
  readonly stackFile?: StackFile;
  readonly engine: EngineLocation;
  /** What to run. @default the project's index.ts */
  readonly program?: Program;
  /** Noted in the stack's history. */
  readonly message?: string;
  /** Folders of policy packs that preview and up must satisfy. */
  readonly policyPacks?: readonly string[];
  /** Only for a refresh: drop creations that were interrupted from the state; someone has looked after what they left. */
  readonly forgetInterrupted?: boolean;
  readonly patience?: Patience;
  /** Called with the process of each engine that is started. */
  readonly onEngine?: (pid: number) => void;
  /** Engines of the caller's own that are known to be gone, also on other hosts: locks they left are cleared. */
  readonly deadEngines?: readonly DeadEngine[];
}

export interface OperationResult {
  readonly kind: OperationKind;
  readonly stack: string;
  /** Resources by what was (for a preview: would be) done to them. */
  readonly changes: Changes;
  /** The stack's outputs afterwards, secrets masked; empty for a preview. */
  readonly outputs: Outputs;
  readonly seconds: number;
}

/** A running operation. */
export interface Operation {
  /** What happens, in order, to its end; one reader. The stream ends without an error also when the operation fails. */
  readonly events: AsyncIterable<OperationEvent>;
  /** Rejects with an OperationError. */
  readonly result: Promise<OperationResult>;
  /**
   * Asks the engine to stop: resources being worked on are finished, nothing new is begun. Asked again, it stops at once and leaves them half done.
   */
  cancel(): void;
}

/** Starts an operation on a stack. It runs in this process; the engine is a child process in a group of its own. */
export function startOperation(options: OperationOptions): Operation {
  const events = new Channel<OperationEvent>();
  const run = new OperationRun(options, events);
  const result = run.execute().finally(() => events.close());
  // Whoever only reads the events must not bring the process down.
  result.catch(() => {});
  return { events, result, cancel: () => run.cancel() };
}

/** The engine's own warning about them, which tells people to do by hand what is done here. */
const LEFTOVERS = /^Attempting to deploy or update resources with \d+ pending operations/;

class OperationRun {
  readonly #options: OperationOptions;
  readonly #channel: Channel<OperationEvent>;
  readonly #events: OperationEvent[] = [];
  readonly #abort = new AbortController();
  #session: Session | undefined;
  /** The engine found creations that an earlier run did not finish. */
  #leftovers = false;

  constructor(options: OperationOptions, channel: Channel<OperationEvent>) {
    this.#options = options;
    this.#channel = channel;
  }

  cancel(): void {
    if (this.#abort.signal.aborted) this.#session?.engine.interrupt();
    else this.#abort.abort();
  }

  async execute(): Promise<OperationResult> {
    const { kind, project, stack } = this.#options;
    const started = Date.now();
    let lease: Lease | undefined;
    try {
      const stackFile = this.#options.stackFile ?? readStackFile(project, stack);
      const program = this.#options.program ?? (await import("./program.ts")).gatewayProgram;
      const runsProgram = kind === "up" || kind === "preview";
      if (runsProgram) await program.check(project, stackFile);
      if (kind !== "preview") {
        lease = await takeLease(project, stack, `gateway ${kind} -s ${stack}`, (message) => this.#note(message));
        sweepWorkFolders(project);
      }
      this.#session = new Session({
        project,
        stackFile,
        engine: this.#options.engine,
        ...(runsProgram ? { program: await program.load(project) } : {}),
        ...(this.#options.patience === undefined ? {} : { patience: this.#options.patience }),
      });
      this.#session.engine.onStart = (pid) => {
        lease?.share(pid);
        this.#options.onEngine?.(pid);
      };
      const changes = await this.#engineRun(this.#session, await this.#session.stack());
      const outputs = kind === "preview" ? {} : await outputsOf(this.#session);
      return { kind, stack, changes, outputs, seconds: (Date.now() - started) / 1000 };
    } catch (error) {
      throw operationError({ stack, error, events: this.#events, cancelled: this.#abort.signal.aborted });
    } finally {
      this.#session?.close();
      lease?.release();
    }
  }

  /** Runs the engine, and again after removing what kept it from running: a stack not yet created, a lock nobody will ever release. */
  async #engineRun(session: Session, stack: Stack): Promise<Changes> {
    let created = false;
    let unlocked = false;
    for (;;) {
      try {
        const changes = await this.#once(stack);
        if (this.#leftovers) await this.#repair(stack);
        return changes;
      } catch (error) {
        const { kind } = this.#options;
        if (error instanceof StackNotFoundError && !created && (kind === "up" || kind === "preview")) {
          created = true;
          await session.create();
        } else if (error instanceof ConcurrentUpdateError && !unlocked && this.#isAbandoned(error)) {
          unlocked = true;
          await session.run(["cancel", "--yes"]);
        } else throw error;
      }
    }
  }

  #isAbandoned(error: ConcurrentUpdateError): boolean {
    const locks = stateLocks(String(error));
    if (locks.length === 0 || !locks.every((lock) => isAbandoned(lock, this.#options.deadEngines))) return false;
    this.#note(`The state was left locked by process ${locks.map(({ pid }) => pid).join(", ")}, which no longer runs; clearing the lock.`);
    return true;
  }

  async #once(stack: Stack): Promise<Changes> {
    let changes: Changes = {};
    const onEvent = (event: Parameters<typeof operationEvent>[0]) => {
      const translated = operationEvent(event);
      if (translated?.kind === "summary") changes = translated.changes;
      if (translated?.kind === "message" && LEFTOVERS.test(translated.text)) this.#leftovers = true;
      else if (translated) this.#emit(translated);
    };
    const { kind, message, policyPacks } = this.#options;
    const common = { onEvent, signal: this.#abort.signal, color: "never" as const, ...(message === undefined ? {} : { message }) };
    const packs = policyPacks === undefined ? {} : { policyPacks: [...policyPacks] };
    this.#abort.signal.throwIfAborted();
    if (kind === "preview") await stack.preview({ ...common, ...packs });
    else if (kind === "up") await stack.up({ ...common, ...packs });
    else if (kind === "refresh") await stack.refresh({ ...common, clearPendingCreates: this.#options.forgetInterrupted === true });
    else await stack.destroy(common);
    return changes;
  }

  /** Clears up after an engine that was killed in the middle of a creation; the run just done has made the resource. */
  async #repair(stack: Stack): Promise<void> {
    const { repaired, open } = repairPending(await stack.exportStack());
    if (repaired) {
      await stack.importStack(repaired);
      this.#note("An earlier command was killed while it created resources; they have been created again.");
    }
    for (const { type, name } of open) {
      this.#emit({
        kind: "message",
        severity: "warning",
        text: `The creation of ${name} (${type}) was interrupted earlier, and nobody knows whether it exists: look for it in the cloud's own console, remove it if it is there twice, then run \`npx gateway refresh -s ${this.#options.stack} --forget-interrupted\``,
        resource: { type, name },
      });
    }
  }

  #note(message: string): void {
    this.#emit({ kind: "note", message });
  }

  #emit(event: OperationEvent): void {
    this.#events.push(event);
    this.#channel.push(event);
  }
}

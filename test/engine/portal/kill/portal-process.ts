import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { PortalOptions } from "../../../../portal/service/options.ts";
import type { OperationSummary, Plan, StackSummary, StoredEvent } from "../../../../portal/service.ts";

/** A call the portal did not answer: it refused, or it was killed meanwhile. */
export class CallFailed extends Error {
  readonly code: string | undefined;

  constructor(code: string | undefined, message: string) {
    super(message);
    this.code = code;
  }
}

/** A portal in a process of its own. */
export class PortalProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  #next = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (message: { id?: number; result?: unknown; error?: { code?: string; message: string } }) => {
      const waiting = this.#waiting.get(message.id ?? -1);
      if (waiting === undefined) return;
      this.#waiting.delete(message.id ?? -1);
      if (message.error === undefined) waiting.resolve(message.result);
      else waiting.reject(new CallFailed(message.error.code, message.error.message));
    });
    child.once("exit", () => {
      for (const { reject } of this.#waiting.values()) reject(new CallFailed("killed", "the portal was killed"));
      this.#waiting.clear();
    });
  }

  static async start(options: PortalOptions): Promise<PortalProcess> {
    const { project, ...rest } = options;
    const child = fork(join(import.meta.dirname, "portal-main.ts"), [JSON.stringify({ ...rest, root: project.root })], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      execArgv: [],
    });
    const portal = new PortalProcess(child);
    await new Promise<void>((resolve, reject) => {
      child.once("message", () => resolve());
      child.once("exit", (code, signal) => reject(new CallFailed("killed", `the portal ended while it started (${code ?? signal})`)));
    });
    return portal;
  }

  get pid(): number {
    return this.#child.pid as number;
  }

  /** Ends it without warning. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.kill("SIGKILL");
    await gone;
  }

  requestPlan = (stack: string, kind: "up" | "destroy") => this.#call<Plan>("requestPlan", stack, kind);
  review = (plan: string, digest: string) => this.#call<Plan>("review", plan, "approved", "", digest);
  apply = (plan: string) => this.#call<OperationSummary>("apply", plan);
  startOperation = (stack: string, kind: string) => this.#call<OperationSummary>("start", stack, kind);
  operation = (id: string) => this.#call<OperationSummary>("operation", id);
  operations = (stack: string) => this.#call<{ items: OperationSummary[] }>("operations", stack, { limit: 200 });
  stack = (name: string) => this.#call<StackSummary>("stack", name);
  createStack = (stack: { name: string; cloud: string; document: string }) => this.#call<StackSummary>("createStack", stack);
  /** Events after a number, as far as they come within a time. */
  events = (id: string, after: number, ms: number) => this.#call<StoredEvent[]>("events", id, after, ms);

  #call<T>(method: string, ...args: unknown[]): Promise<T> {
    const id = this.#next++;
    return new Promise<T>((resolve, reject) => {
      if (!this.#child.connected) {
        reject(new CallFailed("killed", "the portal was killed"));
        return;
      }
      this.#waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#child.send({ id, method, args }, (error) => error && reject(new CallFailed("killed", error.message)));
    });
  }
}

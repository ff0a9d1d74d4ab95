import {
  type Actor,
  type AuditEntry,
  type DocumentVersion,
  type Fault,
  type NewStack,
  type OperationFilter,
  type OperationSummary,
  type Page,
  type PageRequest,
  type Plan,
  type PlanSummary,
  type PortalService,
  Refusal,
  type StackSummary,
  type StoredEvent,
} from "../../../../portal/service.ts";

const AT = "2026-11-21T12:00:00.000Z";
const unknown = (what: string) => new Refusal("not found", `There is no ${what}`, "look at the list");

/** The portal's service without database and engine, with answers the tests choose. It judges nobody: the routes' own guard is what is tested. */
export class MemoryService implements PortalService {
  readonly documentsOf = new Map<string, DocumentVersion[]>();
  readonly operationsOf = new Map<string, OperationSummary & { readonly stack: string }>();
  readonly eventsOf = new Map<string, StoredEvent[]>();
  readonly calls: string[] = [];
  readonly actors: Actor[] = [];
  /** What every call rejects with, for as long as it is set. */
  failure: Error | undefined;
  /** State of the plans it makes. */
  planState: Plan["state"] = "ready";
  #waiting: (() => void)[] = [];
  #number = 0;

  constructor() {
    for (const name of ["shop-dev", "shop-prod", "other"]) this.documentsOf.set(name, [this.#version(name, 1, "name: shop\n")]);
  }

  /** Adds an event, and wakes those who wait for one. */
  emit(operation: string, event: StoredEvent["event"]): void {
    const events = this.eventsOf.get(operation) ?? [];
    events.push({ operation, sequence: events.length + 1, at: AT, event });
    this.eventsOf.set(operation, events);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  end(operation: string): void {
    const before = this.operationsOf.get(operation);
    if (before) this.operationsOf.set(operation, { ...before, state: "succeeded", endedAt: AT });
    this.emit(operation, { type: "state", state: "succeeded" });
  }

  #version = (stack: string, version: number, text: string): DocumentVersion => ({
    stack,
    version,
    text,
    digest: `d${version}`,
    by: "local",
    at: AT,
  });

  #called(actor: Actor, call: string): void {
    this.actors.push(actor);
    this.calls.push(call);
    if (this.failure) throw this.failure;
  }

  #versions(stack: string): DocumentVersion[] {
    const versions = this.documentsOf.get(stack);
    if (versions === undefined) throw unknown(`stack "${stack}"`);
    return versions;
  }

  #summary = (name: string): StackSummary => ({ name, cloud: "local", fourEyes: false, health: "never deployed" });

  async stacks(actor: Actor): Promise<StackSummary[]> {
    this.#called(actor, "stacks");
    return [...this.documentsOf.keys()].map(this.#summary);
  }
  async stack(actor: Actor, name: string): Promise<StackSummary> {
    this.#called(actor, `stack ${name}`);
    this.#versions(name);
    return this.#summary(name);
  }
  async createStack(actor: Actor, { name, document }: NewStack): Promise<StackSummary> {
    this.#called(actor, `createStack ${name}`);
    if (this.documentsOf.has(name)) throw new Refusal("conflict", `There is a stack "${name}" already`, "choose another name");
    this.documentsOf.set(name, [this.#version(name, 1, document)]);
    return this.#summary(name);
  }
  async secrets(actor: Actor, stack: string): Promise<string[]> {
    this.#called(actor, `secrets ${stack}`);
    this.#versions(stack);
    return ["origin-token"];
  }
  async setSecret(actor: Actor, stack: string, name: string, _value: string): Promise<void> {
    this.#called(actor, `setSecret ${stack} ${name}`);
    this.#versions(stack);
  }
  async setFourEyes(actor: Actor, stack: string, on: boolean): Promise<StackSummary> {
    this.#called(actor, `setFourEyes ${stack} ${on}`);
    this.#versions(stack);
    return { ...this.#summary(stack), fourEyes: on };
  }
  async document(actor: Actor, stack: string, version?: number): Promise<DocumentVersion> {
    this.#called(actor, `document ${stack} ${version ?? "latest"}`);
    const found = version === undefined ? this.#versions(stack).at(-1) : this.#versions(stack)[version - 1];
    if (found === undefined) throw unknown(`version ${version}`);
    return found;
  }
  async documents(actor: Actor, stack: string, { after, limit = 50 }: PageRequest): Promise<Page<Omit<DocumentVersion, "text">>> {
    this.#called(actor, `documents ${stack} ${after ?? ""} ${limit}`);
    const all = this.#versions(stack).map(({ text: _, ...version }) => version);
    return pageOf(all, after, limit);
  }
  async saveDocument(actor: Actor, stack: string, text: string, expected: number): Promise<DocumentVersion> {
    this.#called(actor, `saveDocument ${stack} ${expected}`);
    const versions = this.#versions(stack);
    if (expected !== versions.length) throw new Refusal("conflict", "Somebody saved another version in between", "read it again");
    const saved = this.#version(stack, expected + 1, text);
    versions.push(saved);
    return saved;
  }
  async check(actor: Actor, stack: string, text: string): Promise<Fault[]> {
    this.#called(actor, `check ${stack}`);
    this.#versions(stack);
    return text.includes("fault")
      ? [{ path: "routes.0", message: `is ${JSON.stringify(text)}`, remedy: "remove it", line: 1, column: 1 }]
      : [];
  }

  #plan = (stack: string, kind: "up" | "destroy", id: string): Plan => ({
    id,
    stack,
    kind,
    state: this.planState,
    requestedBy: "local",
    requestedAt: AT,
    weakens: true,
    digest: "sha256:1",
    documentVersion: 1,
    documentText: "name: shop\n",
    faults: [],
    controls: [{ control: "authentication", place: "/orders", before: "JWT", after: null, weakens: true }],
    resources: [{ type: "local:Gateway", name: "shop", change: "create", inputs: ["port"] }],
    findings: [{ id: "f1", severity: "low", message: "m" }],
    approvals: [],
    html: "<!doctype html><title>plan</title>",
  });
  async requestPlan(actor: Actor, stack: string, kind: "up" | "destroy"): Promise<Plan> {
    this.#called(actor, `requestPlan ${stack} ${kind}`);
    this.#versions(stack);
    return this.#plan(stack, kind, `plan-${++this.#number}`);
  }
  async plan(actor: Actor, id: string): Promise<Plan> {
    this.#called(actor, `plan ${id}`);
    if (!id.startsWith("plan-")) throw unknown("such plan");
    return this.#plan("shop-dev", "up", id);
  }
  async plans(actor: Actor, stack: string, { after, limit = 50 }: PageRequest): Promise<Page<PlanSummary>> {
    this.#called(actor, `plans ${stack}`);
    this.#versions(stack);
    const { id, kind, state, requestedBy, requestedAt, weakens, digest } = this.#plan(stack, "up", "plan-1");
    return pageOf([{ id, stack, kind, state, requestedBy, requestedAt, weakens, digest }], after, limit);
  }
  async review(actor: Actor, plan: string, verdict: "approved" | "rejected", comment: string, digest: string): Promise<Plan> {
    this.#called(actor, `review ${plan} ${verdict}`);
    if (!plan.startsWith("plan-")) throw unknown("such plan");
    if (digest !== "sha256:1") throw new Refusal("stale", "The plan is not the one that was looked at", "look again");
    return { ...this.#plan("shop-dev", "up", plan), approvals: [{ by: actor.id, at: AT, verdict, comment }] };
  }
  async apply(actor: Actor, plan: string): Promise<OperationSummary> {
    this.#called(actor, `apply ${plan}`);
    if (!plan.startsWith("plan-")) throw unknown("such plan");
    return this.#operate(actor, "shop-dev", "up");
  }
  async start(actor: Actor, stack: string, kind: "preview" | "refresh" | "verify" | "rotate"): Promise<OperationSummary> {
    this.#called(actor, `start ${stack} ${kind}`);
    this.#versions(stack);
    return this.#operate(actor, stack, kind);
  }
  #operate(actor: Actor, stack: string, kind: OperationSummary["kind"]): OperationSummary {
    const operation: OperationSummary = {
      id: `op-${++this.#number}`,
      stack,
      kind,
      state: "running",
      requestedBy: actor.id,
      requestedAt: AT,
    };
    this.operationsOf.set(operation.id, operation);
    return operation;
  }
  async operation(actor: Actor, id: string): Promise<OperationSummary> {
    this.#called(actor, `operation ${id}`);
    const operation = this.operationsOf.get(id);
    if (operation === undefined) throw unknown("such operation");
    return operation;
  }
  async operations(
    actor: Actor,
    stack: string,
    { after, limit = 50 }: PageRequest,
    filter: OperationFilter = {},
  ): Promise<Page<OperationSummary>> {
    this.#called(actor, `operations ${stack}`);
    this.#versions(stack);
    return pageOf(
      [...this.operationsOf.values()].filter(
        (operation) =>
          operation.stack === stack &&
          (filter.kind === undefined || operation.kind === filter.kind) &&
          (filter.plan === undefined || operation.plan === filter.plan),
      ),
      after,
      limit,
    );
  }
  async cancel(actor: Actor, id: string): Promise<OperationSummary> {
    return { ...(await this.operation(actor, id)), state: "cancelling" };
  }
  async *events(actor: Actor, operation: string, after: number, signal: AbortSignal): AsyncIterable<StoredEvent> {
    this.#called(actor, `events ${operation} ${after}`);
    for (let at = after; !signal.aborted; ) {
      const next = this.eventsOf.get(operation)?.[at];
      if (next !== undefined) {
        at += 1;
        yield next;
      } else if (this.operationsOf.get(operation)?.endedAt !== undefined) return;
      else
        await new Promise<void>((resolve) => {
          this.#waiting.push(resolve);
          signal.addEventListener("abort", () => resolve(), { once: true });
        });
      if (this.failure) throw this.failure;
    }
  }
  /** Streams that wait for an event. */
  get waiting(): number {
    return this.#waiting.length;
  }
  async outputs(actor: Actor, stack: string): Promise<Record<string, unknown>> {
    this.#called(actor, `outputs ${stack}`);
    this.#versions(stack);
    return { url: "https://127.0.0.1:8443", consumers: "[secret]" };
  }
  async certificates(actor: Actor, stack: string): Promise<unknown[]> {
    this.#called(actor, `certificates ${stack}`);
    this.#versions(stack);
    return [{ name: "front" }];
  }
  async audit(actor: Actor, { after, limit = 50 }: PageRequest): Promise<Page<AuditEntry>> {
    this.#called(actor, "audit");
    return pageOf(
      [{ sequence: 1, at: AT, actor: "local", from: "127.0.0.1", action: "stack.create", subject: "shop-dev", outcome: "done" }],
      after,
      limit,
    );
  }
  async close(): Promise<void> {}
}

function pageOf<T>(all: readonly T[], after: string | undefined, limit: number): Page<T> {
  const from = after === undefined ? 0 : Number(after);
  const items = all.slice(from, from + limit);
  return { items, ...(from + limit < all.length ? { next: String(from + limit) } : {}) };
}

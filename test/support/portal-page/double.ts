import { loadDocument } from "../../../components/spec/load.ts";
import {
  type Actor,
  type DocumentVersion,
  type OperationSummary,
  type Plan,
  type PortalService,
  Refusal,
  type StackSummary,
  type StoredEvent,
} from "../../../portal/service.ts";
import { type Sample, sample } from "./sample.ts";

/**
 * The portal's service with what `sample` holds, for tests of how pages look and behave in every state. It takes what the pages send, so that a test can ask for it,
 * and changes nothing but documents.
 */
export class PortalDouble implements PortalService {
  readonly sample: Sample;
  /** Names of the methods that were called to change something, with what they were given. */
  readonly calls: (readonly [string, ...unknown[]])[] = [];
  #document: DocumentVersion;

  constructor(given: Sample = sample()) {
    this.sample = given;
    this.#document = given.document;
  }

  async stacks(): Promise<readonly StackSummary[]> {
    return this.sample.stacks;
  }

  async stack(_actor: Actor, name: string): Promise<StackSummary> {
    return found(
      this.sample.stacks.find((stack) => stack.name === name),
      name,
    );
  }

  async createStack(_actor: Actor, stack: { readonly name: string }): Promise<StackSummary> {
    this.calls.push(["createStack", stack]);
    if (this.sample.stacks.some(({ name }) => name === stack.name))
      throw new Refusal("conflict", `there is a stack ${stack.name} already`, "take another name");
    return found(this.sample.stacks[0], "any");
  }

  async secrets(): Promise<readonly string[]> {
    return this.sample.secrets;
  }

  async setSecret(_actor: Actor, stack: string, name: string, value: string): Promise<void> {
    this.calls.push(["setSecret", stack, name, value]);
  }

  async setFourEyes(actor: Actor, stack: string, on: boolean): Promise<StackSummary> {
    this.calls.push(["setFourEyes", stack, on]);
    return this.stack(actor, stack);
  }

  async document(): Promise<DocumentVersion> {
    return this.#document;
  }

  async documents() {
    return { items: this.sample.documents };
  }

  async saveDocument(_actor: Actor, stack: string, text: string, expected: number): Promise<DocumentVersion> {
    this.calls.push(["saveDocument", stack, text, expected]);
    if (expected !== this.#document.version) throw new Refusal("conflict", "the document has changed since", "read it again");
    this.#document = { ...this.#document, text, version: expected + 1 };
    return this.#document;
  }

  async check(_actor: Actor, _stack: string, text: string) {
    return (await loadDocument({ file: "gateway.yaml", text })).faults;
  }

  async requestPlan(actor: Actor, stack: string, kind: "up" | "destroy"): Promise<Plan> {
    this.calls.push(["requestPlan", stack, kind]);
    return this.plan(actor, kind === "up" ? "plan-waiting" : "plan-destroy");
  }

  async plan(_actor: Actor, id: string): Promise<Plan> {
    return found(
      this.sample.plans.find((plan) => plan.id === id),
      id,
    );
  }

  async plans() {
    return { items: this.sample.plans };
  }

  async review(actor: Actor, plan: string, verdict: string, comment: string, digest: string): Promise<Plan> {
    this.calls.push(["review", plan, verdict, comment, digest]);
    return this.plan(actor, plan);
  }

  async apply(_actor: Actor, plan: string): Promise<OperationSummary> {
    this.calls.push(["apply", plan]);
    return found(this.sample.operations[0], "any");
  }

  async start(_actor: Actor, stack: string, kind: string, options: unknown): Promise<OperationSummary> {
    this.calls.push(["start", stack, kind, options]);
    return found(this.sample.operations[0], "any");
  }

  async operation(_actor: Actor, id: string): Promise<OperationSummary> {
    return found(
      this.sample.operations.find((operation) => operation.id === id),
      id,
    );
  }

  async operations() {
    return { items: this.sample.operations };
  }

  async cancel(actor: Actor, id: string): Promise<OperationSummary> {
    this.calls.push(["cancel", id]);
    return this.operation(actor, id);
  }

  /** The stored ones; an operation that still runs says nothing more until the reader goes. */
  async *events(actor: Actor, id: string, after: number, signal: AbortSignal): AsyncIterable<StoredEvent> {
    for (const event of this.sample.events[id] ?? []) if (event.sequence > after) yield event;
    const { state } = await this.operation(actor, id);
    if (state === "running" && !signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  }

  async outputs() {
    return this.sample.outputs;
  }

  async certificates() {
    return this.sample.certificates;
  }

  async audit() {
    return { items: this.sample.audit };
  }

  async close(): Promise<void> {}
}

function found<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw new Refusal("not found", `There is no ${name}`, "see the list");
  return value;
}

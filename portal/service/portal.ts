import { readCertificates } from "../../automation/certificates.ts";
import { readOutputs } from "../../automation/outputs.ts";
import { digest as textDigest } from "../../components/digest.ts";
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
} from "../service.ts";
import { auditPage } from "../store/audit.ts";
import { documentPage, documentRow, insertDocument } from "../store/documents.ts";
import { IdempotencyKeys } from "../store/idempotency.ts";
import { operationPage, operationSummary } from "../store/operations.ts";
import { Sessions } from "../store/sessions.ts";
import { changeSettings, stackRow } from "../store/stacks.ts";
import { ANY, demand, demandEverywhere, sees } from "./access.ts";
import { act, noteRefusal, type PortalContext } from "./context.ts";
import { demandText, faultOf, loadText, stackFileOf } from "./documents.ts";
import { refusalOf } from "./failures.ts";
import type { FreeKind } from "./operation-options.ts";
import { apply, cancel, type Dispatcher, operationFor, start } from "./operations.ts";
import { stackContext } from "./planning.ts";
import { plan, plansOf, requestPlan, review } from "./plans.ts";
import { createStack, secretDigests, storeSecret } from "./stacks.ts";
import { stackSummaries, stackSummary } from "./summaries.ts";
import { tail, type Wakeups } from "./tail.ts";

/** What runs beside the service and ends with it. */
export interface Background extends Dispatcher {
  close(): Promise<void>;
}

/** The portal without HTTP, and the tables its HTTP side keeps its own things in. */
export class Portal implements PortalService {
  readonly sessions: Sessions;
  readonly answers: IdempotencyKeys;
  readonly #context: PortalContext;
  readonly #jobs: Background;
  readonly #wakeups: Wakeups;

  constructor(context: PortalContext, jobs: Background, wakeups: Wakeups) {
    this.#context = context;
    this.#jobs = jobs;
    this.#wakeups = wakeups;
    this.sessions = new Sessions(context.database);
    this.answers = new IdempotencyKeys(context.database);
  }

  async stacks(actor: Actor): Promise<readonly StackSummary[]> {
    return (await stackSummaries(this.#context.database)).filter(({ name }) => sees(actor, name));
  }

  async stack(actor: Actor, name: string): Promise<StackSummary> {
    demand(actor, name, ...ANY);
    return stackSummary(this.#context.database, name);
  }

  async createStack(actor: Actor, stack: NewStack): Promise<StackSummary> {
    await this.#noted(actor, "stack.create", stack.name, () => demand(actor, stack.name, "requester"));
    await createStack(this.#context, actor, stack);
    return stackSummary(this.#context.database, stack.name);
  }

  async secrets(actor: Actor, stack: string): Promise<readonly string[]> {
    demand(actor, stack, ...ANY);
    const row = await stackRow(this.#context.database, stack);
    return Object.keys(secretDigests(stackFileOf(stackContext(this.#context, row)).config)).sort();
  }

  async setSecret(actor: Actor, stack: string, name: string, value: string): Promise<void> {
    await this.#noted(actor, "secret.set", stack, () => {
      demand(actor, stack, "requester");
      if (Buffer.byteLength(value) > 65_536)
        throw new Refusal("too large", "The value is larger than 64 KiB", "store a reference to it instead");
    });
    await storeSecret(this.#context, actor, stack, name, value);
  }

  async setFourEyes(actor: Actor, stack: string, on: boolean): Promise<StackSummary> {
    const deed = { action: on ? "stack.four-eyes.on" : "stack.four-eyes.off", subject: stack };
    await act(this.#context, actor, deed, async (sql) => {
      demand(actor, stack, "admin");
      await stackRow(sql, stack, true);
      await changeSettings(sql, stack, { fourEyes: on });
      return { result: undefined };
    });
    return stackSummary(this.#context.database, stack);
  }

  async document(actor: Actor, stack: string, version?: number): Promise<DocumentVersion> {
    demand(actor, stack, ...ANY);
    await stackRow(this.#context.database, stack);
    return documentRow(this.#context.database, stack, version);
  }

  async documents(actor: Actor, stack: string, page: PageRequest): Promise<Page<Omit<DocumentVersion, "text">>> {
    demand(actor, stack, ...ANY);
    await stackRow(this.#context.database, stack);
    return documentPage(this.#context.database, stack, page);
  }

  saveDocument(actor: Actor, stack: string, text: string, expected: number): Promise<DocumentVersion> {
    return act(this.#context, actor, { action: "document.save", subject: stack }, async (sql) => {
      demand(actor, stack, "requester");
      demandText(text);
      await stackRow(sql, stack, true);
      const { version } = await documentRow(sql, stack);
      if (version !== expected)
        throw new Refusal(
          "conflict",
          `The document has been saved by somebody else: it is at version ${version}`,
          "look at what they changed, then save again",
        );
      const digest = textDigest(text);
      const result = await insertDocument(sql, { stack, version: version + 1, text, digest, by: actor.id });
      return { result, digest, subject: `${stack}/${version + 1}` };
    });
  }

  async check(actor: Actor, stack: string, text: string): Promise<readonly Fault[]> {
    demand(actor, stack, ...ANY);
    demandText(text);
    const target = stackContext(this.#context, await stackRow(this.#context.database, stack));
    try {
      const { faults } = await loadText(target, text);
      return faults.map(faultOf);
    } catch (error) {
      throw refusalOf(error);
    }
  }

  async requestPlan(actor: Actor, stack: string, kind: "up" | "destroy"): Promise<Plan> {
    await this.#noted(actor, "plan.request", stack, () => demand(actor, stack, "requester"));
    const { id } = await requestPlan(this.#context, actor, stack, kind);
    return plan(this.#context, actor, id);
  }

  plan(actor: Actor, id: string): Promise<Plan> {
    return plan(this.#context, actor, id);
  }

  async plans(actor: Actor, stack: string, page: PageRequest): Promise<Page<PlanSummary>> {
    demand(actor, stack, ...ANY);
    await stackRow(this.#context.database, stack);
    return plansOf(this.#context, stack, page);
  }

  review(actor: Actor, id: string, verdict: "approved" | "rejected", comment: string, digest: string): Promise<Plan> {
    return review(this.#context, actor, id, verdict, comment, digest);
  }

  apply(actor: Actor, id: string): Promise<OperationSummary> {
    return apply(this.#context, this.#jobs, actor, id);
  }

  start(actor: Actor, stack: string, kind: FreeKind, options: Readonly<Record<string, unknown>> = {}): Promise<OperationSummary> {
    return start(this.#context, this.#jobs, actor, stack, kind, options);
  }

  async operation(actor: Actor, id: string): Promise<OperationSummary> {
    return operationSummary(await operationFor(this.#context.database, actor, id));
  }

  async operations(actor: Actor, stack: string, page: PageRequest, filter?: OperationFilter): Promise<Page<OperationSummary>> {
    demand(actor, stack, ...ANY);
    await stackRow(this.#context.database, stack);
    return operationPage(this.#context.database, stack, page, filter);
  }

  cancel(actor: Actor, id: string): Promise<OperationSummary> {
    return cancel(this.#context, this.#jobs, actor, id);
  }

  async *events(actor: Actor, operation: string, after: number, signal: AbortSignal): AsyncIterable<StoredEvent> {
    const { database } = this.#context;
    await operationFor(database, actor, operation);
    yield* tail(database, this.#wakeups, operation, after, signal);
  }

  outputs(actor: Actor, stack: string): Promise<Readonly<Record<string, unknown>>> {
    return this.#ask(actor, stack, readOutputs);
  }

  certificates(actor: Actor, stack: string): Promise<readonly unknown[]> {
    return this.#ask(actor, stack, readCertificates);
  }

  audit(actor: Actor, page: PageRequest): Promise<Page<AuditEntry>> {
    demandEverywhere(actor, "admin");
    return auditPage(this.#context.database, page);
  }

  async close(): Promise<void> {
    await this.#jobs.close();
    await this.#context.database.close();
  }

  /** Asks the engine about a stack. */
  async #ask<T>(actor: Actor, stack: string, read: (options: Parameters<typeof readOutputs>[0]) => Promise<T>): Promise<T> {
    demand(actor, stack, ...ANY);
    const { database, options, readers } = this.#context;
    const stackFile = stackFileOf(stackContext(this.#context, await stackRow(database, stack)));
    try {
      return await readers.take(() => read({ project: options.project, engine: options.engine, stack, stackFile }));
    } catch (error) {
      throw refusalOf(error);
    }
  }

  /** Checks before the work, whose refusal is noted. */
  async #noted(actor: Actor, action: string, subject: string, check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      await noteRefusal(this.#context.database, actor, { action, subject }, error);
      throw error;
    }
  }
}

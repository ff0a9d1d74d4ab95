import type { OperationEvent } from "../automation/events.ts";

/** Who acts, as sign-in found out; every call is judged by it and noted with it. */
export interface Actor {
  /** `issuer#subject`, or `local` for the one-time token on loopback. */
  readonly id: string;
  readonly name: string;
  readonly roles: readonly Role[];
  /** Stacks the roles hold for, as globs; `*` for every stack. */
  readonly stacks: readonly string[];
  /** The address the request came from. */
  readonly from: string;
}

/** viewer reads; requester writes documents, plans and asks; approver approves; admin also cancels others' operations, unlocks and reads the audit log. */
export type Role = "viewer" | "requester" | "approver" | "admin";

export interface Page<T> {
  readonly items: readonly T[];
  /** To ask for what follows; absent on the last page. */
  readonly next?: string;
}

export interface StackSummary {
  readonly name: string;
  readonly cloud: string;
  readonly hostname?: string;
  /** Digest of the document as it would be planned now. */
  readonly digest?: string;
  /** Digest of the document that was deployed last; absent when nothing was. */
  readonly deployedDigest?: string;
  /** Whether nobody may approve what they have requested themselves. */
  readonly fourEyes: boolean;
  readonly health: "never deployed" | "deployed" | "failing" | "drifted" | "destroyed" | "busy";
  readonly lastOperation?: OperationSummary;
  readonly nextExpiry?: { readonly certificate: string; readonly notAfter: string; readonly daysLeft: number };
}

export interface NewStack {
  /** Letters, digits and dashes, a letter first, at most 63. */
  readonly name: string;
  readonly cloud: string;
  /** Text of the document; may have faults. */
  readonly document: string;
  readonly settings?: {
    /** Settings of the cloud's provider, such as `aws:region`. Secrets have no place here. */
    readonly config?: Readonly<Record<string, string | number | boolean>>;
    /** Where the stack's secrets are encrypted, such as `awskms://…`, with the key `pulumi stack init` wrote. @default the portal's passphrase */
    readonly secretsProvider?: string;
    readonly encryptedKey?: string;
  };
}

export interface Fault {
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
  /** Place in the text, from 1, where it is known. */
  readonly line?: number;
  readonly column?: number;
}

export interface DocumentVersion {
  readonly stack: string;
  /** Counts from 1; given back as `If-Match` when it is replaced. */
  readonly version: number;
  readonly text: string;
  readonly digest: string;
  readonly by: string;
  readonly at: string;
}

export interface ControlChange {
  readonly control: string;
  readonly place: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly weakens: boolean;
}

export interface ResourceChange {
  readonly type: string;
  readonly name: string;
  readonly change: "create" | "update" | "replace" | "delete" | "same";
  /** Paths of inputs that differ; a secret's value never shows, only that it differs. */
  readonly inputs: readonly string[];
}

export type PlanState = "ready" | "waiting for approval" | "approved" | "rejected" | "stale" | "applied" | "refused";

export interface PlanSummary {
  readonly id: string;
  readonly stack: string;
  readonly kind: "up" | "destroy";
  readonly state: PlanState;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly weakens: boolean;
  /** Over document, program version and starting state: whatever of them changes afterwards makes the plan stale. */
  readonly digest: string;
}

export interface Plan extends PlanSummary {
  readonly documentVersion: number;
  readonly documentText: string;
  readonly faults: readonly Fault[];
  readonly controls: readonly ControlChange[];
  readonly resources: readonly ResourceChange[];
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly message: string }[];
  readonly approvals: readonly {
    readonly by: string;
    readonly at: string;
    readonly verdict: "approved" | "rejected";
    readonly comment: string;
  }[];
  /** The page `gateway plan --html` draws, self-contained. */
  readonly html: string;
}

export type OperationState = "waiting" | "running" | "cancelling" | "succeeded" | "failed" | "cancelled" | "lost";

export interface OperationSummary {
  readonly id: string;
  readonly stack: string;
  readonly kind: "preview" | "up" | "refresh" | "destroy" | "verify" | "rotate";
  readonly state: OperationState;
  readonly plan?: string;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly changes?: Readonly<Record<string, number>>;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** One stored event of an operation; `sequence` counts from 1 without gaps, so a reader that was cut off goes on exactly where it was. */
export interface StoredEvent {
  readonly operation: string;
  readonly sequence: number;
  readonly at: string;
  readonly event:
    | OperationEvent
    | { readonly type: "state"; readonly state: OperationState }
    | { readonly type: "verify"; readonly probe: unknown };
}

export interface AuditEntry {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly from: string;
  readonly action: string;
  readonly subject: string;
  readonly digest?: string;
  readonly outcome: "done" | "refused";
}

/** Why a call was not done; the HTTP API answers each code with one status. */
export type RefusalCode = "not found" | "forbidden" | "invalid" | "conflict" | "stale" | "locked" | "too large" | "unavailable";

export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly remedy: string;
  readonly faults: readonly Fault[];
  constructor(code: RefusalCode, message: string, remedy: string, faults: readonly Fault[] = []) {
    super(message);
    this.name = "Refusal";
    this.code = code;
    this.remedy = remedy;
    this.faults = faults;
  }
}

/** Which operations of a stack are asked for. @default all of them */
export interface OperationFilter {
  readonly kind?: OperationSummary["kind"];
  /** The plan they carry out; at most one operation does. */
  readonly plan?: string;
}

export interface PageRequest {
  readonly after?: string;
  /** 1 to 200. @default 50 */
  readonly limit?: number;
}

/**
 * What the portal can do, without HTTP. Every method judges the actor (denied by default), writes the audit log in the transaction of what it did,
 * and rejects with a Refusal, or with an error that is a bug or a database that is away.
 */
export interface PortalService {
  stacks(actor: Actor): Promise<readonly StackSummary[]>;
  stack(actor: Actor, name: string): Promise<StackSummary>;
  createStack(actor: Actor, stack: NewStack): Promise<StackSummary>;
  /** Names of the stack's secrets; their values are never given back. */
  secrets(actor: Actor, stack: string): Promise<readonly string[]>;
  /** Encrypts a value by the stack's own key; the document names it with `{ secret: <name> }`. Plans made before become stale. */
  setSecret(actor: Actor, stack: string, name: string, value: string): Promise<void>;
  /** Whether nobody may approve what they have requested themselves. Only for admins; switching it off is noted in the audit log. */
  setFourEyes(actor: Actor, stack: string, on: boolean): Promise<StackSummary>;

  document(actor: Actor, stack: string, version?: number): Promise<DocumentVersion>;
  documents(actor: Actor, stack: string, page: PageRequest): Promise<Page<Omit<DocumentVersion, "text">>>;
  /** Takes faulty text too: what someone typed is never lost. @param expected the version that is replaced; another one in between is a conflict */
  saveDocument(actor: Actor, stack: string, text: string, expected: number): Promise<DocumentVersion>;
  /** Faults of a text, as `gateway check` finds them, for the stack's cloud. */
  check(actor: Actor, stack: string, text: string): Promise<readonly Fault[]>;

  requestPlan(actor: Actor, stack: string, kind: "up" | "destroy"): Promise<Plan>;
  plan(actor: Actor, id: string): Promise<Plan>;
  plans(actor: Actor, stack: string, page: PageRequest): Promise<Page<PlanSummary>>;
  review(actor: Actor, plan: string, verdict: "approved" | "rejected", comment: string, digest: string): Promise<Plan>;

  /** Puts a plan's operation into the stack's queue. Refused as stale when anything the plan is bound to has changed. */
  apply(actor: Actor, plan: string): Promise<OperationSummary>;
  /** preview, refresh, verify and rotate need no plan. */
  start(
    actor: Actor,
    stack: string,
    kind: "preview" | "refresh" | "verify" | "rotate",
    options?: Readonly<Record<string, unknown>>,
  ): Promise<OperationSummary>;
  operation(actor: Actor, id: string): Promise<OperationSummary>;
  operations(actor: Actor, stack: string, page: PageRequest, filter?: OperationFilter): Promise<Page<OperationSummary>>;
  cancel(actor: Actor, id: string): Promise<OperationSummary>;
  /** Events after a sequence number, then live ones, to the operation's end. */
  events(actor: Actor, operation: string, after: number, signal: AbortSignal): AsyncIterable<StoredEvent>;

  outputs(actor: Actor, stack: string): Promise<Readonly<Record<string, unknown>>>;
  certificates(actor: Actor, stack: string): Promise<readonly unknown[]>;
  audit(actor: Actor, page: PageRequest): Promise<Page<AuditEntry>>;
  close(): Promise<void>;
}

import { z } from "@hono/zod-openapi";
import { CLOUDS } from "../../components/backends/contract.ts";
import type {
  AuditEntry,
  ControlChange,
  DocumentVersion,
  Fault,
  OperationSummary,
  Plan,
  PlanSummary,
  ResourceChange,
  StackSummary,
  StoredEvent,
} from "../service.ts";

const time = () => z.iso.datetime({ offset: true });
const count = () => z.int().min(0);

/** Names of stacks: what the engine, a file system and a path all take. */
export const StackName = z
  .string()
  .regex(/^[a-zA-Z0-9](?:[\w-]|\.(?!\.)){0,99}$/)
  .openapi({ example: "shop-dev" });
/** Numbers the portal gives to plans and operations. */
export const Identifier = z.string().regex(/^[\w-]{1,64}$/);

export const FaultSchema: z.ZodType<Fault> = z
  .strictObject({
    path: z.string(),
    message: z.string(),
    remedy: z.string(),
    line: z.int().min(1).optional().openapi({ description: "Place in the text, where it is known." }),
    column: z.int().min(1).optional(),
  })
  .openapi("Fault");

const OPERATION_KINDS = ["preview", "up", "refresh", "destroy", "verify", "rotate"] as const;
const OPERATION_STATES = ["waiting", "running", "cancelling", "succeeded", "failed", "cancelled", "lost"] as const;

export const OperationKind = z.enum(OPERATION_KINDS);

export const OperationSchema: z.ZodType<OperationSummary> = z
  .strictObject({
    id: z.string(),
    stack: z.string(),
    kind: OperationKind,
    state: z.enum(OPERATION_STATES),
    plan: z.string().optional(),
    requestedBy: z.string(),
    requestedAt: time(),
    startedAt: time().optional(),
    endedAt: time().optional(),
    changes: z.record(z.string(), count()).readonly().optional(),
    error: z.strictObject({ code: z.string(), message: z.string(), remedy: z.string() }).optional(),
  })
  .openapi("Operation");

export const StackSchema: z.ZodType<StackSummary> = z
  .strictObject({
    name: z.string(),
    cloud: z.string(),
    hostname: z.string().optional(),
    digest: z.string().optional().openapi({ description: "Of the document as it would be planned now." }),
    deployedDigest: z.string().optional().openapi({ description: "Of the document that was deployed last; absent when nothing was." }),
    fourEyes: z.boolean().openapi({ description: "Whether nobody may approve what they have requested themselves." }),
    health: z.enum(["never deployed", "deployed", "failing", "drifted", "destroyed", "busy"]),
    lastOperation: OperationSchema.optional(),
    nextExpiry: z.strictObject({ certificate: z.string(), notAfter: z.string(), daysLeft: z.number() }).optional(),
  })
  .openapi("Stack");

export const NewStackSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-zA-Z][a-zA-Z0-9-]{0,62}$/)
      .openapi({ example: "shop-dev" }),
    cloud: z.enum(CLOUDS),
    document: z.string().openapi({ description: "The gateway document, as YAML." }),
    settings: z
      .strictObject({
        config: z
          .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
          .optional()
          .openapi({ description: "Settings of the cloud's provider, such as `aws:region`. Secrets have no place here." }),
        secretsProvider: z.string().optional().openapi({ description: "What encrypts the stack's secrets, such as `awskms://…`." }),
        encryptedKey: z.string().optional(),
      })
      .optional(),
  })
  .openapi("NewStack");

const versionFields = {
  stack: z.string(),
  version: z.int().min(1),
  digest: z.string(),
  by: z.string(),
  at: time(),
};
export const DocumentSchema: z.ZodType<DocumentVersion> = z.strictObject({ ...versionFields, text: z.string() }).openapi("Document");
export const DocumentVersionSchema: z.ZodType<Omit<DocumentVersion, "text">> = z.strictObject(versionFields).openapi("DocumentVersion");
export const FourEyesSchema = z.strictObject({ on: z.boolean() }).openapi("FourEyes");
export const SecretNamesSchema = z.strictObject({ names: z.array(z.string()).readonly() }).openapi("SecretNames");
export const SecretName = z.string().regex(/^[a-zA-Z][\w-]{0,63}$/);
export const SecretValueSchema = z.strictObject({ value: z.string().min(1).max(65_536) }).openapi("SecretValue");
export const TextSchema = z.strictObject({ text: z.string().openapi({ description: "A gateway document, as YAML." }) }).openapi("Text");
export const FaultsSchema = z.strictObject({ faults: z.array(FaultSchema).readonly() }).openapi("Faults");

const ControlChangeSchema: z.ZodType<ControlChange> = z
  .strictObject({
    control: z.string(),
    place: z.string(),
    before: z.string().nullable(),
    after: z.string().nullable(),
    weakens: z.boolean(),
  })
  .openapi("ControlChange");
const ResourceChangeSchema: z.ZodType<ResourceChange> = z
  .strictObject({
    type: z.string(),
    name: z.string(),
    change: z.enum(["create", "update", "replace", "delete", "same"]),
    inputs: z.array(z.string()).readonly().openapi({ description: "Paths of inputs that differ; a secret's value never shows." }),
  })
  .openapi("ResourceChange");

const PLAN_KINDS = ["up", "destroy"] as const;
const VERDICTS = ["approved", "rejected"] as const;
const planFields = {
  id: z.string(),
  stack: z.string(),
  kind: z.enum(PLAN_KINDS),
  state: z.enum(["ready", "waiting for approval", "approved", "rejected", "stale", "applied", "refused"]),
  requestedBy: z.string(),
  requestedAt: time(),
  weakens: z.boolean().openapi({ description: "Whether a control becomes weaker; such a plan always needs an approval." }),
  digest: z.string().openapi({ description: "Over document, program and starting state; an approval names it." }),
};
export const PlanSummarySchema: z.ZodType<PlanSummary> = z.strictObject(planFields).openapi("PlanSummary");
export const PlanSchema: z.ZodType<Plan> = z
  .strictObject({
    ...planFields,
    documentVersion: z.int().min(0),
    documentText: z.string(),
    faults: z.array(FaultSchema).readonly(),
    controls: z.array(ControlChangeSchema).readonly(),
    resources: z.array(ResourceChangeSchema).readonly(),
    findings: z.array(z.strictObject({ id: z.string(), severity: z.string(), message: z.string() })).readonly(),
    approvals: z.array(z.strictObject({ by: z.string(), at: time(), verdict: z.enum(VERDICTS), comment: z.string() })).readonly(),
    html: z.string().openapi({ description: "The plan as a page of its own." }),
  })
  .openapi("Plan");
export const PlanRequestSchema = z.strictObject({ kind: z.enum(PLAN_KINDS) }).openapi("PlanRequest");
export const ReviewSchema = z
  .strictObject({
    verdict: z.enum(VERDICTS),
    comment: z.string().max(2000).default(""),
    digest: z.string().max(200).openapi({ description: "The plan's digest as the reviewer saw it." }),
  })
  .openapi("Review");

export const StartSchema = z
  .strictObject({
    kind: z.enum(["preview", "refresh", "verify", "rotate"]),
    options: z.record(z.string(), z.unknown()).optional(),
  })
  .openapi("Start");

export const EventSchema: z.ZodType<StoredEvent> = z
  .strictObject({ operation: z.string(), sequence: z.int().min(1), at: time(), event: z.looseObject({}) })
  .openapi("Event") as unknown as z.ZodType<StoredEvent>;

export const AuditEntrySchema: z.ZodType<AuditEntry> = z
  .strictObject({
    sequence: z.int().min(1),
    at: time(),
    actor: z.string(),
    from: z.string(),
    action: z.string(),
    subject: z.string(),
    digest: z.string().optional(),
    outcome: z.enum(["done", "refused"]),
  })
  .openapi("AuditEntry");

/** What a page of a list is asked for with. */
export const PageQuery = z.strictObject({
  after: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/)
    .optional()
    .openapi({ description: "`next` of the page before." }),
  limit: z
    .string()
    .regex(/^([1-9]\d?|1\d\d|200)$/)
    .transform(Number)
    .optional()
    .openapi({ type: "integer", minimum: 1, maximum: 200, default: 50, description: "Items of a page." }),
});

/** A page of a list. */
export const pageOf = <T>(item: z.ZodType<T>, name: string) =>
  z
    .strictObject({
      items: z.array(item).readonly(),
      next: z.string().optional().openapi({ description: "For `after`; absent on the last page." }),
    })
    .openapi(name);

export const json = <T extends z.ZodType>(schema: T, description: string) => ({ description, content: { "application/json": { schema } } });
export const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { "application/json": { schema } } });

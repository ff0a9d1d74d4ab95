import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import type { JournalEntry } from "../../simulator/core/journal.ts";
import { nameOf } from "../../simulator/core/provider.ts";

/** What the engine did, or in a preview would do, to a resource. */
export type Operation = "same" | "create" | "update" | "replace" | "delete" | "import" | "read" | "refresh";

export interface Change {
  readonly type: string;
  readonly name: string;
  readonly urn: string;
  readonly operation: Operation;
  /** Paths of the properties that differ, sorted. */
  readonly differs: readonly string[];
  /** Top-level properties that force the replacement, sorted. */
  readonly replaces: readonly string[];
}

/** One run of the engine. */
export interface Run {
  /** Every resource with a provider, in the order in which the engine came to it; components and the stack are left out. */
  readonly changes: readonly Change[];
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Names of the outputs that are secret or hold a secret, sorted. */
  readonly secretOutputs: readonly string[];
  /** What reached the simulated cloud during this run. */
  readonly journal: readonly JournalEntry[];
  /** Errors and warnings the engine showed, without colours. */
  readonly diagnostics: readonly string[];
  /** Policies of packs that were not kept. */
  readonly policies: readonly BrokenPolicy[];
  /** All of the errors as one text; undefined when the run succeeded. */
  readonly error: string | undefined;
}

/** A policy of a pack that a resource does not keep. */
export interface BrokenPolicy {
  readonly policy: string;
  readonly level: string;
  readonly resource: string;
}

/** Thrown when a run fails that the test did not expect to fail. */
export class RunFailed extends Error {
  readonly run: Run;

  constructor(command: string, run: Run) {
    super(`${command} failed: ${run.error}`);
    this.name = "RunFailed";
    this.run = run;
  }
}

/** Changes other than `same`, each as `update aws:s3/bucket:Bucket logs`: what a test compares. */
export const changed = (run: Run): string[] =>
  run.changes.filter(({ operation }) => operation !== "same").map(({ operation, type, name }) => `${operation} ${type} ${name}`);

/** How many resources met each operation. */
export function counts(run: Run): Partial<Record<Operation, number>> {
  const found: Partial<Record<Operation, number>> = {};
  for (const { operation } of run.changes) found[operation] = (found[operation] ?? 0) + 1;
  return found;
}

/** Marks a secret in the engine's events, see sdk/nodejs/runtime/rpc.ts. */
const SECRET = "1b47061264138c4ac30d75fd1eb44270";

const OPERATIONS: Readonly<Record<string, Operation>> = {
  same: "same",
  create: "create",
  update: "update",
  delete: "delete",
  replace: "replace",
  "create-replacement": "replace",
  "delete-replaced": "replace",
  import: "import",
  "import-replacement": "import",
  read: "read",
  "read-replacement": "read",
  refresh: "refresh",
};

/** Folds the engine's events into what a test asserts on. */
export async function summarise(
  events: readonly EngineEvent[],
  journal: readonly JournalEntry[],
  failure: Error | undefined,
  decrypt: () => Promise<Record<string, unknown>>,
): Promise<Run> {
  const changes = new Map<string, Change>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    const metadata = resOutputsEvent?.metadata ?? resourcePreEvent?.metadata;
    if (!metadata || !custom(metadata.urn)) continue;
    const operation = OPERATIONS[metadata.op];
    if (operation === undefined) continue;
    const before = changes.get(metadata.urn);
    const differs = Object.keys(metadata.detailedDiff ?? {});
    changes.set(metadata.urn, {
      type: metadata.type,
      name: nameOf(metadata.urn),
      urn: metadata.urn,
      operation: before?.operation === "replace" ? "replace" : operation,
      differs: [...new Set([...(before?.differs ?? []), ...differs])].sort(),
      replaces: [...new Set([...(before?.replaces ?? []), ...(metadata.keys ?? [])])].sort(),
    });
  }
  const stack = events.findLast(({ resOutputsEvent }) => resOutputsEvent?.metadata.type === "pulumi:pulumi:Stack")?.resOutputsEvent;
  const outputs = stack?.planning ? {} : (stack?.metadata.new?.outputs ?? {});
  const secretOutputs = Object.keys(outputs)
    .filter((name) => JSON.stringify(outputs[name]).includes(SECRET))
    .sort();
  const shown = events.flatMap(({ diagnosticEvent }) =>
    diagnosticEvent && /error|warning/.test(diagnosticEvent.severity) && !diagnosticEvent.ephemeral
      ? [{ severity: diagnosticEvent.severity, message: plain(diagnosticEvent.message) }]
      : [],
  );
  const policies = events.flatMap(({ policyEvent }) =>
    policyEvent
      ? [{ policy: policyEvent.policyName, level: policyEvent.enforcementLevel, resource: nameOf(policyEvent.resourceUrn ?? "") }]
      : [],
  );
  const errors = shown.filter(({ severity }) => severity === "error").map(({ message }) => message);
  return {
    changes: [...changes.values()],
    outputs: secretOutputs.length > 0 ? await decrypt() : outputs,
    secretOutputs,
    journal,
    diagnostics: shown.map(({ message }) => message),
    policies,
    error: failure && (errors.length > 0 ? errors.join("\n") : plain(failure.message)),
  };
}

const custom = (urn: string) => !/::pulumi:(pulumi:Stack|providers:[^:]+)::[^:]*$/.test(urn) && !/\$pulumi:providers:/.test(urn);

/** Without colour marks and progress escape codes. */
const plain = (text: string) =>
  text
    .replace(/<\{%[^%]*%\}>/g, "")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: terminal escape codes are control characters
    .replace(/\u001b\[[0-9;]*m/g, "")
    .trim();

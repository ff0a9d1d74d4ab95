import type { CertificateEntry } from "../../automation/certificates.ts";
import type { EngineLocation } from "../../automation/engine.ts";
import type { ResourceFailure } from "../../automation/errors.ts";
import type { OperationEvent } from "../../automation/events.ts";
import type { DeadEngine } from "../../automation/locks.ts";
import type { RotationRecord } from "../../automation/rotation/record.ts";
import type { OperationSummary } from "../service.ts";

/** What a runner is asked to do; a file in the folder of its attempt. It holds no secret: those come with the environment, or encrypted in the stack file. */
export interface RunRequest {
  readonly operation: string;
  readonly attempt: number;
  readonly kind: OperationSummary["kind"];
  readonly stack: string;
  readonly projectRoot: string;
  /** Text of the stack file. */
  readonly stackFile: string;
  readonly documentText: string;
  readonly engine: EngineLocation;
  readonly programModule?: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** What the plan was approved for; undefined for an operation without a plan. */
  readonly bound?: {
    readonly program: string;
    /** False when the stack's settings have changed since. */
    readonly settings: boolean;
    readonly model?: string;
    /** Digest of the state; undefined when an attempt before this one has begun to change it. */
    readonly state?: string;
  };
  /** Milliseconds from a cancellation to the hard stop. */
  readonly cancelMs: number;
  /** Milliseconds after which a runner nobody looks after stops; undefined for never. */
  readonly orphanMs?: number;
  readonly deadEngines: readonly DeadEngine[];
  /** A rotation of the stack that is under way. */
  readonly rotation?: RotationRecord;
  /** Noted in the stack's history. */
  readonly message: string;
}

/** How an attempt ended. */
export interface RunEnd {
  readonly state: "succeeded" | "failed" | "cancelled";
  readonly changes?: Readonly<Record<string, number>>;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly remedy: string;
    readonly failures?: readonly ResourceFailure[];
  };
  /** The engine was killed: what it did last is not in the state. */
  readonly hard?: boolean;
  /** The state afterwards; undefined when it could not be read. */
  readonly after?: { readonly digest: string; readonly certificates: readonly CertificateEntry[]; readonly empty: boolean };
}

/** One line of a journal. */
export type JournalLine =
  | { readonly at: string; readonly event: OperationEvent | { readonly type: "verify"; readonly probe: unknown } }
  | { readonly at: string; readonly engine: number }
  /** A rotation has written settings; its record is null at its end. */
  | { readonly at: string; readonly stackFile: string; readonly rotation: RotationRecord | null }
  | { readonly at: string; readonly end: RunEnd };

/** Files of an attempt's folder. */
export const FILES = {
  request: "request.json",
  journal: "journal",
  /** Who runs the attempt; created by the runner, or by a portal that does not want it to begin any more. */
  runner: "runner.json",
  /** Touched by the portal that looks after the attempt. */
  lease: "lease",
  log: "log",
  stackFile: "stack",
} as const;

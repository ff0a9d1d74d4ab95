import type { Fault } from "../components/spec/faults.ts";

/**
 * Everything that can go wrong with an operation. A caller can switch over it; nothing else is thrown on purpose.
 *
 * - `usage`: a name that cannot be one, such as a stack called `a/b/c/d`.
 * - `no-stack`: there is no such stack file, or nothing was ever deployed from it.
 * - `settings`: the stack file does not say what to run where.
 * - `document`: the gateway document has faults; `faults` has all of them.
 * - `refused`: the cloud cannot enforce what the document asks for; `faults` has every refusal.
 * - `secrets`: the passphrase or key of the stack's secrets is missing or wrong.
 * - `locked`: another operation is running on the stack.
 * - `tool`: a program the operation needs is missing or cannot be started.
 * - `state`: the state backend cannot be reached or read.
 * - `program`: the program failed before or between resources.
 * - `provider`: a cloud, or this machine, refused or failed a resource.
 * - `policy`: a mandatory policy of a policy pack is violated.
 * - `cancelled`: somebody asked to stop.
 * - `stale`: what was approved is not what is there any more.
 * - `lost`: the engine ended without saying how, for example because it was killed, or the program lost its connection to it.
 */
export type OperationErrorCode =
  | "usage"
  | "no-stack"
  | "settings"
  | "document"
  | "refused"
  | "secrets"
  | "locked"
  | "tool"
  | "state"
  | "program"
  | "provider"
  | "policy"
  | "cancelled"
  | "stale"
  | "lost";

export interface OperationErrorDetails {
  readonly faults?: readonly Fault[];
  /** Resources that failed, with what their provider said. */
  readonly failures?: readonly ResourceFailure[];
  /** What the engine printed, for people who want to look closer; secrets are masked. */
  readonly output?: string;
}

export interface ResourceFailure {
  readonly type: string;
  readonly name: string;
  readonly message: string;
}

/** An operation that did not succeed: what happened, and what to do about it. */
export class OperationError extends Error {
  readonly code: OperationErrorCode;
  readonly remedy: string;
  readonly faults: readonly Fault[];
  readonly failures: readonly ResourceFailure[];
  readonly output: string;

  constructor(code: OperationErrorCode, message: string, remedy: string, details: OperationErrorDetails = {}) {
    super(message);
    this.name = "OperationError";
    this.code = code;
    this.remedy = remedy;
    this.faults = details.faults ?? [];
    this.failures = details.failures ?? [];
    this.output = details.output ?? "";
  }
}

/** Nothing of a stack is deployed. */
export const noGateway = (stack: string): OperationError =>
  new OperationError("no-stack", `Stack "${stack}" has no gateway`, `deploy it with \`npx gateway up -s ${stack}\``);

export const AGAIN = "run the same command again: it takes up where this one stopped";

/** What is said when the system, or the engine's output, says that a disk is full. */
export const DISK_FULL = { code: "state", message: "The disk is full", remedy: `free space, then ${AGAIN}` } as const;

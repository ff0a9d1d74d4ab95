import { CommandError, ConcurrentUpdateError, StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import type { CommandResult } from "./engine.ts";
import { AGAIN, DISK_FULL, OperationError, type ResourceFailure } from "./errors.ts";
import type { OperationEvent } from "./events.ts";
import { stateLockedBy, stateLocks } from "./locks.ts";

/** What is known when an engine run has failed. */
export interface FailedRun {
  readonly stack: string;
  readonly error: unknown;
  readonly events: readonly OperationEvent[];
  /** Whether we asked the engine to stop. */
  readonly cancelled: boolean;
}

/** Turns whatever ended an engine run into one error of the closed set. */
export function operationError(run: FailedRun): OperationError {
  const { error, stack } = run;
  if (error instanceof OperationError) return error;
  const output = outputOf(error);
  if (error instanceof ConcurrentUpdateError) return stateLockedBy(stack, stateLocks(output), `npx gateway cancel -s ${stack}`);
  if (error instanceof StackNotFoundError)
    return new OperationError("no-stack", `Stack "${stack}" has not been deployed`, `deploy it with \`npx gateway up -s ${stack}\``);
  if (run.cancelled) return new OperationError("cancelled", "The operation was stopped before it had finished", AGAIN, { output });

  const known = KNOWN.find(({ pattern }) => pattern.test(output));
  if (known) return new OperationError(known.code, known.message, known.remedy, { output });

  const failures = resourceFailures(run.events);
  if (failures.length > 0) {
    const first = failures[0] as ResourceFailure;
    const more = failures.length === 1 ? "" : `, and ${failures.length - 1} more failed`;
    const message = `${first.name} (${first.type}) failed: ${first.message}${more}`;
    return new OperationError("provider", message, "correct what it says and run the same command again", { failures, output });
  }
  const policies = run.events.flatMap((event) => (event.kind === "policy" && event.mandatory ? [`${event.policy}: ${event.text}`] : []));
  if (policies.length > 0)
    return new OperationError("policy", policies.join("\n"), "change the document so that the policy is met", { output });

  const messages = run.events.flatMap((event) => (event.kind === "message" && event.severity === "error" ? [event.text] : []));
  if (messages.length > 0) {
    const message = distinct(messages).join("\n");
    if (LOST_CALL.test(message)) return new OperationError("lost", message, AGAIN, { output });
    return new OperationError("program", message, "correct what it says and run the same command again", { output });
  }
  if (!(error instanceof CommandError)) throw error;
  if (/ended by SIG/.test(output)) return new OperationError("lost", "The engine was killed before it had finished", AGAIN, { output });
  return new OperationError("lost", lastError(output), AGAIN, { output });
}

/** A program that could not reach its engine, in the words of language-host.ts and of gRPC. */
const LOST_CALL = /a call to the engine was lost|\b(14 UNAVAILABLE|1 CANCELLED): /;

/** Failures of the CLI that have a cause of their own, by what it prints. */
const KNOWN = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    ...DISK_FULL,
  },
  {
    pattern: /incorrect passphrase/,
    code: "secrets",
    message: "The passphrase does not fit the stack's secrets",
    remedy: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to the one the stack was made with",
  },
  {
    pattern: /passphrase must be set/,
    code: "secrets",
    message: "The stack's secrets are protected by a passphrase, and there is none",
    remedy: "set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE",
  },
  {
    pattern: /PULUMI_ACCESS_TOKEN must be set|problem logging in|unable to open bucket|could not list bucket|error listing/,
    code: "state",
    message: "The state backend cannot be reached",
    remedy: "log in to it with `pulumi login`, or correct PULUMI_BACKEND_URL or `backend.url` in Pulumi.yaml",
  },
  {
    pattern: /\bspawn \S*pulumi\S* (ENOENT|EACCES)\b/,
    code: "tool",
    message: "The Pulumi CLI cannot be started",
    remedy: "run `npm start` to set it up again",
  },
] as const;

function resourceFailures(events: readonly OperationEvent[]): ResourceFailure[] {
  const failed = events.flatMap((event) => (event.kind === "resource" && event.phase === "failed" ? [event] : []));
  return failed.map(({ type, name }) => {
    const said = events.flatMap((event) =>
      event.kind === "message" && event.severity === "error" && event.resource?.name === name && event.resource.type === type
        ? [event.text]
        : [],
    );
    return { type, name, message: distinct(said).join("; ") || "its provider gave no reason" };
  });
}

function outputOf(error: unknown): string {
  const result = (error as { commandResult?: CommandResult }).commandResult;
  return result === undefined ? String(error) : `${result.stdout}\n${result.stderr}`.trim();
}

/** The CLI's own last word. */
function lastError(output: string): string {
  const lines = output.split("\n").map((line) => line.trim());
  const line = lines.findLast((candidate) => candidate.startsWith("error:")) ?? lines.findLast((candidate) => candidate !== "");
  return line?.replace(/^error:\s*/, "") ?? "The engine ended without saying why";
}

const distinct = (values: readonly string[]) => [...new Set(values)];

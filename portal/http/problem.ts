import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type Fault, Refusal, type RefusalCode } from "../service.ts";
import { databaseFailure } from "../store/failures.ts";

/** Kinds of problems: the last part of a problem document's `type`. */
export type ProblemCode =
  | "bad-request"
  | "unauthenticated"
  | "forbidden"
  | "not-found"
  | "method-not-allowed"
  | "conflict"
  | "locked"
  | "stale"
  | "precondition-failed"
  | "too-large"
  | "unsupported-media-type"
  | "misdirected"
  | "invalid"
  | "precondition-required"
  | "too-many-requests"
  | "internal"
  | "unavailable";

const KINDS: Readonly<Record<ProblemCode, readonly [ContentfulStatusCode, string]>> = {
  "bad-request": [400, "Bad request"],
  unauthenticated: [401, "Not signed in"],
  forbidden: [403, "Not allowed"],
  "not-found": [404, "Not found"],
  "method-not-allowed": [405, "Method not allowed"],
  conflict: [409, "Conflict"],
  locked: [409, "Stack is locked"],
  stale: [409, "Plan is stale"],
  "precondition-failed": [412, "Changed in between"],
  "too-large": [413, "Too large"],
  "unsupported-media-type": [415, "Unsupported media type"],
  misdirected: [421, "Not this host"],
  invalid: [422, "Invalid"],
  "precondition-required": [428, "Precondition required"],
  "too-many-requests": [429, "Too many requests"],
  internal: [500, "Internal error"],
  unavailable: [503, "Unavailable"],
};

export interface ProblemDetails {
  /** What the caller can do about it. */
  readonly remedy?: string;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is not what was asked for, as RFC 9457 writes it down. Throw it from any handler. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: ContentfulStatusCode;
  readonly title: string;
  readonly remedy: string;
  readonly faults: readonly Fault[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, { remedy = "", faults = [], headers = {} }: ProblemDetails = {}) {
    super(detail);
    this.name = "Problem";
    this.code = code;
    [this.status, this.title] = KINDS[code];
    this.remedy = remedy;
    this.faults = faults;
    this.headers = headers;
  }

  /** The body of the answer. @param instance number of the request, to look for in the log */
  document(instance: string) {
    return {
      type: `urn:secure-gateway:problem:${this.code}`,
      title: this.title,
      status: this.status as number,
      detail: this.message,
      instance: `urn:uuid:${instance}`,
      ...(this.remedy === "" ? {} : { remedy: this.remedy }),
      ...(this.faults.length === 0 ? {} : { faults: this.faults }),
    };
  }
}

const REFUSALS: Readonly<Record<RefusalCode, ProblemCode>> = {
  "not found": "not-found",
  forbidden: "forbidden",
  invalid: "invalid",
  conflict: "conflict",
  stale: "stale",
  locked: "locked",
  "too large": "too-large",
  unavailable: "unavailable",
};

const RETRY_SECONDS = "5";

/** The problem an error is for the caller. Of an error nobody foresaw it says nothing; `unforeseen` is for the log. */
export function problemOf(error: unknown): { readonly problem: Problem; readonly unforeseen: boolean } {
  if (error instanceof Problem) return { problem: error, unforeseen: false };
  if (error instanceof Refusal) {
    const code = REFUSALS[error.code];
    const headers: Readonly<Record<string, string>> = code === "unavailable" ? { "retry-after": RETRY_SECONDS } : {};
    return { problem: new Problem(code, error.message, { remedy: error.remedy, faults: error.faults, headers }), unforeseen: false };
  }
  if (error instanceof HTTPException && error.status < 500) return { problem: problemOfStatus(error.status), unforeseen: false };
  const away = databaseFailure(error);
  if (away instanceof Refusal) return { ...problemOf(away), unforeseen: true };
  const problem = new Problem("internal", "The portal failed to answer.", {
    remedy: "tell those who run the portal the number of this request",
  });
  return { problem, unforeseen: true };
}

function problemOfStatus(status: number): Problem {
  if (status === 413) return new Problem("too-large", "The request's body is too large.");
  return new Problem("bad-request", "The request's body is not the JSON its Content-Type says it is.");
}

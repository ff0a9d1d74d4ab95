/** What an ACME authority has answered instead of doing what it was asked (RFC 8555 section 6.7). */
export class AcmeProblem extends Error {
  override readonly name = "AcmeProblem";
  /** Without its common beginning: `rateLimited`, `unauthorized`. */
  readonly type: string;
  /** Milliseconds since 1970 before which the authority does not want to be asked again; undefined when it does not say. */
  readonly heldUntil: number | undefined;

  constructor(type: string, detail: string, heldUntil: number | undefined) {
    super(detail === "" ? type : `${detail} (${type})`);
    this.type = type;
    this.heldUntil = heldUntil;
  }
}

const PREFIX = "urn:ietf:params:acme:error:";

/** An answer over HTTP. */
export interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: unknown;
}

/** The problem in an answer; undefined when there is none. */
export function problemIn({ status, data, headers }: Answer, now: number): AcmeProblem | undefined {
  if (status < 400) return undefined;
  const { type, detail } = fields(data);
  const name = typeof type === "string" ? type.replace(PREFIX, "") : `HTTP status ${status}`;
  return new AcmeProblem(name, typeof detail === "string" ? oneLine(detail) : "", retryAfter(fields(headers)["retry-after"], now));
}

/** `Retry-After` (RFC 9110) as a time: seconds from now, or a date. */
export function retryAfter(value: unknown, now: number): number | undefined {
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const seconds = Number(value);
  const at = Number.isFinite(seconds) ? now + seconds * 1000 : Date.parse(value);
  return Number.isFinite(at) && at > now ? at : undefined;
}

/** Text of an authority, as it may stand in a log. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\s]+/gu, " ").slice(0, 500);

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

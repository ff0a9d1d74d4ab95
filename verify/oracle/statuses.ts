import { failed, passed, type Verdict } from "../probe.ts";
import type { Answer } from "../wire/answer.ts";
import { describe } from "../wire/answer.ts";

/**
 * Which statuses keep a promise. `exact` is what docs/semantics.md says. `tolerated` are refusals that weaken nothing and that some cloud's gateway
 * gives instead; they count unless `VerifyOptions.exact` is set. No set ever holds a status below 400 unless the promise is a success.
 */
export interface Expectation {
  readonly what: string;
  readonly exact: readonly number[];
  readonly tolerated: readonly number[];
}

const expectation = (what: string, exact: readonly number[], tolerated: readonly number[] = []): Expectation => ({
  what,
  exact,
  tolerated,
});

export const EXPECT = {
  /** No credential, or one that is not valid. */
  unauthenticated: expectation("refused for want of a valid credential", [401], [403]),
  /** Two credentials where one belongs: refused as malformed or as invalid. */
  unauthenticatedOrMalformed: expectation("refused for an ambiguous credential", [400, 401], [403]),
  /** A valid credential that does not suffice. */
  forbidden: expectation("refused for want of a right", [403], [401]),
  /** Either; where a request is wrong in both ways and the order is open. */
  unauthorized: expectation("refused for want of a credential or a right", [401, 403]),
  /** Anything that is not an answer of the backend. */
  anyRefusal: expectation("refused one way or another", [400, 401, 404], [403]),
  badRequest: expectation("refused as malformed", [400], [403, 404]),
  unknownPath: expectation("unknown path", [404], [403]),
  otherMethod: expectation("method not allowed", [405], [403, 404]),
  unknownMethod: expectation("method unknown", [405, 501], [400, 403, 404]),
  wrongHost: expectation("another host", [421, 404], [400, 403]),
  addressDenied: expectation("client address refused", [403]),
  urlTooLong: expectation("URL too long", [414], [400, 413, 431]),
  headersTooLarge: expectation("headers too large", [431], [400, 413, 494]),
  bodyTooLarge: expectation("body too large", [413], [400]),
  tooMany: expectation("over the limit", [429]),
  backendFails: expectation("backend not trusted or not there", [502, 503]),
  tooSlow: expectation("timeout", [504]),
} as const satisfies Record<string, Expectation>;

/** The same for a request without credentials whose path is spelled unusually: any refusal keeps what is behind the path safe. */
export const refusedSomehow = ({ what, exact }: Expectation): Expectation =>
  expectation(
    what,
    exact,
    [400, 401, 403, 404, 405].filter((status) => !exact.includes(status)),
  );

export function accepts(expected: Expectation, status: number, exact: boolean): boolean {
  return expected.exact.includes(status) || (!exact && expected.tolerated.includes(status));
}

export function judge(expected: Expectation, answer: Answer, exact: boolean): Verdict {
  if (expected.exact.includes(answer.status)) return passed(`status ${answer.status}, ${expected.what}`);
  if (!exact && expected.tolerated.includes(answer.status))
    return passed(`status ${answer.status} instead of ${expected.exact.join(" or ")}, which weakens nothing`);
  const allowed = exact ? expected.exact : [...expected.exact, ...expected.tolerated];
  return failed(`expected ${allowed.join(" or ")} (${expected.what}), got ${describe(answer)}`);
}

import { type Answer, mediaType } from "../wire/answer.ts";

/** Headers every server may vary from answer to answer. */
const VARYING = new Set(["content-length", "transfer-encoding", "connection", "date", "allow", "www-authenticate", "retry-after", "vary"]);

/**
 * True when two error answers have the same maker, judged by their form: media type, JSON members and the set of headers. It tells a gateway's own
 * 404 from one of a backend without knowing either.
 */
export function sameSource(a: Answer, b: Answer): boolean {
  return form(a) === form(b);
}

function form(answer: Answer): string {
  const names = [...new Set(answer.headers.map(([name]) => name))].filter((name) => !VARYING.has(name)).sort();
  return JSON.stringify([mediaType(answer), members(answer), names]);
}

function members(answer: Answer): string[] | string {
  try {
    const value: unknown = JSON.parse(answer.body.toString("utf8"));
    if (typeof value === "object" && value !== null) return Object.keys(value).sort();
  } catch {
    // Not JSON: only whether there is a body says something about its maker.
  }
  return answer.body.length === 0 ? "empty" : "text";
}

import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { HeaderChanges } from "../model.ts";
import type { headers } from "../schema/routes.ts";
import type { ResolveContext } from "./context.ts";

/** Headers that belong to the connection, to the gateway's own handling or to a client's credentials; no document may write them. */
const RESERVED = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "proxy-connection",
  "expect",
  "authorization",
  "proxy-authorization",
  "x-request-id",
  "traceparent",
  "tracestate",
  "forwarded",
  "strict-transport-security",
  "server",
  "www-authenticate",
  "retry-after",
]);

const RESERVED_PREFIXES = ["x-gateway-", "x-forwarded-", "x-envoy-", "access-control-"] as const;

/** True for a header a document may neither write nor count by. */
export const isReservedHeader = (header: string): boolean =>
  RESERVED.has(header) || RESERVED_PREFIXES.some((prefix) => header.startsWith(prefix));

/** Headers every client sends for reasons of its own, so that none can carry a key. */
const ORDINARY = new Set(["accept", "cache-control", "content-type", "cookie", "date", "origin", "range", "referer", "user-agent", "via"]);

/** Headers the gateway itself writes on the way to backends, and who makes it do so. */
export interface TakenHeaders {
  readonly apiKey: string;
  /** Header → path of the claimToHeaders entry that fills it. */
  readonly claims: ReadonlyMap<string, readonly PathPart[]>;
}

export function checkHeaderTarget(header: string, path: readonly PathPart[], ctx: ResolveContext): void {
  if (isReservedHeader(header))
    ctx.fault(path, `the header "${header}" is the gateway's own or the connection's`, "choose another header name");
}

export function checkKeyHeader(header: string, path: readonly PathPart[], ctx: ResolveContext): void {
  checkHeaderTarget(header, path, ctx);
  if (ORDINARY.has(header)) ctx.fault(path, `the header "${header}" has another use`, "choose a header of its own, such as x-api-key");
}

/** Checks changes to headers: nothing reserved, nothing twice, nothing that undoes what the gateway itself writes. */
export function resolveHeaders(
  changes: z.output<typeof headers> | undefined,
  path: readonly PathPart[],
  taken: TakenHeaders,
  ctx: ResolveContext,
): HeaderChanges {
  const none = { set: {}, add: {}, remove: [] };
  if (changes === undefined) return { request: none, response: none };
  for (const direction of ["request", "response"] as const) {
    const rules = changes[direction];
    const check = (header: string, at: readonly PathPart[]) => {
      checkHeaderTarget(header, at, ctx);
      if (direction === "request") checkTaken(header, at, taken, ctx);
    };
    for (const kind of ["set", "add"] as const) {
      for (const header of Object.keys(rules[kind])) check(header, [...path, direction, kind, header]);
    }
    for (const header of Object.keys(rules.add)) {
      if (Object.hasOwn(rules.set, header)) ctx.fault([...path, direction, "add", header], "is both set and added", "keep one of the two");
    }
    rules.remove.forEach((header, index) => {
      check(header, [...path, direction, "remove", index]);
      if (Object.hasOwn(rules.set, header) || Object.hasOwn(rules.add, header))
        ctx.fault(
          [...path, direction, "remove", index],
          `"${header}" is both removed and given`,
          "keep one of the two; set replaces what was there",
        );
    });
  }
  const distinct = (rules: HeaderChanges["request"]) => ({ ...rules, remove: [...new Set(rules.remove)].sort() });
  return { request: distinct(changes.request), response: distinct(changes.response) };
}

function checkTaken(header: string, path: readonly PathPart[], taken: TakenHeaders, ctx: ResolveContext): void {
  if (header === taken.apiKey)
    ctx.fault(path, `the header "${header}" carries API keys and is never passed on`, "choose another header name", [
      ["apiKeys", "header"],
    ]);
  const claim = taken.claims.get(header);
  if (claim)
    ctx.fault(
      path,
      `the header "${header}" is filled from a token's claim`,
      `choose another header name, or remove it from ${claim.slice(0, 4).join(".")}`,
      [claim],
    );
}

import type { z } from "zod";
import { formatPath, type PathPart } from "../faults.ts";
import type { Backend, Cors, Route } from "../model.ts";
import type { route } from "../schema/routes.ts";
import { type ResolvedAccess, resolveAccess } from "./access.ts";
import type { ResolveContext } from "./context.ts";
import { resolveCors } from "./cors.ts";
import { resolveHeaders, type TakenHeaders } from "./headers.ts";
import { resolveRateLimits, resolveRetries } from "./limits.ts";
import { ambiguousPairs, type RouteMatcher } from "./overlaps.ts";
import { patternOf, sortRoutes } from "./paths.ts";
import { checkRateLimitKeys, type RequirementNames, resolveRequirement } from "./requirements.ts";
import { resolveMatch, resolveRewrite } from "./route-match.ts";
import { resolveTargets } from "./targets.ts";
import { boundedMilliseconds, bytes } from "./units.ts";

export type RouteDocument = z.output<typeof route>;

/** What routes take over from the document around them. */
export interface RouteSurroundings extends RequirementNames {
  readonly backends: Readonly<Record<string, Backend>>;
  readonly bodyBytes: number;
  readonly urlBytes: number;
  readonly cors: Cors | undefined;
  readonly access: ResolvedAccess;
  readonly takenHeaders: TakenHeaders;
}

const LARGEST_BODY = 1024 ** 3;

export function resolveRoutes(routes: Readonly<Record<string, RouteDocument>>, around: RouteSurroundings, ctx: ResolveContext): Route[] {
  if (Object.keys(routes).length === 0)
    ctx.fault(["routes"], "the gateway has no route", "declare at least one under routes, or name an OpenAPI document in openapi", [
      ["openapi"],
    ]);
  const explicitHead = pathsWithOwnHead(routes);
  const matched: RouteMatcher[] = [];
  const resolved = Object.entries(routes).flatMap(([name, entry]) => {
    const match = resolveMatch(entry, ["routes", name], explicitHead, around.urlBytes, ctx);
    if (match) matched.push({ name, ...match });
    return resolveRoute(name, entry, match, around, ctx) ?? [];
  });
  checkOverlaps(matched, ctx);
  return sortRoutes(resolved);
}

/** Patterns for which some route lists HEAD itself, so that GET does not bring it along. */
function pathsWithOwnHead(routes: Readonly<Record<string, RouteDocument>>): ReadonlySet<string> {
  const listed = Object.values(routes).filter((entry) => entry.path !== undefined && entry.methods?.includes("HEAD"));
  return new Set(listed.map((entry) => patternOfText(entry.path ?? "")));
}

export const patternOfText = (path: string) => path.replace(/\{[^}]*\}/g, "{}");

function checkOverlaps(matched: readonly RouteMatcher[], ctx: ResolveContext): void {
  for (const [a, b] of ambiguousPairs(matched)) {
    const shared = a.methods.filter((method) => b.methods.includes(method));
    const one = patternOf(a.path) === patternOf(b.path);
    ctx.fault(
      ["routes", b.name, "path"],
      one
        ? `overlaps with route "${a.name}": both match ${shared.join(", ")} ${b.path.text}`
        : `overlaps with route "${a.name}": ${b.path.text} and ${a.path.text} can match the same request and neither is more specific`,
      one ? "merge the two, or change the path or the methods of one" : "merge the two, or change the path of one",
      [
        ["routes", a.name, "path"],
        ["routes", a.name, "methods"],
        ["routes", b.name, "methods"],
      ],
    );
  }
}

function resolveRoute(
  name: string,
  entry: RouteDocument,
  match: ReturnType<typeof resolveMatch>,
  around: RouteSurroundings,
  ctx: ResolveContext,
): Route | undefined {
  const at: PathPart[] = ["routes", name];
  const targets = resolveTargets(entry, at, around.backends, ctx);
  const requirement = resolveRequirement(entry, at, around, ctx);
  const limitPath = [...at, "rateLimit"];
  const rateLimits = resolveRateLimits(entry.rateLimit, limitPath);
  checkRateLimitKeys(rateLimits, (index) => (Array.isArray(entry.rateLimit) ? [...limitPath, index] : limitPath), requirement, at, ctx);
  const bodyBytes = entry.bodyLimit === undefined ? around.bodyBytes : bytes(entry.bodyLimit);
  if (bodyBytes > LARGEST_BODY && entry.bodyLimit !== undefined)
    ctx.fault([...at, "bodyLimit"], `${bodyBytes} bytes is too large`, "allowed: 1GiB or less");
  const headers = resolveHeaders(entry.headers, [...at, "headers"], around.takenHeaders, ctx);
  const access = resolveAccess(entry.access, [...at, "access"], ctx, around.access).lists;
  const ownCors = entry.cors ? resolveCors(entry.cors, [...at, "cors"], ctx) : undefined;
  const ownTimeout = entry.timeout === undefined ? undefined : boundedMilliseconds(entry.timeout, "1ms", "1h", [...at, "timeout"], ctx);
  const rewrite = match && resolveRewrite(entry, match.path, at, ctx);
  const cors = entry.cors === null ? undefined : (ownCors ?? around.cors);
  if (match && cors !== undefined && match.methods.includes("OPTIONS"))
    ctx.fault(
      [...at, "methods"],
      "OPTIONS is answered by the gateway where cors is on",
      "remove OPTIONS, or write cors: null on this route",
      [["cors"], [...at, "cors"]],
    );
  const first = around.backends[targets[0]?.name ?? ""];
  if (match === undefined || first === undefined) return undefined;
  const timeoutMs = ownTimeout ?? first.timeoutMs;
  if (ownTimeout !== undefined && entry.retries === undefined && (first.retries?.perTryTimeoutMs ?? 0) > ownTimeout)
    ctx.fault(
      [...at, "timeout"],
      `"${entry.timeout}" is shorter than one try of the backend "${first.name}" (retries.perTryTimeout)`,
      "raise it, or give this route its own retries",
      [["backends", first.name, "retries"]],
    );
  return {
    name,
    at: formatPath(at),
    summary: entry.summary,
    ...match,
    backends: targets,
    requirement,
    access,
    rateLimits,
    cors,
    bodyBytes,
    timeoutMs,
    retries: entry.retries
      ? resolveRetries(entry.retries, timeoutMs, [...at, "retries"], ctx)
      : entry.retries === null
        ? undefined
        : first.retries,
    headers,
    rewrite,
  };
}

import type { z } from "zod";
import { formatPath, type PathPart } from "../faults.ts";
import type { Backend, Cors, Method, Route, RoutePath } from "../model.ts";
import type { route } from "../schema/routes.ts";
import { suggestion } from "../suggest.ts";
import { resolveAccess, resolveCors, resolveHeaders, sortMethods } from "./access.ts";
import { checkedTimeout } from "./backends.ts";
import type { ResolveContext } from "./context.ts";
import { resolveRateLimits, resolveRetries } from "./limits.ts";
import { ambiguousPairs, parametersOf, parseRoutePath, sortRoutes } from "./paths.ts";
import { checkRateLimitKeys, type RequirementNames, resolveRequirement } from "./requirements.ts";
import { bytes } from "./units.ts";

type RouteDocument = z.output<typeof route>;

/** What routes take over from the document around them. */
export interface RouteSurroundings extends RequirementNames {
  readonly backends: Readonly<Record<string, Backend>>;
  readonly bodyBytes: number;
  readonly cors: Cors | undefined;
}

const LARGEST_BODY = 1024 ** 3;

export function resolveRoutes(routes: Readonly<Record<string, RouteDocument>>, around: RouteSurroundings, ctx: ResolveContext): Route[] {
  const explicitHead = new Set(
    Object.values(routes).flatMap((entry) => (entry.path !== undefined && entry.methods?.includes("HEAD") ? [entry.path] : [])),
  );
  const resolved = Object.entries(routes).flatMap(([name, entry]) => resolveRoute(name, entry, explicitHead, around, ctx) ?? []);
  if (Object.keys(routes).length === 0)
    ctx.fault(["routes"], "the gateway has no route", "declare at least one under routes, or name an OpenAPI document in openapi");
  for (const [a, b] of ambiguousPairs(resolved)) {
    const shared = a.methods.filter((method) => b.methods.includes(method));
    ctx.fault(
      ["routes", b.name],
      `overlaps with route "${a.name}": ${shared.join(", ")} ${b.path.text} and ${a.path.text} can match the same request and neither is more specific`,
      "merge the two, or change a path or the methods of one",
    );
  }
  return sortRoutes(resolved);
}

function resolveRoute(
  name: string,
  entry: RouteDocument,
  explicitHead: ReadonlySet<string>,
  around: RouteSurroundings,
  ctx: ResolveContext,
): Route | undefined {
  const at: PathPart[] = ["routes", name];
  const match = resolveMatch(entry, at, explicitHead, ctx);
  const targets = resolveTargets(entry, at, around, ctx);
  const requirement = resolveRequirement(entry, at, around, ctx);
  const rateLimits = resolveRateLimits(entry.rateLimit, [...at, "rateLimit"]);
  checkRateLimitKeys(
    rateLimits,
    (index) => (Array.isArray(entry.rateLimit) ? [...at, "rateLimit", index] : [...at, "rateLimit"]),
    requirement,
    ctx,
  );
  const bodyBytes = entry.bodyLimit === undefined ? around.bodyBytes : bytes(entry.bodyLimit);
  if (bodyBytes > LARGEST_BODY) ctx.fault([...at, "bodyLimit"], `${bodyBytes} bytes is too large`, "allowed: 1GiB or less");
  const headers = resolveHeaders(entry.headers, [...at, "headers"], ctx);
  const access = resolveAccess(entry.access, [...at, "access"], ctx);
  const ownCors = entry.cors ? resolveCors(entry.cors, [...at, "cors"], ctx) : undefined;
  const first = around.backends[targets[0]?.name ?? ""];
  if (match === undefined || first === undefined) return undefined;
  const rewrite = resolveRewrite(entry, match.path, at, ctx);
  const timeoutMs = entry.timeout === undefined ? first.timeoutMs : checkedTimeout(entry.timeout, [...at, "timeout"], ctx);
  const cors = entry.cors === null ? undefined : (ownCors ?? around.cors);
  if (cors !== undefined && match.methods.includes("OPTIONS"))
    ctx.fault(
      [...at, "methods"],
      "OPTIONS is answered by the gateway where cors is on",
      "remove OPTIONS, or write cors: null on this route",
    );
  const grpc = targets.some((target) => around.backends[target.name]?.protocol === "grpc");
  if (entry.grpc && !grpc)
    ctx.fault(
      [...at, "grpc"],
      `the backend "${first.name}" does not speak gRPC`,
      `set backends.${first.name}.protocol to grpc, or use path and methods`,
    );
  if (!entry.grpc && grpc)
    ctx.fault([...at, "path"], `the backend "${first.name}" speaks gRPC`, 'say which service with "grpc: { service, method }"');
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
    retries:
      entry.retries === null
        ? undefined
        : entry.retries
          ? resolveRetries(entry.retries, timeoutMs, [...at, "retries"], ctx)
          : first.retries,
    headers,
    rewrite,
  };
}

function resolveMatch(
  entry: RouteDocument,
  at: readonly PathPart[],
  explicitHead: ReadonlySet<string>,
  ctx: ResolveContext,
): Pick<Route, "path" | "methods" | "grpc"> | undefined {
  if (entry.grpc) {
    for (const field of ["path", "methods", "rewrite"] as const) {
      if (entry[field] !== undefined)
        ctx.fault([...at, field], `"${field}" has no meaning with grpc`, "remove it; gRPC fixes path and method");
    }
    const { service, method } = entry.grpc;
    return { path: parseRoutePath(`/${service}/${method ?? "*"}`), methods: ["POST"], grpc: { service, method } };
  }
  if (entry.path === undefined) {
    ctx.fault([...at, "path"], "is missing", 'give "path" and "methods", or "grpc"');
    return undefined;
  }
  const path = parseRoutePath(entry.path);
  const parameters = parametersOf(path);
  const twice = parameters.find((parameter, index) => parameters.indexOf(parameter) !== index);
  if (twice !== undefined) ctx.fault([...at, "path"], `the parameter {${twice}} stands twice`, "give each parameter its own name");
  if (path.segments.some((segment) => "literal" in segment && /^\.{1,2}$/.test(segment.literal)))
    ctx.fault([...at, "path"], "has a dot segment, which normalisation removes from requests", "remove it");
  if (entry.methods === undefined) {
    ctx.fault([...at, "methods"], "is missing", "list the methods, such as [GET]");
    return undefined;
  }
  const withHead: readonly Method[] =
    entry.methods.includes("GET") && !explicitHead.has(entry.path) ? [...entry.methods, "HEAD"] : entry.methods;
  return { path, methods: sortMethods(withHead), grpc: undefined };
}

function resolveTargets(entry: RouteDocument, at: readonly PathPart[], around: RouteSurroundings, ctx: ResolveContext): Route["backends"] {
  const known = Object.keys(around.backends);
  const exists = (name: string, path: readonly PathPart[]) => {
    if (name in around.backends) return true;
    ctx.fault(path, `there is no backend "${name}"`, suggestion(name, known, "declare it under backends"));
    return false;
  };
  if (entry.backend !== undefined && entry.backends !== undefined)
    ctx.fault([...at, "backends"], "backend and backends are both given", "keep one of the two");
  if (entry.backends === undefined) {
    if (entry.backend !== undefined) return exists(entry.backend, [...at, "backend"]) ? [{ name: entry.backend, weight: 1 }] : [];
    ctx.fault([...at, "backend"], "is missing: the route leads nowhere", suggestion("", known, "declare a backend and name it here"));
    return [];
  }
  const names = entry.backends.map((target) => target.name);
  entry.backends.forEach((target, index) => {
    exists(target.name, [...at, "backends", index, "name"]);
    if (names.indexOf(target.name) !== index)
      ctx.fault([...at, "backends", index, "name"], `"${target.name}" is listed twice`, "add the weights up in one entry");
  });
  const protocols = new Set(names.flatMap((name) => around.backends[name]?.protocol ?? []));
  if (protocols.size > 1) ctx.fault([...at, "backends"], "mixes gRPC and HTTP backends", "use backends of one protocol");
  const weighted = entry.backends.filter((target) => target.weight > 0);
  if (weighted.length === 0)
    ctx.fault([...at, "backends"], "every weight is 0, so that no request could be sent", "give at least one backend a weight above 0");
  return weighted.filter((target) => target.name in around.backends);
}

function resolveRewrite(entry: RouteDocument, path: RoutePath, at: readonly PathPart[], ctx: ResolveContext): RoutePath | undefined {
  if (entry.rewrite === undefined) return undefined;
  const target = parseRoutePath(entry.rewrite.path);
  const where = [...at, "rewrite", "path"];
  if ((target.kind === "prefix") !== (path.kind === "prefix"))
    ctx.fault(where, `"${target.text}" and "${path.text}" do not fit`, "both end in /*, or neither does");
  const available = parametersOf(path);
  for (const parameter of parametersOf(target)) {
    if (!available.includes(parameter))
      ctx.fault(
        where,
        `uses {${parameter}}, which the route's path does not have`,
        suggestion(parameter, available, "the route's path has no parameters"),
      );
  }
  return target;
}

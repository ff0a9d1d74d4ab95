import type { PathPart } from "../faults.ts";
import type { Method, Route, RoutePath } from "../model.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";
import { sortMethods } from "./cors.ts";
import { parametersOf, parseRoutePath, patternOf } from "./paths.ts";
import type { RouteDocument } from "./routes.ts";

type Match = Pick<Route, "path" | "methods" | "grpc">;

/** Which requests a route is for; undefined when the document does not say. */
export function resolveMatch(
  entry: RouteDocument,
  at: readonly PathPart[],
  explicitHead: ReadonlySet<string>,
  urlBytes: number,
  ctx: ResolveContext,
): Match | undefined {
  if (entry.grpc) {
    for (const field of ["path", "methods", "rewrite"] as const) {
      if (entry[field] !== undefined)
        ctx.fault([...at, field], `"${field}" has no meaning with grpc`, "remove it; gRPC fixes path and method", [[...at, "grpc"]]);
    }
    const { service, method } = entry.grpc;
    return { path: parseRoutePath(`/${service}/${method ?? "*"}`), methods: ["POST"], grpc: { service, method } };
  }
  if (entry.path === undefined) {
    ctx.fault([...at, "path"], "is missing", 'give "path" and "methods", or "grpc"', [[...at, "grpc"]]);
    if (entry.methods === undefined) return undefined;
  }
  if (entry.methods === undefined) ctx.fault([...at, "methods"], "is missing", "list the methods, such as [GET]");
  if (entry.path === undefined || entry.methods === undefined) return undefined;
  const path = parseRoutePath(entry.path);
  checkPath(path, [...at, "path"], ctx);
  if (entry.path.length > urlBytes)
    ctx.fault(
      [...at, "path"],
      `is longer than limits.url (${urlBytes} bytes), so that no request reaches it`,
      "shorten it, or raise limits.url",
      [["limits", "url"]],
    );
  const withHead: readonly Method[] =
    entry.methods.includes("GET") && !explicitHead.has(patternOf(path)) ? [...entry.methods, "HEAD"] : entry.methods;
  return { path, methods: sortMethods(withHead), grpc: undefined };
}

function checkPath(path: RoutePath, at: readonly PathPart[], ctx: ResolveContext): void {
  const parameters = parametersOf(path);
  const twice = parameters.find((parameter, index) => parameters.indexOf(parameter) !== index);
  if (twice !== undefined) ctx.fault(at, `the parameter {${twice}} stands twice`, "give each parameter its own name");
  if (path.segments.some((segment) => "literal" in segment && /^\.{1,2}$/.test(segment.literal)))
    ctx.fault(at, "has a dot segment, which normalisation removes from requests", "remove it");
}

/** The path sent to the backend, when it is another one. */
export function resolveRewrite(entry: RouteDocument, path: RoutePath, at: readonly PathPart[], ctx: ResolveContext): RoutePath | undefined {
  if (entry.rewrite === undefined || entry.grpc) return undefined;
  const target = parseRoutePath(entry.rewrite.path);
  const where = [...at, "rewrite", "path"];
  const because = [[...at, "path"]];
  checkPath(target, where, ctx);
  if ((target.kind === "prefix") !== (path.kind === "prefix"))
    ctx.fault(where, `"${target.text}" and "${path.text}" do not fit`, "both end in /*, or neither does", because);
  const available = parametersOf(path);
  for (const parameter of new Set(parametersOf(target))) {
    if (!available.includes(parameter))
      ctx.fault(
        where,
        `uses {${parameter}}, which the route's path does not have`,
        suggestion(parameter, available, "the route's path has no parameters"),
        because,
      );
  }
  return target;
}

import type { Method, PathSegment, Route, RoutePath } from "../model.ts";

/** Takes a path the schema has accepted apart. */
export function parseRoutePath(text: string): RoutePath {
  const prefix = text.endsWith("/*");
  const body = prefix ? text.slice(0, -2) : text;
  const trailingSlash = !prefix && body.length > 1 && body.endsWith("/");
  const segments = body
    .split("/")
    .filter((segment) => segment !== "")
    .map((segment): PathSegment => (segment.startsWith("{") ? { parameter: segment.slice(1, -1) } : { literal: segment }));
  const kind = prefix ? "prefix" : segments.some((segment) => "parameter" in segment) ? "template" : "exact";
  return { text, kind, segments, trailingSlash };
}

export function parametersOf(path: RoutePath): string[] {
  return path.segments.flatMap((segment) => ("parameter" in segment ? [segment.parameter] : []));
}

/** What a path matches, whatever its parameters are called: `/orders/{id}` and `/orders/{order}` have one pattern. */
export function patternOf(path: RoutePath): string {
  const segments = path.segments.map((segment) => ("literal" in segment ? `/${segment.literal}` : "/{}")).join("");
  return `${segments}${path.kind === "prefix" ? "/*" : path.trailingSlash || segments === "" ? "/" : ""}`;
}

/** True when the path of a request, normalised and without its query, matches. */
export function matchesPath(pattern: RoutePath, path: string): boolean {
  if (!path.startsWith("/")) return false;
  const parts = path.slice(1).split("/");
  const { segments } = pattern;
  const fits = (segment: PathSegment, index: number) =>
    "literal" in segment ? parts[index] === segment.literal : (parts[index] ?? "") !== "";
  if (pattern.kind === "prefix") return parts.length > segments.length && segments.every(fits);
  const end = pattern.trailingSlash || segments.length === 0 ? 1 : 0;
  return parts.length === segments.length + end && segments.every(fits) && (end === 0 || parts.at(-1) === "");
}

/** What the gateway does with a path and a method before it asks for credentials. */
export type RouteMatch =
  | { readonly kind: "route"; readonly route: Route }
  /** The path is known, the method is not: 405 with these in `Allow`. */
  | { readonly kind: "otherMethod"; readonly allow: readonly Method[] }
  /** 404. */
  | { readonly kind: "unknown" };

/** The decision every backend must come to. The most specific path that matches decides alone; then its routes are asked for the method. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch {
  const first = routes.find((route) => matchesPath(route.path, path));
  if (first === undefined) return { kind: "unknown" };
  const pattern = patternOf(first.path);
  const same = routes.filter((route) => patternOf(route.path) === pattern);
  const route = same.find((candidate) => candidate.methods.some((allowed) => allowed === method));
  return route ? { kind: "route", route } : { kind: "otherMethod", allow: [...new Set(same.flatMap((candidate) => candidate.methods))] };
}

const RANK = { exact: 0, template: 1, prefix: 2 } as const;

export const literalCount = (path: RoutePath) => path.segments.filter((segment) => "literal" in segment).length;

/**
 * Order of judgement between two paths: exact before template before prefix; templates with more literal segments first;
 * longer prefixes first, then prefixes with more literal segments. 0 means neither wins, which is a fault when one request can match both.
 */
export function compareSpecificity(a: RoutePath, b: RoutePath): number {
  if (a.kind !== b.kind) return RANK[a.kind] - RANK[b.kind];
  if (a.kind === "exact") return 0;
  if (a.kind === "prefix" && a.segments.length !== b.segments.length) return b.segments.length - a.segments.length;
  return literalCount(b) - literalCount(a);
}

/** True when some request path matches both. */
export function canMeet(a: RoutePath, b: RoutePath): boolean {
  if (a.kind !== "prefix" && b.kind !== "prefix" && (a.segments.length !== b.segments.length || a.trailingSlash !== b.trailingSlash))
    return false;
  // A prefix /a/* matches what is below /a/, so it needs at least one more segment or a trailing slash.
  if (a.kind === "prefix" && b.kind !== "prefix" && !reaches(a, b)) return false;
  if (b.kind === "prefix" && a.kind !== "prefix" && !reaches(b, a)) return false;
  const shared = Math.min(a.segments.length, b.segments.length);
  for (let i = 0; i < shared; i++) {
    const [left, right] = [a.segments[i], b.segments[i]];
    if (left && right && "literal" in left && "literal" in right && left.literal !== right.literal) return false;
  }
  return true;
}

const reaches = (prefix: RoutePath, path: RoutePath) =>
  path.segments.length > prefix.segments.length ||
  (path.segments.length === prefix.segments.length && (path.trailingSlash || path.segments.length === 0));

/** Sorts routes so that the first match is the right one; ties are kept in the order of their paths, then names. */
export function sortRoutes<T extends Pick<Route, "name" | "path">>(routes: readonly T[]): T[] {
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return routes
    .map((route) => ({ route, pattern: patternOf(route.path) }))
    .sort((a, b) => compareSpecificity(a.route.path, b.route.path) || compare(a.pattern, b.pattern) || compare(a.route.name, b.route.name))
    .map(({ route }) => route);
}

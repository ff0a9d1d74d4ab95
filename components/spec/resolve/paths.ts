import type { PathSegment, Route, RoutePath } from "../model.ts";

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

const RANK = { exact: 0, template: 1, prefix: 2 } as const;

const literals = (path: RoutePath) => path.segments.filter((segment) => "literal" in segment).length;

/**
 * Order of judgement between two paths: exact before template before prefix; templates with more literal segments first;
 * longer prefixes first. 0 means neither wins, which is a fault when one request can match both.
 */
export function compareSpecificity(a: RoutePath, b: RoutePath): number {
  if (a.kind !== b.kind) return RANK[a.kind] - RANK[b.kind];
  if (a.kind === "exact") return 0;
  if (a.kind === "prefix" && a.segments.length !== b.segments.length) return b.segments.length - a.segments.length;
  return literals(b) - literals(a);
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

/** Sorts routes so that the first match is the right one; ties are kept in the order of their names. */
export function sortRoutes(routes: readonly Route[]): Route[] {
  return [...routes].sort(
    (a, b) =>
      compareSpecificity(a.path, b.path) ||
      (a.path.text < b.path.text ? -1 : a.path.text > b.path.text ? 1 : 0) ||
      (a.name < b.name ? -1 : 1),
  );
}

/**
 * Pairs of routes between which a request could not decide: same method, equal specificity, and a path both match.
 * Candidates are grouped by kind, length, literal count and slash, then by their first literals, so that a thousand routes do not mean a million comparisons.
 */
export function ambiguousPairs(routes: readonly Route[]): [Route, Route][] {
  const groups = new Map<string, Route[]>();
  for (const route of routes) {
    const { path } = route;
    const shape = path.kind === "exact" ? path.text : `${path.kind}/${path.segments.length}/${literals(path)}/${path.trailingSlash}`;
    const group = groups.get(shape);
    if (group) group.push(route);
    else groups.set(shape, [route]);
  }
  return [...groups.values()].flatMap((group) => meetingPairs(group, 0));
}

/** Splits a group by the literal at position `depth`; routes with a parameter there meet every branch. */
function meetingPairs(group: readonly Route[], depth: number): [Route, Route][] {
  if (group.length < 2) return [];
  const longest = Math.max(...group.map((route) => route.path.segments.length));
  if (depth >= longest || group.length <= 8) return comparePairs(group);
  const branches = new Map<string, Route[]>();
  const open: Route[] = [];
  for (const route of group) {
    const segment = route.path.segments[depth];
    if (segment === undefined || "parameter" in segment) open.push(route);
    else if (branches.has(segment.literal)) branches.get(segment.literal)?.push(route);
    else branches.set(segment.literal, [route]);
  }
  const pairs = meetingPairs(open, depth + 1);
  for (const branch of branches.values()) {
    pairs.push(...meetingPairs(branch, depth + 1));
    for (const left of open) for (const right of branch) if (conflict(left, right)) pairs.push([left, right]);
  }
  return pairs;
}

function comparePairs(group: readonly Route[]): [Route, Route][] {
  return group.flatMap((left, index) =>
    group.slice(index + 1).flatMap((right): [Route, Route][] => (conflict(left, right) ? [[left, right]] : [])),
  );
}

const conflict = (a: Route, b: Route) =>
  a.methods.some((method) => b.methods.includes(method)) && compareSpecificity(a.path, b.path) === 0 && canMeet(a.path, b.path);

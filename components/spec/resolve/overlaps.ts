import type { Route } from "../model.ts";
import { literalCount, patternOf } from "./paths.ts";

export type RouteMatcher = Pick<Route, "name" | "path" | "methods">;

/** Most overlaps reported; a document with more has one cause, not a thousand. */
export const MOST_OVERLAPS = 100;

/**
 * Pairs of routes between which a request could not decide: neither path is more specific and some request matches both.
 * Two routes with one pattern conflict when they share a method; two different patterns always do, for the path decides before the method.
 *
 * Routes are grouped by what makes paths equally specific, and each group walks its segments as a tree, so that thousands of routes do not
 * mean millions of comparisons.
 */
export function ambiguousPairs<T extends RouteMatcher>(routes: readonly T[], most = MOST_OVERLAPS): [T, T][] {
  const groups = new Map<string, T[]>();
  for (const route of routes) {
    const { path } = route;
    const shape =
      path.kind === "exact" ? patternOf(path) : `${path.kind}/${path.segments.length}/${literalCount(path)}/${path.trailingSlash}`;
    const group = groups.get(shape);
    if (group) group.push(route);
    else groups.set(shape, [route]);
  }
  const pairs: [T, T][] = [];
  for (const group of groups.values()) if (group.length > 1) within(group, 0, pairs, most);
  return pairs;
}

interface Branches<T> {
  readonly open: T[];
  readonly literal: Map<string, T[]>;
}

function branch<T extends RouteMatcher>(routes: readonly T[], depth: number): Branches<T> {
  const branches: Branches<T> = { open: [], literal: new Map() };
  for (const route of routes) {
    const segment = route.path.segments[depth];
    if (segment === undefined || "parameter" in segment) branches.open.push(route);
    else if (branches.literal.has(segment.literal)) branches.literal.get(segment.literal)?.push(route);
    else branches.literal.set(segment.literal, [route]);
  }
  return branches;
}

/** Pairs inside one group; all its paths have the same number of segments. */
function within<T extends RouteMatcher>(routes: readonly T[], depth: number, pairs: [T, T][], most: number): void {
  if (routes.length < 2 || pairs.length >= most) return;
  if (depth >= (routes[0]?.path.segments.length ?? 0)) {
    routes.forEach((left, index) => {
      for (const right of routes.slice(index + 1)) add(left, right, pairs, most);
    });
    return;
  }
  const { open, literal } = branch(routes, depth);
  within(open, depth + 1, pairs, most);
  for (const twins of literal.values()) {
    within(twins, depth + 1, pairs, most);
    across(open, twins, depth + 1, pairs, most);
  }
}

/** Pairs of one route of each side, whose paths can meet up to `depth`. */
function across<T extends RouteMatcher>(left: readonly T[], right: readonly T[], depth: number, pairs: [T, T][], most: number): void {
  if (left.length === 0 || right.length === 0 || pairs.length >= most) return;
  if (depth >= (left[0]?.path.segments.length ?? 0)) {
    for (const a of left) for (const b of right) add(a, b, pairs, most);
    return;
  }
  const [a, b] = [branch(left, depth), branch(right, depth)];
  across(a.open, b.open, depth + 1, pairs, most);
  for (const twins of b.literal.values()) across(a.open, twins, depth + 1, pairs, most);
  for (const [word, twins] of a.literal) {
    across(twins, b.open, depth + 1, pairs, most);
    across(twins, b.literal.get(word) ?? [], depth + 1, pairs, most);
  }
}

function add<T extends RouteMatcher>(a: T, b: T, pairs: [T, T][], most: number): void {
  if (pairs.length >= most) return;
  if (patternOf(a.path) !== patternOf(b.path) || a.methods.some((method) => b.methods.includes(method))) pairs.push([a, b]);
}

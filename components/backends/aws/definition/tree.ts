import type { Method, PathSegment, Route } from "../../../spec/model.ts";
import { patternOf } from "../../../spec/resolve/paths.ts";

/** What stands for one segment on the way to the backend. */
export type Bound =
  | { readonly literal: string }
  /** A path variable of the API, such as `p2`. */
  | { readonly variable: string }
  /** The greedy variable: everything that is left. */
  | { readonly rest: "proxy" };

/** A route at one path of the API, with what its parameters are there. */
export interface Operation {
  readonly route: Route;
  /** By parameter name of the route. */
  readonly parameters: Readonly<Record<string, Bound>>;
  /** What a prefix route's `*` stands for; empty for other routes. */
  readonly tail: readonly Bound[];
}

/** One resource of the API that has methods. */
export interface ApiPath {
  /** In API Gateway's notation, such as `/orders/{p2}` or `/files/{proxy+}`. */
  readonly path: string;
  readonly operations: ReadonlyMap<Method, Operation>;
}

export interface ApiTree {
  /** Sorted by path. */
  readonly paths: readonly ApiPath[];
  /** Resources the API will have, those without methods included. */
  readonly resources: number;
}

interface Candidate {
  readonly rank: number;
  readonly route: Route;
  readonly position: number;
  readonly parameters: Readonly<Record<string, Bound>>;
  readonly tail: readonly Bound[];
}

/**
 * Unfolds the routes into a tree in which every request has one way down and finds at its end the very route the model means.
 *
 * API Gateway prefers a literal segment to a variable one and a variable to a greedy one, segment by segment, and does not go back. The model
 * compares whole paths. The two agree once every branch holds all routes that could still match there: `/orders/special` next to
 * `/orders/{id}/items` gets the branch `/orders/special/items`, a prefix next to a parameter is continued below it.
 * API Gateway also allows one variable name per place; variables are named by their depth.
 */
export function unfoldRoutes(routes: readonly Route[], limit = Number.POSITIVE_INFINITY): ApiTree {
  const paths: ApiPath[] = [];
  let resources = 0;

  const visit = (at: string, depth: number, candidates: readonly Candidate[]): void => {
    resources++;
    if (resources > limit) return;
    const operations = operationsOf(candidates.filter((candidate) => arrived(candidate, depth)));
    if (operations.size > 0) paths.push({ path: at === "" ? "/" : at, operations });

    const inTail = candidates.filter((candidate) => candidate.route.path.kind === "prefix" && candidate.position === length(candidate));
    const before = candidates.filter((candidate) => candidate.position < length(candidate));
    const byParameter = before.filter((candidate) => "parameter" in segmentOf(candidate));
    const literals = new Set(before.flatMap((candidate) => literalOf(segmentOf(candidate)) ?? []));

    for (const literal of [...literals].sort()) {
      const bound = { literal };
      visit(`${at}/${literal}`, depth + 1, [
        ...before.filter((candidate) => literalOf(segmentOf(candidate)) === literal).map((candidate) => step(candidate, bound)),
        ...byParameter.map((candidate) => step(candidate, bound)),
        ...inTail.map((candidate) => step(candidate, bound)),
      ]);
    }
    if (byParameter.length > 0) {
      const bound = { variable: `p${depth + 1}` };
      visit(
        `${at}/{${bound.variable}}`,
        depth + 1,
        [...byParameter, ...inTail].map((candidate) => step(candidate, bound)),
      );
    } else if (inTail.length > 0) {
      resources++;
      paths.push({ path: `${at}/{proxy+}`, operations: operationsOf(inTail.map((candidate) => step(candidate, { rest: "proxy" }))) });
    }
  };

  visit(
    "",
    0,
    routes.map((route, rank) => ({ rank, route, position: 0, parameters: {}, tail: [] })),
  );
  return { paths: paths.sort((a, b) => (a.path < b.path ? -1 : 1)), resources };
}

const length = (candidate: Candidate) => candidate.route.path.segments.length;

const segmentOf = (candidate: Candidate) => candidate.route.path.segments[candidate.position] as PathSegment;

const literalOf = (segment: PathSegment) => ("literal" in segment ? segment.literal : undefined);

function arrived({ route, position, tail }: Candidate, depth: number): boolean {
  if (position < route.path.segments.length) return false;
  // A prefix wants something below it; `/*` has the root itself below it.
  return route.path.kind !== "prefix" || tail.length > 0 || depth === 0;
}

function step(candidate: Candidate, bound: Bound): Candidate {
  if (candidate.position === length(candidate)) return { ...candidate, tail: [...candidate.tail, bound] };
  const segment = segmentOf(candidate);
  const parameters = "parameter" in segment ? { ...candidate.parameters, [segment.parameter]: bound } : candidate.parameters;
  return { ...candidate, position: candidate.position + 1, parameters };
}

/** The most specific path that arrives here decides alone; its routes share out the methods. */
function operationsOf(candidates: readonly Candidate[]): Map<Method, Operation> {
  const operations = new Map<Method, Operation>();
  const sorted = [...candidates].sort((a, b) => a.rank - b.rank);
  const [best] = sorted;
  if (best === undefined) return operations;
  const pattern = patternOf(best.route.path);
  for (const { route, parameters, tail } of sorted) {
    if (patternOf(route.path) !== pattern) continue;
    for (const method of route.methods) if (!operations.has(method)) operations.set(method, { route, parameters, tail });
  }
  return operations;
}

/** The path sent to the backend, with the API's variables in braces. */
export function backendPath(operation: Operation, basePath: string): string {
  const { route, parameters, tail } = operation;
  const shape = route.rewrite ?? route.path;
  const own = shape.segments.map((segment): Bound => ("literal" in segment ? segment : (parameters[segment.parameter] as Bound)));
  const segments = shape.kind === "prefix" ? [...own, ...tail] : own;
  const path = segments.map((bound) => `/${"literal" in bound ? bound.literal : `{${nameOf(bound)}}`}`).join("");
  const slash = shape.trailingSlash || path === "" || (shape.kind === "prefix" && segments.length === own.length) ? "/" : "";
  return `${basePath}${path}${slash}`;
}

const nameOf = (bound: { readonly variable: string } | { readonly rest: string }) => ("variable" in bound ? bound.variable : bound.rest);

/** Variables of an API path, in order; the greedy one without its sign. */
export function variablesOf(path: string): string[] {
  return [...path.matchAll(/\{([A-Za-z0-9]+)\+?\}/g)].map((match) => match[1] as string);
}

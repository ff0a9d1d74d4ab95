import type { Route } from "../../../spec/model.ts";
import { canStartWith, literalStart } from "./path-pattern.ts";

/** Routes that can match a path, by the longest of these texts the path starts with. */
export type PathTree = ReadonlyMap<string, readonly Route[]>;

/**
 * Splits the routes by the literal text their paths start with. Envoy finds the longest start of a request's path in a trie and then judges only
 * the few routes listed there, so a thousand routes cost no more than ten. Each list keeps the order of the model and holds every route that can
 * match a path with this start, also those of shorter starts.
 */
export function pathTree(routes: readonly Route[]): PathTree {
  const byStart = new Map<string, Route[]>();
  for (const route of routes) {
    const start = literalStart(route.path);
    const entry = byStart.get(start);
    if (entry) entry.push(route);
    else byStart.set(start, [route]);
  }
  const order = new Map(routes.map((route, index) => [route, index]));
  const rank = (route: Route) => order.get(route) ?? 0;
  return new Map(
    [...byStart].map(([start, own]) => {
      const inherited = shorterStarts(start, byStart).filter((route) => canStartWith(route.path, start));
      return [start, [...own, ...inherited].sort((a, b) => rank(a) - rank(b))];
    }),
  );
}

function shorterStarts(start: string, byStart: ReadonlyMap<string, readonly Route[]>): Route[] {
  return Array.from({ length: start.length - 1 }, (_, length) => byStart.get(start.slice(0, length + 1)) ?? []).flat();
}

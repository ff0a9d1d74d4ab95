import type { Alternative, Route } from "./model.ts";

/** What a route accepts, one of which a request needs; none for a public route. */
export const alternativesOf = ({ requirement }: Route): readonly Alternative[] =>
  requirement.kind === "anyOf" ? requirement.alternatives : [];

/** Providers whose tokens some alternative of a route accepts, each once, in the order the route names them. */
export const providersOf = (route: Route): string[] => [...new Set(alternativesOf(route).flatMap(({ jwt }) => jwt?.providers ?? []))];

import type { Alternative, Route } from "./model.ts";

/** What a route accepts, one of which a request needs; none for a public route. */
export const alternativesOf = ({ requirement }: Route): readonly Alternative[] =>
  requirement.kind === "anyOf" ? requirement.alternatives : [];

import type { Method, Route } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { contains, pathMatch } from "./path-pattern.ts";
import { NOTHING_REQUIRED } from "./requirements.ts";
import { type JsonObject, setHeader } from "./values.ts";

/** An answer of the gateway itself. */
export function refusal(name: string, match: JsonObject, status: number, headers: readonly JsonObject[] = []): JsonObject {
  return {
    name,
    match,
    typed_per_filter_config: { [FILTERS.require]: NOTHING_REQUIRED },
    ...(headers.length > 0 ? { response_headers_to_add: headers } : {}),
    direct_response: { status },
  };
}

export const NOT_FOUND = refusal("not-found", { prefix: "/" }, 404);

/** 405 for each path among the candidates, with every method that some route takes there. */
export function methodRefusals(candidates: readonly Route[]): JsonObject[] {
  const paths = new Map(candidates.map((route) => [route.path.text, route.path]));
  return [...paths.values()].map((path) => {
    const serving = candidates.filter((route) => contains(route.path, path));
    const methods = new Set<Method>(serving.flatMap((route) => (route.cors ? [...route.methods, "OPTIONS"] : route.methods)));
    return refusal("method-not-allowed", pathMatch(path), 405, [setHeader("allow", [...methods].join(", "))]);
  });
}

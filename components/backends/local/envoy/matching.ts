import { type JsonObject, typed } from "./values.ts";

/** What a matcher looks at: a header; `:path` is the path as it was normalised, with its query. */
export const headerInput = (name: string): JsonObject => ({
  name: "header",
  typed_config: typed("envoy.type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: name }),
});

/** A regular expression for the whole text, in the spelling of the matchers that look at inputs. */
export const wholeText = (regex: string): JsonObject => ({ safe_regex: { google_re2: {}, regex } });

/** The action of a route matcher: the first of these routes that fits. */
export const routeList = (routes: readonly JsonObject[]): JsonObject => ({
  action: { name: "routes", typed_config: typed("envoy.config.route.v3.RouteList", { routes }) },
});

/** Runs an HTTP filter for requests whose header has such a value. */
export const runFilterWhen = (header: string, value: JsonObject, filter: JsonObject): JsonObject => ({
  matcher_list: {
    matchers: [
      {
        predicate: { single_predicate: { input: headerInput(header), value_match: value } },
        on_match: {
          action: {
            name: "run",
            typed_config: typed("envoy.extensions.filters.http.composite.v3.ExecuteFilterAction", {
              typed_config: { name: "filter", typed_config: filter },
            }),
          },
        },
      },
    ],
  },
});

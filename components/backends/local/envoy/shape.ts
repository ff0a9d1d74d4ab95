import type { GatewayModel } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { headerInput, wholeText } from "./matching.ts";
import { type JsonObject, typed } from "./values.ts";

/** Names of the refusals, as they stand in Envoy's response code details. */
export const MISSHAPEN = {
  path: "ambiguous-path",
  host: "ambiguous-host",
  url: "url-too-long",
  headers: "headers-too-large",
  authorization: "ambiguous-authorization",
  apiKey: "ambiguous-api-key",
} as const;

/** Refuses requests that two parsers could read differently, before anybody asks who sent them. */
export function shapeFilter(model: GatewayModel): JsonObject {
  const matchers = [
    refuse(MISSHAPEN.path, headerMatches(":path", AMBIGUOUS_PATH)),
    refuse(MISSHAPEN.host, { not_matcher: headerMatches(":authority", HOST) }),
    refuse(MISSHAPEN.url, larger(call("size", requestField("path")), model.limits.urlBytes)),
    // Before the body has come, the whole request is its headers.
    refuse(MISSHAPEN.headers, larger(requestField("total_size"), model.limits.headerBytes)),
    ...(Object.keys(model.jwtProviders).length > 0 ? [refuse(MISSHAPEN.authorization, ambiguousAuthorization)] : []),
    ...(model.apiKeys ? [refuse(MISSHAPEN.apiKey, headerMatches(model.apiKeys.header, "(?s).*,.*"))] : []),
  ];
  return {
    name: FILTERS.shape,
    typed_config: typed("envoy.extensions.filters.http.rbac.v3.RBAC", {
      matcher: { matcher_list: { matchers }, on_no_match: verdict("well-formed", "ALLOW") },
    }),
  };
}

/**
 * Spellings that a backend could read as another path. Before this Envoy has decoded unreserved characters, resolved dot segments, merged slashes
 * and refused escaped slashes and backslashes; what is left are
 * - a percent sign without two hexadecimal digits,
 * - control characters,
 * - bytes that are no UTF-8: overlong forms of slashes and dots among them,
 * - what is encoded twice and would be a slash, a backslash, a dot, a semicolon or a NUL,
 * - dot segments with an encoded parameter; those with a plain one it has resolved.
 */
const AMBIGUOUS_PATH = `(?s)[^?]*(${[
  "%([^0-9A-Fa-f]|[0-9A-Fa-f]([^0-9A-Fa-f]|$)|$)",
  "%([01][0-9A-Fa-f]|7[Ff])",
  "%([Cc][01]|[Ff][5-9A-Fa-f]|[Ee]0%[89]|[Ff]0%8)",
  "%25(00|2[EeFf]|3[Bb]|5[Cc])",
  "/\\.{1,2}%3[Bb]",
].join("|")}).*`;

/**
 * A host name or an address, and a port. Envoy takes everything behind the last colon for a port, and joins two Host headers with a comma:
 * without this, what it serves as our host could be another one to a backend.
 */
const HOST = "([A-Za-z0-9._-]*|\\[[0-9A-Fa-f:.]+\\])(:[0-9]{1,5})?";

const refuse = (name: string, predicate: JsonObject): JsonObject => ({ predicate, on_match: verdict(name, "DENY") });

const verdict = (name: string, action: "ALLOW" | "DENY"): JsonObject => ({
  action: { name, typed_config: typed("envoy.config.rbac.v3.Action", { name, action }) },
});

const headerMatches = (name: string, regex: string): JsonObject => ({
  single_predicate: { input: headerInput(name), value_match: wholeText(regex) },
});

/**
 * Envoy joins repeated headers with commas and would take the first token it finds, while a backend may read the last. A bearer token is one
 * token68 of RFC 9110 and nothing else.
 */
const ambiguousAuthorization: JsonObject = {
  and_matcher: {
    predicate: [
      headerMatches("authorization", "(?is)(.*[,\\s])?bearer\\s.*"),
      { not_matcher: headerMatches("authorization", "(?i:bearer) +[A-Za-z0-9._~+/-]+=*") },
    ],
  },
};

/** `value > bytes` in the Common Expression Language, as the syntax tree the matcher takes. */
const larger = (value: JsonObject, bytes: number): JsonObject => ({
  single_predicate: {
    input: { name: "request", typed_config: typed("xds.type.matcher.v3.HttpAttributesCelMatchInput") },
    custom_match: {
      name: "envoy.matching.matchers.cel_matcher",
      typed_config: typed("xds.type.matcher.v3.CelMatcher", {
        expr_match: { cel_expr_parsed: { expr: call("_>_", value, { const_expr: { int64_value: bytes } }) } },
      }),
    },
  },
});

const call = (name: string, ...args: readonly JsonObject[]): JsonObject => ({ call_expr: { function: name, args } });

const requestField = (field: string): JsonObject => ({ select_expr: { operand: { ident_expr: { name: "request" } }, field } });

import type { Cors, GatewayModel, Route } from "../../../spec/model.ts";
import { FILTERS } from "./filter-names.ts";
import { addHeader, escapeRegex, type JsonObject, oneOf, present, setHeader, typed } from "./values.ts";

/** Headers that say what other origins may do: the gateway's to set, so a backend's own are removed. */
export const CORS_RESPONSE_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-allow-private-network",
];

/** Lets pages of declared origins read answers, refusals of the gateway included. Preflights never get this far. */
export function corsFilter({ routes }: GatewayModel): JsonObject[] {
  if (!routes.some((route) => route.cors && !route.cors.anyOrigin)) return [];
  return [{ name: FILTERS.cors, typed_config: typed("envoy.extensions.filters.http.cors.v3.Cors") }];
}

export function routeCors({ cors }: Route): JsonObject | undefined {
  if (cors === undefined || cors.anyOrigin) return undefined;
  return typed(
    "envoy.extensions.filters.http.cors.v3.CorsPolicy",
    present({
      allow_origin_string_match: cors.allowOrigins.map((origin) => ({ exact: origin })),
      expose_headers: cors.exposeHeaders.length > 0 ? cors.exposeHeaders.join(",") : undefined,
      allow_credentials: cors.allowCredentials,
    }),
  );
}

/** Headers every answer of a route with CORS carries, whoever asks. */
export function corsResponseMutations({ cors }: Route): JsonObject[] {
  if (cors === undefined) return [];
  // Answers differ by origin, so no cache may give one origin's answer to another.
  if (!cors.anyOrigin) return [{ append: addHeader("vary", "origin") }];
  return [
    { append: setHeader("access-control-allow-origin", "*") },
    ...(cors.exposeHeaders.length > 0 ? [{ append: setHeader("access-control-expose-headers", cors.exposeHeaders.join(",")) }] : []),
  ];
}

/** Matches preflights that ask for what is allowed on this route: origin, method and every header. */
export function preflightHeaders(route: Route, cors: Cors): JsonObject[] | undefined {
  const methods = cors.allowMethods.filter((method) => route.methods.includes(method));
  if (methods.length === 0) return undefined;
  const headers = cors.allowHeaders.map(escapeRegex).join("|");
  return [
    { name: ":method", string_match: { exact: "OPTIONS" } },
    cors.anyOrigin ? { name: "origin", present_match: true } : { name: "origin", string_match: oneOf(cors.allowOrigins) },
    { name: "access-control-request-method", string_match: oneOf(methods) },
    {
      name: "access-control-request-headers",
      treat_missing_header_as_empty: true,
      string_match: { safe_regex: { regex: headers === "" ? "\\s*" : `(?i)\\s*((${headers})\\s*(,\\s*(${headers})\\s*)*)?` } },
    },
  ];
}

/** What such a preflight is answered. */
export function preflightResponse(cors: Cors): JsonObject[] {
  return [
    setHeader("access-control-allow-origin", cors.anyOrigin ? "*" : "%REQ(origin)%"),
    setHeader("access-control-allow-methods", cors.allowMethods.join(", ")),
    ...(cors.allowHeaders.length > 0 ? [setHeader("access-control-allow-headers", cors.allowHeaders.join(", "))] : []),
    ...(cors.allowCredentials ? [setHeader("access-control-allow-credentials", "true")] : []),
    setHeader("access-control-max-age", String(cors.maxAgeSeconds)),
    addHeader("vary", "origin, access-control-request-method, access-control-request-headers"),
  ];
}

import type { GatewayModel } from "../../../spec/model.ts";
import { hsts } from "./headers.ts";
import { POLICIES } from "./requirements.ts";
import { CHALLENGE, ROUTE_METADATA } from "./route-metadata.ts";
import { MISSHAPEN } from "./shape.ts";
import { type JsonObject, setHeader, typed } from "./values.ts";

/** What the gateway answers itself, by status: the reason phrases of RFC 9110 and RFC 6585. */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  421: "Misdirected Request",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** gRPC status codes where Envoy's own translation of the HTTP status says too little. */
const GRPC_STATUS: Readonly<Record<number, number>> = { 400: 3, 405: 12, 413: 8, 414: 8, 421: 12, 431: 8, 504: 4 };

/**
 * Every answer of the gateway itself: problem details (RFC 9457) with the request's id, never what went wrong inside. The first mapper that
 * applies decides.
 */
export function localReplies(model: GatewayModel): JsonObject {
  const grpc = model.routes.some((route) => route.grpc);
  const mapped = (filter: JsonObject, status: number, headers: readonly JsonObject[] = []) => [
    ...(grpc ? [grpcMapper(and(IS_GRPC, filter), status, model)] : []),
    mapper(filter, status, model, headers),
  ];
  return {
    mappers: [
      ...mapped(details(`[${MISSHAPEN.url}]`), 414),
      ...mapped(details(`[${MISSHAPEN.headers}]`), 431),
      ...mapped(details(...[MISSHAPEN.path, MISSHAPEN.host, MISSHAPEN.authorization, MISSHAPEN.apiKey].map((name) => `[${name}]`)), 400),
      ...mapped(details("Jwks_remote_fetch"), 503),
      ...mapped(details("jwt_authn_access_denied{Jwt_is_missing}"), 401, [challenge()]),
      ...mapped(details("jwt_authn_access_denied"), 401, [challenge(', error="invalid_token"')]),
      ...mapped(or(statusIs(401), details(`[${POLICIES.unauthenticated}]`)), 401, [challenge()]),
      ...EARLY.map((status) => mapper(and(statusIs(status), WITHOUT_ID), status, model, [ownId], "%RESP(x-request-id)%")),
      ...Object.keys(TITLES).flatMap((status) => mapped(statusIs(Number(status)), Number(status))),
      // Nothing above 400 that Envoy says by itself goes out as it is.
      ...mapped(statusAtLeast(400), 500),
    ],
  };
}

function mapper(filter: JsonObject, status: number, model: GatewayModel, headers: readonly JsonObject[], id = "%STREAM_ID%"): JsonObject {
  return {
    filter,
    status_code: status,
    headers_to_add: [...common(model), ...headers],
    body_format_override: {
      json_format: { type: "about:blank", title: TITLES[status], status: "%RESPONSE_CODE%", requestId: id },
      content_type: "application/problem+json",
    },
  };
}

/** Answers Envoy can give before a request has got its id: it could not be read, or there is no room for it. */
const EARLY = [400, 408, 413, 426, 431, 500, 501, 503];

const WITHOUT_ID: JsonObject = { header_filter: { header: { name: "x-request-id", present_match: false } } };

const ownId: JsonObject = { header: { key: "x-request-id", value: "%UNIQUE_ID%" }, append_action: "ADD_IF_ABSENT" };

/** gRPC clients get the status in `grpc-status`, and a sentence for people in `grpc-message`. */
function grpcMapper(filter: JsonObject, status: number, model: GatewayModel): JsonObject {
  const code = GRPC_STATUS[status];
  return {
    filter,
    status_code: status,
    headers_to_add: [...common(model), ...(code === undefined ? [] : [setHeader("grpc-status", String(code))])],
    body_format_override: { text_format_source: { inline_string: `${TITLES[status]} (request %STREAM_ID%)` } },
  };
}

/** Also on answers given before the filters run, such as those to requests that cannot be read. */
const common = (model: GatewayModel): JsonObject[] => [setHeader("strict-transport-security", hsts(model))];

/** The route's challenge; the one for tokens stands last in it, so that what is wrong with a token can be added. */
const challenge = (more = ""): JsonObject => setHeader("www-authenticate", `%METADATA(ROUTE:${ROUTE_METADATA}:${CHALLENGE})%${more}`);

const and = (...filters: JsonObject[]): JsonObject => ({ and_filter: { filters } });
const or = (...filters: JsonObject[]): JsonObject => ({ or_filter: { filters } });

const compare = (op: string, status: number): JsonObject => ({
  status_code_filter: { comparison: { op, value: { default_value: status, runtime_key: "gateway.status" } } },
});
const statusIs = (status: number): JsonObject => compare("EQ", status);
const statusAtLeast = (status: number): JsonObject => compare("GE", status);

/** By the reason Envoy notes for itself. */
const details = (...texts: readonly string[]): JsonObject => ({
  extension_filter: {
    name: "envoy.access_loggers.extension_filters.cel",
    typed_config: typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter", {
      expression: texts.map((text) => `response.code_details.contains('${text}')`).join(" || "),
    }),
  },
});

const IS_GRPC: JsonObject = {
  header_filter: { header: { name: "content-type", string_match: { safe_regex: { regex: "application/grpc([+;].*)?" } } } },
};

import type { Cors, GatewayModel, Method } from "../../../spec/model.ts";
import { strictTransportSecurity } from "../needs.ts";

/** Answers the API gives itself: errors, 405 and preflights. */

const PROBLEM = "application/problem+json";

interface GatewayResponse {
  readonly statusCode?: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: Readonly<Record<string, string>>;
}

const quoted = (value: string) => `'${value}'`;

/** A body of RFC 9457. Templates of gateway responses know variables and nothing else of the template language. */
function problem(status: number | undefined, title: string): string {
  return `{"type":"about:blank","title":"${title}",${status === undefined ? "" : `"status":${status},`}"requestId":"$context.requestId"}`;
}

/**
 * What clients see of every error, by API Gateway's response type. Types not listed fall to the two defaults.
 * `INVALID_API_KEY` is how a metered method answers when the authorizer withholds the usage key: the request is over a limit.
 */
export function gatewayResponses(model: GatewayModel): Record<string, GatewayResponse> {
  const hsts = strictTransportSecurity(model.tls);
  const answer = (status: number, title: string, headers: Readonly<Record<string, string>> = {}): GatewayResponse => ({
    statusCode: String(status),
    responseParameters: Object.fromEntries(
      Object.entries({ "content-type": PROBLEM, "strict-transport-security": hsts, "cache-control": "no-store", ...headers }).map(
        ([name, value]) => [`gatewayresponse.header.${name}`, quoted(value)],
      ),
    ),
    responseTemplates: { "application/json": problem(status, title) },
  });
  // Types not listed keep their own status, which a template cannot name.
  const rest = (title: string): GatewayResponse => {
    const { statusCode: _, ...unnumbered } = answer(0, title);
    return { ...unnumbered, responseTemplates: { "application/json": problem(undefined, title) } };
  };
  const tooMany = answer(429, "Too Many Requests", { "retry-after": "1" });
  return {
    ACCESS_DENIED: answer(403, "Forbidden"),
    API_CONFIGURATION_ERROR: answer(500, "Internal Server Error"),
    AUTHORIZER_CONFIGURATION_ERROR: answer(503, "Service Unavailable"),
    AUTHORIZER_FAILURE: answer(503, "Service Unavailable"),
    BAD_REQUEST_BODY: answer(400, "Bad Request"),
    BAD_REQUEST_PARAMETERS: answer(400, "Bad Request"),
    DEFAULT_4XX: rest("Request Refused"),
    DEFAULT_5XX: rest("Server Error"),
    EXPIRED_TOKEN: answer(403, "Forbidden"),
    INTEGRATION_FAILURE: answer(502, "Bad Gateway"),
    INTEGRATION_TIMEOUT: answer(504, "Gateway Timeout"),
    INVALID_API_KEY: tooMany,
    INVALID_SIGNATURE: answer(403, "Forbidden"),
    MISSING_AUTHENTICATION_TOKEN: answer(404, "Not Found"),
    QUOTA_EXCEEDED: tooMany,
    REQUEST_TOO_LARGE: answer(413, "Content Too Large"),
    RESOURCE_NOT_FOUND: answer(404, "Not Found"),
    THROTTLED: tooMany,
    UNAUTHORIZED: answer(401, "Unauthorized", { "www-authenticate": challenge(model) }),
    UNSUPPORTED_MEDIA_TYPE: answer(415, "Unsupported Media Type"),
    WAF_FILTERED: answer(403, "Forbidden"),
  };
}

/** What a 401 asks for. */
function challenge(model: GatewayModel): string {
  return Object.keys(model.jwtProviders).length > 0 ? "Bearer" : "ApiKey";
}

/** A mock integration's method: it answers without a backend. The body is read as text, as the API's own media types are binary. */
function mock(
  status: number,
  headers: Readonly<Record<string, string>>,
  template: string,
  allowed: readonly string[],
): Record<string, unknown> {
  const names = [...new Set([...Object.keys(headers), ...allowed])].sort();
  return {
    responses: {
      [status]: {
        description: "Answered by the gateway",
        headers: Object.fromEntries(names.map((name) => [name, { schema: { type: "string" } }])),
      },
    },
    security: [],
    "x-amazon-apigateway-integration": {
      type: "mock",
      passthroughBehavior: "never",
      contentHandling: "CONVERT_TO_TEXT",
      requestTemplates: { "application/json": `{"statusCode":${status}}` },
      responses: {
        default: {
          statusCode: String(status),
          responseParameters: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, quoted(value)]),
          ),
          responseTemplates: { "application/json": template },
        },
      },
    },
  };
}

/** Every method a path does not list: 405 with `Allow`. */
export function methodNotAllowed(methods: readonly Method[], model: GatewayModel): Record<string, unknown> {
  return mock(
    405,
    { allow: [...methods].sort().join(", "), "content-type": PROBLEM, "strict-transport-security": strictTransportSecurity(model.tls) },
    problem(405, "Method Not Allowed"),
    [],
  );
}

const CORS_HEADERS = [
  "access-control-allow-credentials",
  "access-control-allow-headers",
  "access-control-allow-methods",
  "access-control-allow-origin",
  "access-control-max-age",
];

/** OPTIONS of a path with cors on: no authorizer, 204, headers for declared origins only. */
export function preflight(cors: Cors, model: GatewayModel): Record<string, unknown> {
  return mock(
    204,
    { vary: "Origin", "strict-transport-security": strictTransportSecurity(model.tls) },
    preflightTemplate(cors),
    CORS_HEADERS,
  );
}

/** The template that compares the Origin header; header names reach it as the client wrote them. */
export function preflightTemplate(cors: Cors): string {
  const set = (header: string, value: string) => `#set($context.responseOverride.header.${header} = ${value})`;
  const text = (value: string) => `"${value}"`;
  const headers = [
    set("access-control-allow-origin", cors.anyOrigin ? text("*") : "$origin"),
    set("access-control-allow-methods", text(cors.allowMethods.join(", "))),
    ...(cors.allowHeaders.length > 0 ? [set("access-control-allow-headers", text(cors.allowHeaders.join(", ")))] : []),
    ...(cors.allowCredentials ? [set("access-control-allow-credentials", text("true"))] : []),
    set("access-control-max-age", text(String(cors.maxAgeSeconds))),
  ].join("");
  if (cors.anyOrigin) return headers;
  const read = `#set($origin = $input.params().header.get("Origin"))#if(!$origin)#set($origin = $input.params().header.get("origin"))#end`;
  const known = `#set($known = false)#foreach($allowed in [${cors.allowOrigins.map(text).join(", ")}])#if($allowed == $origin)#set($known = true)#end#end`;
  return `${read}${known}#if($known)${headers}#end`;
}

import type { Cors, GatewayModel } from "../../../../components/spec/model.ts";
import { is, json, type Matcher, prose, type Shape } from "../../shape.ts";
import type { Context } from "../expected/context.ts";
import { runTemplate, type Written } from "./template.ts";

const PROBLEM = "'application/problem+json'";

/** RFC 9110's words for the statuses the gateway answers with by itself. */
const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Every kind of answer API Gateway makes by itself, by its names for them, with the status clients are to see. */
const ANSWERS: Readonly<Record<string, number>> = {
  ACCESS_DENIED: 403,
  API_CONFIGURATION_ERROR: 500,
  // The authorizer failed, which is neither the client's fault nor its credential's.
  AUTHORIZER_CONFIGURATION_ERROR: 503,
  AUTHORIZER_FAILURE: 503,
  BAD_REQUEST_BODY: 400,
  BAD_REQUEST_PARAMETERS: 400,
  EXPIRED_TOKEN: 403,
  INTEGRATION_FAILURE: 502,
  INTEGRATION_TIMEOUT: 504,
  // What a counted method answers when the authorizer withholds the usage key: the request is over a limit.
  INVALID_API_KEY: 429,
  INVALID_SIGNATURE: 403,
  // What an unknown path gets.
  MISSING_AUTHENTICATION_TOKEN: 404,
  QUOTA_EXCEEDED: 429,
  REQUEST_TOO_LARGE: 413,
  RESOURCE_NOT_FOUND: 404,
  THROTTLED: 429,
  UNAUTHORIZED: 401,
  UNSUPPORTED_MEDIA_TYPE: 415,
  WAF_FILTERED: 403,
};

/** The body of RFC 9457: what, and the request's id to ask about. Nothing of the inside. */
const problem = (status: number | undefined, title: Shape): Matcher =>
  json({ type: "about:blank", title, status, requestId: "$context.requestId" });

/** Gateway responses: one for every kind, and two for those AWS may add, which keep their own status. */
export function gatewayResponses(c: Context): Shape {
  const headers = (status?: number): Shape => ({
    "gatewayresponse.header.content-type": PROBLEM,
    "gatewayresponse.header.strict-transport-security": `'${c.hsts}'`,
    "gatewayresponse.header.cache-control": "'no-store'",
    "gatewayresponse.header.retry-after": status === 429 ? "'1'" : undefined,
    "gatewayresponse.header.www-authenticate": status === 401 ? `'${challenge(c.model)}'` : undefined,
  });
  const other = {
    statusCode: undefined,
    responseParameters: headers(),
    responseTemplates: { "application/json": problem(undefined, titled) },
  };
  return {
    ...Object.fromEntries(
      Object.entries(ANSWERS).map(([name, status]) => [
        name,
        {
          statusCode: String(status),
          responseParameters: headers(status),
          responseTemplates: { "application/json": problem(status, REASONS[status]) },
        },
      ]),
    ),
    DEFAULT_4XX: other,
    DEFAULT_5XX: other,
  };
}

const titled = is("a few words", (value) => typeof value === "string" && /^[A-Z][a-z]+( [A-Z][a-z]+)*$/.test(value));
const challenge = ({ jwtProviders }: GatewayModel): string => (Object.keys(jwtProviders).length > 0 ? "Bearer" : "ApiKey");

/** A method answered without a backend. Headers that a template sets have to be declared as well. */
function mock(status: number, headers: Readonly<Record<string, string>>, more: readonly string[], template: Shape): Record<string, Shape> {
  const declared = [...Object.keys(headers), ...more].map((name) => [name, { schema: { type: "string" } }]);
  return {
    responses: { [status]: { description: prose, headers: Object.fromEntries(declared) } },
    security: [],
    "x-amazon-apigateway-integration": {
      type: "mock",
      passthroughBehavior: "never",
      // Media types of the API are binary, and a template wants text.
      contentHandling: "CONVERT_TO_TEXT",
      requestTemplates: { "application/json": json({ statusCode: status }) },
      responses: {
        default: {
          statusCode: String(status),
          responseParameters: Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [`method.response.header.${name}`, `'${value}'`]),
          ),
          responseTemplates: { "application/json": template },
        },
      },
    },
  };
}

/** What methods get that a path does not have. */
export const methodNotAllowed = (c: Context, methods: readonly string[]): Record<string, Shape> =>
  mock(
    405,
    { allow: [...methods].sort().join(", "), "content-type": "application/problem+json", "strict-transport-security": c.hsts },
    [],
    problem(405, REASONS[405]),
  );

/** A preflight: 204 without a body for everybody, headers of the document for its origins. */
export const preflight = (c: Context, cors: Cors): Record<string, Shape> =>
  mock(
    204,
    { vary: "Origin", "strict-transport-security": c.hsts },
    ["credentials", "headers", "methods", "origin"].map((name) => `access-control-allow-${name}`).concat("access-control-max-age"),
    is("an answer to the document's origins only", (value) => typeof value === "string" && answersPreflights(value, cors)),
  );

function answersPreflights(template: string, cors: Cors): boolean {
  const same = (one: Written, text: string, headers: Record<string, string>) =>
    one.text === text && JSON.stringify(Object.entries(one.headers).sort()) === JSON.stringify(Object.entries(headers).sort());
  const granted = (origin: string): Record<string, string> => ({
    "access-control-allow-origin": origin,
    "access-control-allow-methods": cors.allowMethods.join(", "),
    ...(cors.allowHeaders.length > 0 ? { "access-control-allow-headers": cors.allowHeaders.join(", ") } : {}),
    ...(cors.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
    "access-control-max-age": String(cors.maxAgeSeconds),
  });
  try {
    if (cors.anyOrigin) return same(runTemplate(template, { Origin: "https://anybody.example" }), "", granted("*"));
    const strangers = [{}, { Origin: "https://evil.example" }, { Origin: `${cors.allowOrigins[0]}.evil.example` }, { origin: "null" }];
    return (
      strangers.every((headers) => same(runTemplate(template, headers as Record<string, string>), "", {})) &&
      cors.allowOrigins.every((origin) =>
        ["Origin", "origin"].every((header) => same(runTemplate(template, { [header]: origin }), "", granted(origin))),
      )
    );
  } catch {
    return false;
  }
}

import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { AwsApi } from "./api.ts";

/** Answers API Gateway makes itself: problem+json with the request's id, HSTS, and nothing of the inside. */
export function observeAnswers(api: AwsApi, hsts: string, o: Observations): void {
  const answers = (api.body["x-amazon-apigateway-gateway-responses"] ?? {}) as Record<string, Json>;
  if (api.flavour === "http") {
    o.holds("errors.problem", "", "an HTTP API answers with a message only", true);
    for (const item of Object.values((api.body.paths ?? {}) as Record<string, Json>))
      for (const operation of Object.values(item as Record<string, Json>))
        for (const [status, changes] of Object.entries(
          (operation["x-amazon-apigateway-integration"]?.responseParameters ?? {}) as Record<string, Json>,
        )) {
          o.same("tls.hsts", `tls.hsts (${status})`, hsts, changes["overwrite:header.strict-transport-security"]);
          o.same("request.headers", "headers", "''", changes["remove:header.server"]);
        }
    return;
  }
  const wanted: Record<string, number | undefined> = {
    ACCESS_DENIED: 403,
    UNAUTHORIZED: 401,
    AUTHORIZER_FAILURE: 503,
    AUTHORIZER_CONFIGURATION_ERROR: 503,
    DEFAULT_4XX: undefined,
    DEFAULT_5XX: undefined,
    INTEGRATION_FAILURE: 502,
    INTEGRATION_TIMEOUT: 504,
    THROTTLED: 429,
    QUOTA_EXCEEDED: 429,
    MISSING_AUTHENTICATION_TOKEN: 404,
    REQUEST_TOO_LARGE: 413,
    WAF_FILTERED: 403,
    INVALID_API_KEY: undefined,
    BAD_REQUEST_PARAMETERS: 400,
  };
  for (const [name, status] of Object.entries(wanted))
    if (status !== undefined || name.startsWith("DEFAULT"))
      o.same(
        "errors.problem",
        "",
        status === undefined ? undefined : String(status),
        answers[name]?.statusCode === undefined ? undefined : String(answers[name]?.statusCode),
      );
  for (const [name, answer] of Object.entries(answers)) {
    const headers = answer.responseParameters ?? {};
    o.same("tls.hsts", `tls.hsts (${name})`, `'${hsts}'`, headers["gatewayresponse.header.strict-transport-security"]);
    o.same("errors.problem", "", "'application/problem+json'", headers["gatewayresponse.header.content-type"]);
    o.same("errors.problem", "", "'no-store'", headers["gatewayresponse.header.cache-control"]);
    const templates = Object.values((answer.responseTemplates ?? {}) as Record<string, string>);
    o.holds(
      "errors.problem",
      "",
      `${name} has a body of its own without internals`,
      templates.length > 0 && templates.every((text) => problemOnly(text)),
    );
    for (const problem of templates.map(problemOf))
      if (problem !== undefined)
        o.same(
          "errors.problem",
          "",
          ["$context.requestId", answer.statusCode && Number(answer.statusCode), true, "about:blank"],
          [problem.requestId, answer.statusCode && problem.status, typeof problem.title === "string" && problem.title !== "", problem.type],
        );
    if (answer.statusCode === "429") o.holds("errors.problem", "", `${name} says when to come back`, Boolean(headers[RETRY_AFTER]));
  }
  for (const item of Object.values((api.body.paths ?? {}) as Record<string, Json>))
    for (const [method, operation] of Object.entries(item as Record<string, Json>)) {
      const integration = operation?.["x-amazon-apigateway-integration"];
      if (integration?.type !== "mock") continue;
      const parameters = integration.responses?.default?.responseParameters ?? {};
      o.same("tls.hsts", "tls.hsts", `'${hsts}'`, parameters["method.response.header.strict-transport-security"]);
      if (method !== "options") o.same("route.methods", "routes", "405", integration.responses?.default?.statusCode);
    }
}

const RETRY_AFTER = "gatewayresponse.header.retry-after";

/** The problem a template writes, where it is one without choices. */
function problemOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `$context` of a request may say its id and what the authorizer chose to say, nothing else. */
function problemOnly(text: string): boolean {
  const variables = text.match(/\$context\.[\w.]+/g) ?? [];
  return (
    variables.every((one) => /^\$context\.(requestId|authorizer\.\w+|responseOverride\.\w+(\.[\w-]+)?)$/.test(one)) &&
    text.includes('"type"') &&
    text.includes("requestId")
  );
}

import type { GatewayModel, Route } from "../../../spec/model.ts";
import { alternativesOf } from "../../../spec/requirement.ts";
import { removeBackendCors, responseCors, usesCredentials } from "./cors.ts";
import { type Expression, expression, literal, literals, statements, variable } from "./csharp.ts";
import { choose, deleteHeader, fragmentId, includeFragment, setHeader, setOrDeleteHeader, setVariable } from "./elements.ts";
import { quotaRetryExpression } from "./limits.ts";
import type { Profiles } from "./profiles.ts";
import { routeRules, rules } from "./request.ts";
import { element, type PolicyNode } from "./xml.ts";

/** What clients get to see. */

/** `Strict-Transport-Security` (RFC 6797). */
export function hsts({ tls }: GatewayModel): string {
  const { maxAgeSeconds, includeSubdomains, preload } = tls.hsts;
  return `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

const TITLES: Readonly<Record<string, string>> = {
  "400": "Bad Request",
  "401": "Unauthorized",
  "403": "Forbidden",
  "404": "Not Found",
  "405": "Method Not Allowed",
  "411": "Length Required",
  "413": "Content Too Large",
  "414": "URI Too Long",
  "421": "Misdirected Request",
  "429": "Too Many Requests",
  "431": "Request Header Fields Too Large",
  "502": "Bad Gateway",
  "503": "Service Unavailable",
  "504": "Gateway Timeout",
};

const known = (name: string): string => `context.Variables.GetValueOrDefault<string>(${literal(name)}, "")`;
const STATUS = known("problem");
const TITLE = `(Array.IndexOf(${literals(Object.keys(TITLES))}, ${STATUS}) < 0 ? "Internal Server Error" : ${literals(
  Object.values(TITLES),
)}[Array.IndexOf(${literals(Object.keys(TITLES))}, ${STATUS})])`;

/** The fragment every refusal ends in. Variables it reads may be missing: the platform refuses some requests before the policy begins. */
export const problemFragment = (model: GatewayModel): PolicyNode =>
  element("fragment", {}, [
    element("return-response", {}, [
      element("set-status", { code: expression(`int.Parse(${STATUS})`), reason: expression(TITLE) }),
      setHeader("content-type", "application/problem+json"),
      setHeader("cache-control", "no-store"),
      setHeader("strict-transport-security", hsts(model)),
      setHeader("x-request-id", expression("context.RequestId.ToString()")),
      setOrDeleteHeader("www-authenticate", `(${STATUS} == "401" ? ${known("challenge")} : "")`),
      setOrDeleteHeader("allow", `(${STATUS} == "405" ? ${known("allow")} : "")`),
      setOrDeleteHeader("retry-after", `(${STATUS} == "429" ? ${known("retry")} : "")`),
      setOrDeleteHeader("access-control-allow-origin", known("origin")),
      ...(usesCredentials(model)
        ? [setOrDeleteHeader("access-control-allow-credentials", `(${known("origin")} == "" ? "" : ${known("credentials")})`)]
        : []),
      setOrDeleteHeader("vary", `(${known("origin")} == "" ? "" : "origin")`),
      element(
        "set-body",
        {},
        statements(
          `var body = new JObject(); body["type"] = "about:blank"; body["title"] = ${TITLE}; body["status"] = int.Parse(${STATUS});`,
          `body["requestId"] = context.RequestId.ToString(); return body.ToString();`,
        ),
      ),
    ]),
  ]);

/** Ends the request with this status. */
export const refuse =
  (model: GatewayModel) =>
  (status: string): PolicyNode[] => [setVariable("problem", expression(literal(status))), includeFragment(fragmentId(model, "problem"))];

/** Ends the request when the variable `problem` names a status. */
export const refuseIfProblem = (model: GatewayModel): PolicyNode[] =>
  choose([{ when: expression(`${variable("problem")} != ""`), steps: [includeFragment(fragmentId(model, "problem"))] }]);

/** What a 401 of the route asks for. */
export const challengeExpression = (profiles: Profiles): Expression =>
  statements(profiles.select((route) => literal(challengeOf(route, profiles.model)), `""`));

function challengeOf(route: Route, model: GatewayModel): string {
  const asked = (kind: "jwt" | "apiKey" | "clientCertificate") => alternativesOf(route).some((item) => item[kind] !== undefined);
  const realm = `realm="${model.hostname}"`;
  return [
    ...(asked("clientCertificate") ? [`ClientCertificate ${realm}`] : []),
    ...(asked("apiKey") ? [`ApiKey ${realm}, header="${model.apiKeys?.header ?? ""}"`] : []),
    ...(asked("jwt") ? [`Bearer ${realm}`] : []),
  ].join(", ");
}

/** What backends and the platform say of themselves. */
const TELLTALE = ["server", "x-powered-by", "x-aspnet-version", "x-aspnetmvc-version", "request-context", "ocp-apim-trace-location"];

/** What every answer of a backend loses and gains. */
export const answerFragment = (model: GatewayModel): PolicyNode =>
  element("fragment", {}, [
    ...TELLTALE.map(deleteHeader),
    ...removeBackendCors(),
    setHeader("strict-transport-security", hsts(model)),
    setHeader("x-request-id", expression("context.RequestId.ToString()")),
  ]);

export function outbound(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  return [
    includeFragment(fragmentId(model, "answer")),
    ...responseCors(profiles),
    ...rules(model.headers.response),
    ...routeRules(profiles, "response"),
  ];
}

/** Reasons of the platform's own errors, as its error reference names them, and what a client is told. */
const REASONS: readonly (readonly [status: string, reasons: readonly string[]])[] = [
  ["401", ["SubscriptionKeyNotFound", "SubscriptionKeyInvalid"]],
  ["403", ["CallerIpNotAllowed", "CallerIpBlocked", "FailedToParseCallerIP"]],
  ["404", ["OperationNotFound"]],
  ["429", ["RateLimitExceeded", "QuotaExceeded"]],
  ["502", ["BackendConnectionFailure"]],
  ["504", ["Timeout"]],
];

/** Policies that refuse by failing. */
const SOURCES: readonly (readonly [status: string, source: string])[] = [
  ["401", "validate-jwt"],
  ["403", "validate-client-certificate"],
  ["503", "limit-concurrency"],
];

/** Everything that fails anywhere ends here; what is not known is an error of the gateway, and says nothing. */
export function onError(profiles: Profiles): PolicyNode[] {
  const { model } = profiles;
  const status = statements(
    "var e = context.LastError;",
    `switch (e.Reason) { ${REASONS.map(([code, reasons]) => `${reasons.map((reason) => `case ${literal(reason)}:`).join(" ")} return ${literal(code)};`).join(" ")} default: break; }`,
    `switch (e.Source) { ${SOURCES.map(([code, source]) => `case ${literal(source)}: return ${literal(code)};`).join(" ")} default: break; }`,
    `return context.Response != null && context.Response.StatusCode == 503 ? "503" : "500";`,
  );
  const quota = quotaRetryExpression(model);
  return [
    setVariable("problem", status),
    setVariable(
      "retry",
      expression(`context.Variables.ContainsKey("retryAfter") ? Convert.ToString(context.Variables["retryAfter"]) : "1"`),
    ),
    ...(quota ? choose([{ when: expression(`context.LastError.Reason == "QuotaExceeded"`), steps: [setVariable("retry", quota)] }]) : []),
    includeFragment(fragmentId(model, "problem")),
  ];
}

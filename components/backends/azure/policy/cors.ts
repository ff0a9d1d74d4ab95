import type { Cors, GatewayModel, Route } from "../../../spec/model.ts";
import { type Expression, expression, header, literal, literals, statements, variable } from "./csharp.ts";
import { appendHeader, type Branch, choose, deleteHeader, setHeader, setOrDeleteHeader } from "./elements.ts";
import type { Profiles } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/**
 * Cross-origin requests, judged here and not by the `cors` policy: that answers a preflight by origin alone, for the whole API and with 200,
 * while the document's rules are per route and cover methods and headers.
 */

const NONE = `""`;

export const usesCors = ({ model }: Profiles): boolean => model.routes.some(({ cors }) => cors !== undefined);

/** True where some route lets other origins send credentials; without one, no answer ever says so. */
export const usesCredentials = ({ routes }: Pick<GatewayModel, "routes">): boolean =>
  routes.some(({ cors }) => cors?.allowCredentials === true);

/** The origin to name in answers: the request's own when the route allows it, `*` when it allows every one, else empty. */
export const originExpression = (profiles: Profiles): Expression =>
  statements(
    `var o = ${header("Origin")}; if (o == "") { return ""; }`,
    profiles.select(
      ({ cors }) => (cors === undefined ? NONE : cors.anyOrigin ? `"*"` : `Array.IndexOf(${literals(cors.allowOrigins)}, o) >= 0 ? o : ""`),
      NONE,
    ),
  );

/** True for a preflight whose origin, method and headers are allowed; that the route serves the method is known from its entry. Routes that share a profile serve different ones. */
const permitted = (profiles: Profiles): Expression =>
  statements(
    `if (${variable("origin")} == "" || !${variable("entry")}.StartsWith("?", StringComparison.Ordinal)) { return false; }`,
    "var methods = new string[0]; var headers = new string[0];",
    profiles.select(
      (route) =>
        route.cors === undefined ? "" : `methods = ${literals(route.cors.allowMethods)}; headers = ${literals(route.cors.allowHeaders)};`,
      "",
      (result) => result,
      " break;",
    ),
    `if (Array.IndexOf(methods, ${header("Access-Control-Request-Method")}) < 0) { return false; }`,
    `foreach (var h in ${header("Access-Control-Request-Headers")}.Split(',')) { var name = h.Trim().ToLowerInvariant(); if (name != "" && Array.IndexOf(headers, name) < 0) { return false; } }`,
    "return true;",
  );

const byProfile = (profiles: Profiles, value: (route: Route, cors: Cors) => string): Expression =>
  statements(profiles.select((route) => (route.cors === undefined ? NONE : literal(value(route, route.cors))), NONE));

/** "true" where the route lets other origins send credentials. */
export const credentialsExpression = (profiles: Profiles): Expression =>
  expression(
    `Array.IndexOf(${literals(profiles.where(({ cors }) => cors?.allowCredentials === true))}, ${variable("profile")}) >= 0 ? "true" : ""`,
  );

const allowCredentials = ({ model }: Profiles): PolicyNode[] =>
  usesCredentials(model) ? [setOrDeleteHeader("access-control-allow-credentials", variable("credentials"))] : [];

/** Answers permitted preflights with 204, without credentials; the others go on and find no route. */
export function preflight(profiles: Profiles, hsts: string): PolicyNode[] {
  if (!usesCors(profiles)) return [];
  const answer = element("return-response", {}, [
    element("set-status", { code: "204", reason: "No Content" }),
    setHeader("access-control-allow-origin", expression(variable("origin"))),
    setHeader(
      "access-control-allow-methods",
      byProfile(profiles, (_, cors) => cors.allowMethods.join(", ")),
    ),
    setHeader(
      "access-control-allow-headers",
      byProfile(profiles, (_route, cors) => cors.allowHeaders.join(", ")),
    ),
    ...allowCredentials(profiles),
    setHeader(
      "access-control-max-age",
      byProfile(profiles, (_route, cors) => String(cors.maxAgeSeconds)),
    ),
    setHeader("vary", "origin, access-control-request-method, access-control-request-headers"),
    setHeader("strict-transport-security", hsts),
  ]);
  return choose([{ when: permitted(profiles), steps: [answer] }]);
}

/** A backend's own idea of other origins is removed: the document decides. */
const BACKEND_HEADERS = [
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-allow-private-network",
];

export const removeBackendCors = (): PolicyNode[] => BACKEND_HEADERS.map(deleteHeader);

/** Lets pages of allowed origins read the answer. */
export function responseCors(profiles: Profiles): PolicyNode[] {
  if (!usesCors(profiles)) return [];
  const exposed = profiles.model.routes.some(({ cors }) => cors && cors.exposeHeaders.length > 0);
  const branch: Branch = {
    when: expression(`${variable("origin")} != ""`),
    steps: [
      setHeader("access-control-allow-origin", expression(variable("origin"))),
      ...(exposed
        ? [
            setHeader(
              "access-control-expose-headers",
              byProfile(profiles, (_route, cors) => cors.exposeHeaders.join(", ")),
            ),
          ]
        : []),
      ...allowCredentials(profiles),
    ],
  };
  return [appendHeader("vary", "origin"), ...choose([branch])];
}

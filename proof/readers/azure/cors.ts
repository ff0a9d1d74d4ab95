import type { GatewayModel, Method, Route } from "../../../components/spec/model.ts";
import { type ProbeRequest, routesAt } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import { hstsOf } from "./expected.ts";
import type { Run } from "./policy/happening.ts";
import type { RunProbe } from "./requests.ts";
import { observeProblem } from "./shape.ts";

const FOREIGN = "https://evil.example";
const METHODS: readonly Method[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Preflights of allowed and of other origins, methods and headers; refusals that pages may read. */
export function observeCors(run: RunProbe, request: ProbeRequest, model: GatewayModel, route: Route, o: Observations): void {
  const { cors, at, methods } = route;
  // Where OPTIONS is somebody's method, it is a request like others.
  if (routesAt(model, request.path).some((one) => one.methods.includes("OPTIONS"))) return;
  const ask = (origin: string, method: string, headers?: string): Run =>
    run(
      { ...request, method: "OPTIONS", token: undefined, consumer: undefined },
      {
        headers: {
          Origin: origin,
          "Access-Control-Request-Method": method,
          ...(headers ? { "Access-Control-Request-Headers": headers } : {}),
        },
      },
    );
  const [first = "GET"] = methods;
  if (!cors?.anyOrigin) {
    const foreign = ask(FOREIGN, first);
    o.same("cors", `${at}.cors`, 405, foreign.status);
    observeProblem(model, foreign, `${at}.cors`, o, { route, path: request.path });
  }
  if (cors === undefined) return;
  const origins = cors.anyOrigin ? [FOREIGN] : cors.allowOrigins;
  for (const origin of origins) {
    for (const method of cors.allowMethods.filter((one) => methods.includes(one))) {
      const answer = ask(origin, method, cors.allowHeaders.join(", ") || undefined);
      o.same("cors", `${at}.cors`, [204, "No Content"], [answer.status, answer.reason]);
      o.sameSet("cors", `${at}.cors`, preflightHeaders(model, route, origin), withoutEmpty(answer.headers));
      o.same("cors", `${at}.cors.allowHeaders`, 405, ask(origin, method, "x-not-allowed").status);
    }
    const withKey = run(request, { headers: { Origin: origin, "Content-Length": String(route.bodyBytes + 1) } });
    observeProblem(model, withKey, `${at}.cors refusal`, o, { route, origin });
  }
  for (const method of METHODS.filter((one) => !cors.allowMethods.includes(one)))
    o.same("cors", `${at}.cors.allowMethods`, 405, ask(origins[0] ?? FOREIGN, method).status);
}

const withoutEmpty = (headers: Readonly<Record<string, string>>) => Object.entries(headers).filter(([, value]) => value !== "");

function preflightHeaders(model: GatewayModel, { cors }: Route, origin: string): [string, string][] {
  if (cors === undefined) return [];
  return [
    ["access-control-allow-origin", cors.anyOrigin ? "*" : origin],
    ["access-control-allow-methods", cors.allowMethods.join(", ")],
    ...(cors.allowHeaders.length > 0 ? [["access-control-allow-headers", cors.allowHeaders.join(", ")] as [string, string]] : []),
    ...(cors.allowCredentials ? [["access-control-allow-credentials", "true"] as [string, string]] : []),
    ["access-control-max-age", String(cors.maxAgeSeconds)],
    ["vary", "origin, access-control-request-method, access-control-request-headers"],
    ["strict-transport-security", hstsOf(model)],
  ];
}

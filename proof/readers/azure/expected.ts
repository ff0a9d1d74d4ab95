import { STATUS_CODES } from "node:http";
import { FORGEABLE_HEADERS } from "../../../components/backends/forgeable-headers.ts";
import type { GatewayModel, HeaderRules, Route } from "../../../components/spec/model.ts";
import { claimOf, expectedOutcome, type ProbeRequest, routesAt } from "../../requests.ts";
import { CLIENT_AUTH, REQUEST_ID } from "./policy/context.ts";

/** What the document says that goes to backends and back to clients, header by header. */

type Headers = Record<string, string>;

/** `Strict-Transport-Security` of every answer. */
export function hstsOf({ tls }: GatewayModel): string {
  const { maxAgeSeconds, includeSubdomains, preload } = tls.hsts;
  return `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

/** What only the gateway writes, and what only API Management itself reads. */
export const REMOVED: readonly string[] = [
  ...FORGEABLE_HEADERS,
  "x-arr-clientcert",
  "ocp-apim-subscription-key",
  "x-gateway-subject",
  "x-gateway-issuer",
  "x-gateway-consumer",
  "x-gateway-client-cert",
  "x-gateway-client-ip",
];

const claimHeaders = (model: GatewayModel): string[] =>
  Object.values(model.jwtProviders).flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders));

const alternatives = ({ requirement }: Route) => (requirement.kind === "anyOf" ? requirement.alternatives : []);

/** True where a request only passes by its token. */
export const needsToken = (model: GatewayModel, request: ProbeRequest): boolean =>
  request.token !== undefined && expectedOutcome(openTo(model), { ...request, token: undefined }) !== "forwarded";

/** The document without its lists of addresses. */
function openTo(model: GatewayModel): GatewayModel {
  const access = { allowCidrs: [], denyCidrs: [] };
  return { ...model, access, routes: model.routes.map((route) => ({ ...route, access })) };
}

/** Headers a backend gets for those that were sent. `verified`: whether the token was looked at. */
export function forwardedHeaders(model: GatewayModel, route: Route, request: ProbeRequest, sent: Headers, verified: boolean): Headers {
  const headers: Headers = {};
  const own = new Set([...REMOVED, ...claimHeaders(model), model.apiKeys?.header, ...(model.edge === "cdn" ? ["x-gateway-origin"] : [])]);
  for (const [name, value] of Object.entries(sent)) if (!own.has(name.toLowerCase())) headers[name.toLowerCase()] = value;
  const provider = verified && request.token ? model.jwtProviders[request.token.provider] : undefined;
  if (alternatives(route).some(({ jwt }) => jwt) && provider?.forward !== true) delete headers.authorization;
  const consumer = alternatives(route).some(({ apiKey }) => apiKey) ? model.consumers[request.consumer ?? ""]?.name : undefined;
  const certificate = model.tls.clientValidation && request.certificate;
  Object.assign(headers, {
    "x-forwarded-for": request.address,
    "x-forwarded-host": model.hostname,
    "x-forwarded-proto": "https",
    "x-request-id": REQUEST_ID,
    "x-gateway-client-ip": request.address,
    ...(provider && request.token ? { "x-gateway-subject": request.token.claims.sub, "x-gateway-issuer": request.token.claims.iss } : {}),
    ...(consumer === undefined ? {} : { "x-gateway-consumer": consumer }),
    ...(certificate ? { "x-gateway-client-cert": `:${Buffer.from(`30${CLIENT_AUTH}`, "hex").toString("base64")}:` } : {}),
  });
  for (const [name, claim] of Object.entries(provider?.claimToHeaders ?? {})) {
    const value = request.token && claimOf(request.token, claim);
    if (["string", "number", "boolean"].includes(typeof value)) headers[name.toLowerCase()] = String(value);
  }
  applyRules(headers, model.headers.request);
  applyRules(headers, route.headers.request);
  return headers;
}

/** Removals, then what is set, then what is added. */
function applyRules(headers: Headers, { remove, set, add }: HeaderRules): void {
  for (const name of remove) delete headers[name.toLowerCase()];
  for (const [name, value] of Object.entries(set)) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(add)) {
    const before = headers[name.toLowerCase()];
    headers[name.toLowerCase()] = before === undefined ? value : `${before},${value}`;
  }
}

/** Headers of backends and of the platform that clients never see. */
export const HIDDEN: readonly string[] = [
  "server",
  "x-powered-by",
  "x-aspnet-version",
  "x-aspnetmvc-version",
  "request-context",
  "ocp-apim-trace-location",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-allow-private-network",
];

/** The origin an answer names; undefined when it names none. */
export function allowedOrigin({ cors }: Route, origin: string | undefined): string | undefined {
  if (cors === undefined || origin === undefined) return undefined;
  return cors.anyOrigin ? "*" : cors.allowOrigins.find((one) => one === origin);
}

/** Headers of a backend's answer as a client gets them. */
export function answeredHeaders(model: GatewayModel, route: Route, received: Headers, origin: string | undefined): Headers {
  const headers: Headers = {};
  for (const [name, value] of Object.entries(received)) if (!HIDDEN.includes(name)) headers[name] = value;
  Object.assign(headers, { "strict-transport-security": hstsOf(model), "x-request-id": REQUEST_ID });
  const named = allowedOrigin(route, origin);
  if (model.routes.some(({ cors }) => cors)) headers.vary = headers.vary === undefined ? "origin" : `${headers.vary},origin`;
  if (named !== undefined) {
    headers["access-control-allow-origin"] = named;
    if (route.cors?.exposeHeaders.length) headers["access-control-expose-headers"] = route.cors.exposeHeaders.join(", ");
    if (route.cors?.allowCredentials) headers["access-control-allow-credentials"] = "true";
  }
  applyRules(headers, model.headers.response);
  applyRules(headers, route.headers.response);
  return headers;
}

/** What a refusal of the gateway says. */
export interface Problem {
  readonly reason: string;
  readonly headers: Headers;
  readonly body: string;
}

/** Names RFC 9110 gives to statuses that Node calls otherwise. */
const RENAMED: Readonly<Record<number, string>> = { 413: "Content Too Large" };

/** A problem (RFC 9457) with this status. `route`: the one that was found before, `origin`: the allowed one the request named. */
export function problemOf(
  model: GatewayModel,
  status: number,
  { route, path, origin, retryAfter }: { route?: Route; path?: string; origin?: string | undefined; retryAfter?: number | undefined } = {},
): Problem {
  const title = RENAMED[status] ?? STATUS_CODES[status] ?? "";
  const named = route && allowedOrigin(route, origin);
  const challenge = status === 401 && route ? challengeOf(model, route) : undefined;
  const methods = status === 405 && path !== undefined ? routesAt(model, path).flatMap((one) => one.methods) : [];
  return {
    reason: title,
    headers: {
      "content-type": "application/problem+json",
      "cache-control": "no-store",
      "strict-transport-security": hstsOf(model),
      "x-request-id": REQUEST_ID,
      ...(challenge ? { "www-authenticate": challenge } : {}),
      ...(methods.length > 0 ? { allow: [...new Set(methods)].sort().join(", ") } : {}),
      ...(status === 429 ? { "retry-after": String(retryAfter ?? 1) } : {}),
      ...(named === undefined
        ? {}
        : {
            "access-control-allow-origin": named,
            vary: "origin",
            ...(route?.cors?.allowCredentials ? { "access-control-allow-credentials": "true" } : {}),
          }),
    },
    body: JSON.stringify({ type: "about:blank", title, status, requestId: REQUEST_ID }),
  };
}

/** `WWW-Authenticate` (RFC 9110, 11.6.1): every kind of credential the route takes. */
function challengeOf(model: GatewayModel, route: Route): string {
  const realm = `realm="${model.hostname}"`;
  const takes = (kind: "clientCertificate" | "apiKey" | "jwt") => alternatives(route).some((one) => one[kind] !== undefined);
  return [
    ...(takes("clientCertificate") ? [`ClientCertificate ${realm}`] : []),
    ...(takes("apiKey") ? [`ApiKey ${realm}, header="${model.apiKeys?.header}"`] : []),
    ...(takes("jwt") ? [`Bearer ${realm}`] : []),
  ].join(", ");
}

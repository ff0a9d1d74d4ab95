import type { Alternative, GatewayModel, RateLimit, Route } from "../spec/model.ts";

/**
 * Every promise a document can ask a gateway to keep. A backend declares for each one how it keeps it, or that it cannot;
 * the type checker finds the backend that forgot one, and `usedControls` finds what a model asks for.
 */
export const CONTROLS = {
  "tls.version": "Refuse TLS below the declared minimum and weak ciphers",
  "tls.certificate.managed": "Serve a certificate issued and renewed by the cloud, with its full chain",
  "tls.certificate.acme": "Serve a certificate obtained by ACME and renewed in time, with its full chain",
  "tls.certificate.imported": "Serve an imported certificate with its full chain",
  "tls.certificate.internal": "Serve a certificate of the gateway's own authority",
  "tls.hsts": "Send Strict-Transport-Security on every answer",
  "tls.clientValidation.required": "Refuse connections without a valid client certificate",
  "tls.clientValidation.optional": "Accept connections with or without a client certificate and tell them apart",
  "tls.clientValidation.names": "Accept only client certificates with declared subject alternative names",
  "tls.clientValidation.hashes": "Accept only client certificates with declared fingerprints",
  "http.redirect": "Answer plain HTTP with a redirect to HTTPS, never serve it",
  "http.refuse": "Keep the plain HTTP port closed",
  "host.only": "Serve the declared host name only; close the cloud's default address",
  "clientIp.trustedHops": "Find the client's address behind trusted proxies",
  "request.path": "Normalise paths and refuse ambiguous spellings",
  "request.size": "Refuse requests whose URL, headers or body are too large",
  "request.framing": "Refuse requests whose length or form two parsers could read differently",
  "request.headers": "Drop identity headers from outside and ambiguous header names; set the gateway's own",
  "errors.problem": "Answer errors as problem+json without internals",
  "access.allow": "Admit only declared client addresses",
  "access.deny": "Refuse declared client addresses",
  "access.route": "Restrict client addresses on single routes",
  cors: "Answer preflights for declared origins only, before authorization",
  "cors.perRoute": "Different CORS rules on different routes",
  "route.exact": "Match exact paths",
  "route.template": "Match path templates",
  "route.prefix": "Match path prefixes",
  "route.methods": "Refuse methods a route does not list",
  "route.rewrite": "Rewrite the path on the way to the backend",
  "route.headers": "Set, add and remove request and response headers",
  "route.weights": "Split requests between backends by weight",
  "route.grpc": "Route gRPC services and methods",
  "route.timeout": "End requests that take too long with 504",
  "require.jwt": "Verify tokens: signature, algorithm, exp, nbf, iss and aud",
  "require.jwt.inlineKeys": "Verify tokens against keys in the document",
  "require.jwt.privateKeyServer": "Fetch keys from a server with a private certificate authority",
  "require.jwt.algorithms": "Accept signature algorithms other than RS256",
  "require.jwt.scopes": "Require scopes",
  "require.jwt.claims": "Require claims",
  "require.jwt.providers": "Accept tokens of several providers on one route",
  "require.jwt.claimToHeaders": "Pass claims to backends as headers that clients cannot forge",
  "require.jwt.forward": "Pass the token on to the backend",
  "require.jwt.strip": "Keep the token from the backend",
  "require.apiKey": "Require a consumer's API key",
  "require.apiKey.plans": "Require an API key of named plans",
  "require.clientCertificate": "Require a client certificate on single routes",
  "require.clientCertificate.names": "Require a client certificate with declared names on single routes",
  "require.any": "Accept any one of several alternatives",
  "require.all": "Require several credentials together",
  "limit.gateway": "Limit the rate of all requests together",
  "limit.gatewayClientIp": "Limit the rate per client address over the whole gateway",
  "limit.route": "Limit the rate of all requests to a route together",
  "limit.routeClientIp": "Limit the rate per client address on single routes",
  "limit.routeConsumer": "Limit the rate per consumer on single routes",
  "limit.routeClaim": "Limit the rate per value of a token's claim on single routes",
  "limit.routeHeader": "Limit the rate per value of a header on single routes",
  "plan.rateLimit": "Limit each consumer's rate by its plan",
  "plan.quota": "Limit each consumer's requests per calendar period by its plan",
  "backend.tls.public": "Verify backends against the public roots",
  "backend.tls.internal": "Verify backends against the gateway's own authority",
  "backend.tls.ca": "Verify backends against declared authorities",
  "backend.tls.pinned": "Accept exactly one declared backend certificate",
  "backend.tls.unverified": "Talk to a backend whose certificate is not verified, as a standing finding",
  "backend.tls.serverName": "Verify backends under another name than the URL's",
  "backend.clientCertificate.internal": "Show backends a client certificate of the gateway's own authority",
  "backend.clientCertificate.imported": "Show backends an imported client certificate",
  "backend.private": "Reach backends in the cloud's private network",
  "backend.onPremises": "Reach backends on premises over a private line",
  "backend.preserveHost": "Pass the public host name to the backend",
  "backend.retries": "Repeat failed requests where that is safe",
  "backend.circuitBreaker": "Stop sending to backends that fail or are full",
  "backend.healthCheck": "Ask backends for their health",
  waf: "Refuse common attacks by the cloud's maintained rules",
  "ddos.standard": "Withstand floods of connections and packets with the means everyone gets",
  "ddos.advanced": "Withstand floods with the cloud's paid or adaptive protection",
  edge: "Serve through the cloud's edge network, the origin closed to everyone else",
  "dns.zone": "Keep the gateway's DNS records in the cloud's zone",
  "observe.accessLogs": "Log every request without secrets and keep the log for the declared time",
  "observe.logHeaders": "Log declared request headers",
  "observe.metrics": "Count requests, errors and latency",
  "observe.tracing": "Trace requests",
  "observe.alarms": "Raise alarms on errors, latency, refusals, backends and certificates",
} as const satisfies Record<string, string>;

export type ControlId = keyof typeof CONTROLS;

/** One place in the document that asks for a control. */
export interface ControlUse {
  readonly control: ControlId;
  /** Path in the document. */
  readonly path: string;
  /** The route, backend, provider or plan it stands in, when it stands in one. */
  readonly subject?: string;
}

/** Everything a model asks for, in document order; the same control appears once per place. */
export function usedControls(model: GatewayModel): ControlUse[] {
  const uses: ControlUse[] = [];
  const add = (control: ControlId, path: string, subject?: string) =>
    uses.push(subject === undefined ? { control, path } : { control, path, subject });
  frontControls(model, add);
  for (const provider of Object.values(model.jwtProviders)) providerControls(provider, add);
  for (const plan of Object.values(model.plans)) {
    if (!Object.values(model.consumers).some((consumer) => consumer.plan === plan.name)) continue;
    if (plan.rateLimit) add("plan.rateLimit", `plans.${plan.name}.rateLimit`, plan.name);
    if (plan.quota) add("plan.quota", `plans.${plan.name}.quota`, plan.name);
  }
  for (const backend of Object.values(model.backends)) backendControls(backend, add);
  const sharedCors = model.routes.find((route) => route.cors)?.cors;
  for (const route of model.routes) routeControls(route, sharedCors, add);
  return uses;
}

type Add = (control: ControlId, path: string, subject?: string) => void;

function frontControls(model: GatewayModel, add: Add): void {
  add("tls.version", "tls.minimumVersion");
  add(`tls.certificate.${model.tls.certificate.source}`, "tls.certificate.source");
  add("tls.hsts", "tls.hsts");
  const validation = model.tls.clientValidation;
  if (validation) {
    add(validation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional", "tls.clientValidation.mode");
    if (validation.subjectAltNames.length > 0) add("tls.clientValidation.names", "tls.clientValidation.subjectAltNames");
    if (validation.certificateHashes.length > 0) add("tls.clientValidation.hashes", "tls.clientValidation.certificateHashes");
  }
  add(model.http === "redirect" ? "http.redirect" : "http.refuse", "http");
  add("host.only", "hostname");
  if (model.clientIp.trustedHops > 0) add("clientIp.trustedHops", "clientIp.trustedHops");
  add("request.path", "routes");
  add("request.size", "limits");
  add("request.framing", "routes");
  add("request.headers", "headers");
  add("errors.problem", "");
  if (model.access.allowCidrs.length > 0) add("access.allow", "access.allowCidrs");
  if (model.access.denyCidrs.length > 0) add("access.deny", "access.denyCidrs");
  if (hasHeaderChanges(model.headers)) add("route.headers", "headers");
  for (const limit of model.rateLimits) add(limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp", limit.path);
  if (model.waf === "managed") add("waf", "waf");
  add(`ddos.${model.ddos}`, "ddos");
  if (model.edge === "cdn") add("edge", "edge");
  if (model.dns.zone !== undefined) add("dns.zone", "dns.zone");
  const { accessLogs, metrics, tracing, alarms } = model.observability;
  if (accessLogs) add("observe.accessLogs", "observability.accessLogs");
  if (accessLogs && accessLogs.headers.length > 0) add("observe.logHeaders", "observability.accessLogs.headers");
  if (metrics) add("observe.metrics", "observability.metrics");
  if (tracing) add("observe.tracing", "observability.tracing");
  if (alarms) add("observe.alarms", "observability.alarms");
}

function providerControls(provider: GatewayModel["jwtProviders"][string], add: Add): void {
  const path = `jwt.providers.${provider.name}`;
  add("require.jwt", path, provider.name);
  if (provider.keys.kind === "inline") add("require.jwt.inlineKeys", `${path}.jwks`, provider.name);
  else if (provider.keys.trust.kind !== "public") add("require.jwt.privateKeyServer", `${path}.jwksTls`, provider.name);
  if (provider.algorithms.some((algorithm) => algorithm !== "RS256")) add("require.jwt.algorithms", `${path}.algorithms`, provider.name);
  if (Object.keys(provider.claimToHeaders).length > 0) add("require.jwt.claimToHeaders", `${path}.claimToHeaders`, provider.name);
  add(provider.forward ? "require.jwt.forward" : "require.jwt.strip", `${path}.forward`, provider.name);
}

function backendControls(backend: GatewayModel["backends"][string], add: Add): void {
  const path = `backends.${backend.name}`;
  add(`backend.tls.${backend.tls.trust.kind}`, `${path}.tls`, backend.name);
  if (backend.tls.serverName !== backend.host) add("backend.tls.serverName", `${path}.tls.serverName`, backend.name);
  if (backend.tls.clientCertificate === "internal")
    add("backend.clientCertificate.internal", `${path}.tls.clientCertificate`, backend.name);
  else if (backend.tls.clientCertificate !== "none")
    add("backend.clientCertificate.imported", `${path}.tls.clientCertificate`, backend.name);
  if (backend.network.type === "private") add("backend.private", `${path}.network`, backend.name);
  if (backend.network.type === "onPremises") add("backend.onPremises", `${path}.network`, backend.name);
  if (backend.preserveHost) add("backend.preserveHost", `${path}.preserveHost`, backend.name);
  if (backend.circuitBreaker) add("backend.circuitBreaker", `${path}.circuitBreaker`, backend.name);
  if (backend.healthCheck) add("backend.healthCheck", `${path}.healthCheck`, backend.name);
}

const ROUTE_LIMITS = {
  gateway: "limit.route",
  clientIp: "limit.routeClientIp",
  consumer: "limit.routeConsumer",
  jwtClaim: "limit.routeClaim",
  header: "limit.routeHeader",
} as const satisfies Record<RateLimit["key"]["kind"], ControlId>;

function routeControls(route: Route, sharedCors: Route["cors"], add: Add): void {
  const { at, name } = route;
  if (route.grpc) add("route.grpc", `${at}.grpc`, name);
  else add(`route.${route.path.kind}`, `${at}.path`, name);
  add("route.methods", `${at}.methods`, name);
  add("route.timeout", `${at}.timeout`, name);
  if (route.access.allowCidrs.length + route.access.denyCidrs.length > 0) add("access.route", `${at}.access`, name);
  for (const limit of route.rateLimits) add(ROUTE_LIMITS[limit.key.kind], limit.path, name);
  if (route.cors) add("cors", `${at}.cors`, name);
  if (JSON.stringify(route.cors) !== JSON.stringify(sharedCors)) add("cors.perRoute", `${at}.cors`, name);
  if (route.rewrite) add("route.rewrite", `${at}.rewrite`, name);
  if (hasHeaderChanges(route.headers)) add("route.headers", `${at}.headers`, name);
  if (route.backends.length > 1) add("route.weights", `${at}.backends`, name);
  if (route.retries) add("backend.retries", `${at}.retries`, name);
  if (route.requirement.kind === "public") return;
  const { alternatives } = route.requirement;
  if (alternatives.length > 1) add("require.any", `${at}.require`, name);
  alternatives.forEach((alternative, index) => {
    alternativeControls(alternative, `${at}.require[${index}]`, name, add);
  });
}

function alternativeControls(alternative: Alternative, path: string, name: string, add: Add): void {
  const { jwt, apiKey, clientCertificate } = alternative;
  if ([jwt, apiKey, clientCertificate].filter((credential) => credential !== undefined).length > 1) add("require.all", path, name);
  if (jwt) {
    add("require.jwt", `${path}.jwt`, name);
    if (jwt.scopes.length > 0) add("require.jwt.scopes", `${path}.scopes`, name);
    if (Object.keys(jwt.claims).length > 0) add("require.jwt.claims", `${path}.claims`, name);
    if (jwt.providers.length > 1) add("require.jwt.providers", `${path}.jwt`, name);
  }
  if (apiKey) {
    add("require.apiKey", `${path}.apiKey`, name);
    if (apiKey.plans) add("require.apiKey.plans", `${path}.apiKey.plans`, name);
  }
  if (clientCertificate) {
    add("require.clientCertificate", `${path}.clientCertificate`, name);
    if (clientCertificate.subjectAltNames) add("require.clientCertificate.names", `${path}.clientCertificate.subjectAltNames`, name);
  }
}

function hasHeaderChanges(headers: GatewayModel["headers"]): boolean {
  return [headers.request, headers.response].some(
    (rules) => Object.keys(rules.set).length + Object.keys(rules.add).length + rules.remove.length > 0,
  );
}

import type { GatewayModel, Route } from "../../spec/model.ts";
import { alternativesOf } from "../../spec/requirement.ts";

/** What a model asks of the parts an AWS gateway is put together from. Pure; `declaration` and `build` decide by the same words. */

/** Largest request body of any route, which the firewall keeps; smaller ones of single routes are kept by the authorizer. */
export function largestBody({ routes }: GatewayModel): number {
  const known = largest.get(routes) ?? routes.reduce((most, route) => Math.max(most, route.bodyBytes), Number.NEGATIVE_INFINITY);
  largest.set(routes, known);
  return known;
}

/** Every route is compared with it. */
const largest = new WeakMap<GatewayModel["routes"], number>();

/** True when a route's requests must pass the Lambda authorizer. */
export function needsAuthorizer(route: Route, model: GatewayModel): boolean {
  return (
    route.requirement.kind !== "public" ||
    route.rateLimits.length + model.rateLimits.length > 0 ||
    route.access.allowCidrs.length + route.access.denyCidrs.length > 0 ||
    hasNamedClients(model) ||
    (model.observability.accessLogs?.headers.length ?? 0) > 0 ||
    route.bodyBytes < largestBody(model)
  );
}

/** True when API Gateway must ask the authorizer for a usage key: it is what turns "over the limit" into 429. */
export function isMetered(route: Route, model: GatewayModel): boolean {
  return route.rateLimits.length + model.rateLimits.length > 0 || alternativesOf(route).some((item) => item.apiKey !== undefined);
}

/** True when some metered route lets requests pass that have no consumer's key. */
export function needsMeterKey(model: GatewayModel): boolean {
  return model.routes.some(
    (route) =>
      isMetered(route, model) && (route.requirement.kind === "public" || alternativesOf(route).some((item) => item.apiKey === undefined)),
  );
}

/** True when something is counted. */
export function needsCounters(model: GatewayModel): boolean {
  return model.rateLimits.length > 0 || model.routes.some((route) => route.rateLimits.length > 0) || limitedPlans(model).length > 0;
}

/** Plans of consumers that some route asks for. */
export function usedPlans(model: GatewayModel): string[] {
  if (model.apiKeys === undefined) return [];
  return [...new Set(Object.values(model.consumers).flatMap((consumer) => consumer.plan ?? []))].sort();
}

const limitedPlans = (model: GatewayModel) => usedPlans(model).filter((name) => model.plans[name]?.rateLimit || model.plans[name]?.quota);

/** True when a client certificate must have one of certain names or fingerprints. */
export function hasNamedClients(model: GatewayModel): boolean {
  const validation = model.tls.clientValidation;
  return validation !== undefined && validation.subjectAltNames.length + validation.certificateHashes.length > 0;
}

/** True when API Gateway may reuse the authorizer's answer: it depends on nothing but the token, the method and the path. */
export function isCacheable(route: Route, model: GatewayModel): boolean {
  const alternatives = alternativesOf(route);
  const only = alternatives.length === 1 ? alternatives[0] : undefined;
  return (
    model.aws.authorizer.cacheSeconds > 0 &&
    only?.jwt !== undefined &&
    only.apiKey === undefined &&
    only.clientCertificate === undefined &&
    !isMetered(route, model) &&
    route.access.allowCidrs.length + route.access.denyCidrs.length === 0 &&
    model.tls.clientValidation === undefined &&
    (model.observability.accessLogs?.headers.length ?? 0) === 0 &&
    route.bodyBytes === largestBody(model)
  );
}

/** Headers that only the gateway may write: its own and those claims are passed in. */
export function claimHeaders(model: GatewayModel): string[] {
  return [...new Set(Object.values(model.jwtProviders).flatMap((provider) => Object.keys(provider.claimToHeaders)))].sort();
}

/** True when every backend's answers pass a load balancer of ours, which writes the response headers. */
export function answersPassOurLoadBalancer(model: GatewayModel): boolean {
  const bridge = model.aws.network?.bridge;
  return (bridge === "alb" || bridge === "nlb-alb") && Object.values(model.backends).every((backend) => backend.network.type !== "public");
}

/** Backends in the private network or on premises, in the order of their names. */
export const privateBackends = (model: GatewayModel) =>
  Object.values(model.backends)
    .filter((backend) => backend.network.type !== "public")
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Value of Strict-Transport-Security. */
export function strictTransportSecurity({ hsts }: GatewayModel["tls"]): string {
  return `max-age=${hsts.maxAgeSeconds}${hsts.includeSubdomains ? "; includeSubDomains" : ""}${hsts.preload ? "; preload" : ""}`;
}

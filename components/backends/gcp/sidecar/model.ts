import type { Alternative, Backend, GatewayModel, Requirement, Route } from "../../../spec/model.ts";

/**
 * The part of a model that Envoy keeps behind ESPv2: everything but what ends at the load balancer (TLS, client certificates, limits, plain
 * HTTP). The load balancer admits no connection without a valid client certificate where one is required, so that routes need not ask again.
 */
export function sidecarModel(model: GatewayModel, instances: number): GatewayModel {
  const plans = Object.fromEntries(
    Object.values(model.plans).map((plan) => [plan.name, { ...plan, rateLimit: undefined, quota: undefined }]),
  );
  return {
    ...model,
    tls: { ...model.tls, clientValidation: undefined },
    http: "refuse",
    clientIp: { trustedHops: 0 },
    plans,
    rateLimits: [],
    routes: model.routes.map((route): Route => ({ ...route, rateLimits: [], requirement: withoutCertificates(route.requirement) })),
    backends: Object.fromEntries(Object.values(model.backends).map((backend) => [backend.name, shared(backend, instances)])),
    // ESPv2 traces; Envoy passes the trace on.
    observability: { ...model.observability, tracing: undefined },
  };
}

/** Requests at the same time are shared out, so that all instances together stay below the declared number. */
function shared(backend: Backend, instances: number): Backend {
  const { circuitBreaker } = backend;
  if (circuitBreaker === undefined) return backend;
  return {
    ...backend,
    circuitBreaker: { ...circuitBreaker, maxRequests: Math.max(1, Math.floor(circuitBreaker.maxRequests / instances)) },
  };
}

function withoutCertificates(requirement: Requirement): Requirement {
  if (requirement.kind === "public") return requirement;
  const alternatives = requirement.alternatives.map((alternative): Alternative => ({ ...alternative, clientCertificate: undefined }));
  // What is left of an alternative that asked for a certificate alone is kept by every connection; a token that comes all the same has to be valid.
  return alternatives.some(({ jwt, apiKey }) => jwt !== undefined || apiKey !== undefined)
    ? { kind: "anyOf", alternatives }
    : { kind: "public" };
}

/** How many instances run at the same time at most. */
export const instancesOf = ({ gcp }: GatewayModel): number => (gcp.flavour === "gke" ? (gcp.gke?.replicas ?? 1) : gcp.run.maxInstances);

import type { Backend, GatewayModel, RateLimit, Route } from "../../spec/model.ts";
import { alternativesOf } from "../../spec/requirement.ts";

/** What a model asks of the parts a Google gateway is put together from. Pure; `declaration` and `build` decide by the same words. */

/** True where a key is needed whichever alternative is chosen. */
export const needsApiKey = (route: Route): boolean => {
  const alternatives = alternativesOf(route);
  return alternatives.length > 0 && alternatives.every(({ apiKey }) => apiKey !== undefined);
};

/** Limits that a request to the route counts against. */
export const limitsOf = (route: Route, model: GatewayModel): readonly RateLimit[] => [...model.rateLimits, ...route.rateLimits];

/** Backends reached through the VPC network, in the order of their names. */
export const networkBackends = (model: GatewayModel): Backend[] =>
  Object.values(model.backends)
    .filter(({ network }) => network.type !== "public")
    .sort((a, b) => (a.name < b.name ? -1 : 1));

/** Value of Strict-Transport-Security. */
export function strictTransportSecurity({ hsts }: GatewayModel["tls"]): string {
  return `max-age=${hsts.maxAgeSeconds}${hsts.includeSubdomains ? "; includeSubDomains" : ""}${hsts.preload ? "; preload" : ""}`;
}

/** Name of the Endpoints service. */
export const endpointsName = ({ name, gcp }: GatewayModel): string =>
  `${gcp.endpoints.name ?? name}.endpoints.${gcp.project ?? ""}.cloud.goog`;

/** Headers only the load balancer writes; what clients bring under these names is refused at the edge. */
export const EDGE_HEADERS = {
  clientIp: "x-edge-client-ip",
  certificate: "x-edge-client-cert",
  fingerprint: "x-edge-client-cert-sha256",
  dnsNames: "x-edge-client-cert-dns",
  uriNames: "x-edge-client-cert-uri",
} as const;

/** The path ESPv2's and Envoy's health is seen on, from inside only: no virtual host of the public name has it. */
export const HEALTH_PATH = "/.well-known/gateway-health";

/** Where ESPv2 listens, and Envoy behind it on the loopback interface. */
export const PORTS = { espv2: 8080, envoy: 8081 } as const;

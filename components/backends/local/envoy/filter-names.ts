/** Names of the HTTP filters, in the order in which they judge a request; routes refer to them. */
export const FILTERS = {
  responseHeaders: "gateway.response-headers",
  cors: "gateway.cors",
  shape: "gateway.shape",
  access: "gateway.access",
  routeAccess: "gateway.route-access",
  body: "gateway.body",
  apiKeys: "gateway.api-keys",
  /** Envoy writes what it verified under the filter's own, fixed name. */
  jwt: "envoy.filters.http.jwt_authn",
  require: "gateway.require",
  planLimits: "gateway.plan-limits",
  quotas: "gateway.quotas",
  routeLimits: "gateway.route-limits",
  gatewayLimits: "gateway.gateway-limits",
  token: "gateway.token",
  clientCertificate: "gateway.client-certificate",
  requestHeaders: "gateway.request-headers",
  router: "gateway.router",
} as const;

/** Headers the gateway itself sets for backends; clients cannot send them. */
export const IDENTITY = {
  subject: "x-gateway-subject",
  issuer: "x-gateway-issuer",
  consumer: "x-gateway-consumer",
  clientCertificate: "x-gateway-client-cert",
  clientIp: "x-gateway-client-ip",
} as const;

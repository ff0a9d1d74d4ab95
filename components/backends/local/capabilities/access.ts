import { composed, everywhere, native } from "../../capabilities.ts";

const perHost =
  "counted by this gateway alone: other gateways of the same document count for themselves; a changed limit starts with a full bucket";
const bucket = "Envoy local rate limit: token bucket, continuously refilled, Retry-After with the seconds to the next token";

/** Who may call: addresses, origins, credentials, limits. */
export const ACCESS = {
  "access.allow": everywhere(native("RBAC on the client's address")),
  "access.deny": everywhere(native("RBAC on the client's address")),
  "access.route": everywhere(native("RBAC per route on the client's address")),
  cors: everywhere(
    native(
      "Preflights answered 204 by the route table before anything is required; CORS filter on answers, refusals included",
      "a preflight for another origin, method or header is answered 405",
    ),
  ),
  "cors.perRoute": everywhere(native("CORS policy per route")),
  "require.jwt": everywhere(
    native(
      "jwt_authn verifies signature, exp (required), nbf, iss and aud; RBAC compares algorithm and aud once more, exactly; keys are fetched over verified TLS and kept 5 minutes",
    ),
  ),
  "require.jwt.inlineKeys": everywhere(native("jwt_authn with local keys")),
  "require.jwt.privateKeyServer": everywhere(native("Cluster of the key server with the declared authorities")),
  "require.jwt.algorithms": everywhere(composed("jwt_authn verifies RS, ES, PS and EdDSA; RBAC admits the declared algorithms only")),
  "require.jwt.scopes": everywhere(native("RBAC on the verified token: scope (text) or scp (list)")),
  "require.jwt.claims": everywhere(
    native("RBAC on the verified token: a text, a number or truth value spelled like it, or a list that holds it"),
  ),
  "require.jwt.providers": everywhere(native("jwt_authn requires_any; RBAC on which provider it was")),
  "require.jwt.claimToHeaders": everywhere(
    native(
      "jwt_authn claim_to_headers; the headers are removed from requests first",
      "lists and objects are passed as base64url-encoded JSON",
    ),
  ),
  "require.jwt.forward": everywhere(native("jwt_authn forward")),
  "require.jwt.strip": everywhere(native("jwt_authn removes the verified token; bearer tokens are removed on every other route too")),
  "require.apiKey": everywhere(composed("Script in Envoy that looks up the key's SHA-256; RBAC requires a consumer; the key is removed")),
  "require.apiKey.plans": everywhere(native("RBAC on the key's consumer")),
  "require.clientCertificate": everywhere(native("RBAC on the certificate the listener verified")),
  "require.clientCertificate.names": everywhere(native("RBAC on its subject alternative names, DNS and URI, exact")),
  "require.any": everywhere(
    native(
      "RBAC per route over all alternatives; credentials may be missing",
      "a token that is not valid is refused even if another alternative holds",
    ),
  ),
  "require.all": everywhere(native("RBAC per route")),
  "limit.gateway": everywhere(native(bucket, perHost)),
  "limit.gatewayClientIp": everywhere(native(bucket, `an IPv6 client is its /64; the 32,768 clients seen last have a bucket; ${perHost}`)),
  "limit.route": everywhere(native(bucket, perHost)),
  "limit.routeClientIp": everywhere(native(bucket, `an IPv6 client is its /64; the 32,768 clients seen last have a bucket; ${perHost}`)),
  "limit.routeConsumer": everywhere(native(bucket, perHost)),
  "limit.routeClaim": everywhere(
    native(bucket, `tokens whose claim is missing or no text share a bucket; the 32,768 values seen last have one; ${perHost}`),
  ),
  "limit.routeHeader": everywhere(
    native(bucket, `requests without the header share a bucket; the 32,768 values seen last have one; ${perHost}`),
  ),
  "plan.rateLimit": everywhere(native(bucket, perHost)),
  "plan.quota": everywhere(
    composed(
      "Envoy asks the counter next to it for each request with an API key, which keeps its counts over restarts; without its answer 503",
      "counted by this gateway alone",
    ),
  ),
} as const;

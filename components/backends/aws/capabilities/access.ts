import { providersOf } from "../../../spec/requirement.ts";
import { type Capabilities, composed, everywhere, native, refused } from "../../capabilities.ts";
import { answersPassOurLoadBalancer } from "../needs.ts";
import { accepted, countable, onModel, onProvider, onRoute, withinAccount } from "../restrictions.ts";

const useRest = "use aws.flavour: rest";
const byAuthorizer = (how: string) => composed(`Lambda authorizer: ${how}`);
const notOnHttp = (why: string) => refused(why, useRest);
const noCounters = notOnHttp("an HTTP API throttles as a best effort and has nothing to count by");

const plainJwtOnHttp = onRoute("on an HTTP API one token and at most one scope", (route, _model, variant) => {
  if (variant !== "http" || route.requirement.kind === "public") return undefined;
  const [first, ...more] = route.requirement.alternatives;
  if (more.length > 0 || first?.jwt === undefined) return undefined;
  return first.jwt.scopes.length > 1
    ? { reason: "an HTTP API passes a token that has any one of a route's scopes", remedy: `require one scope, or ${useRest}` }
    : undefined;
});

/** Client addresses, CORS, credentials. */
export const ACCESS = {
  "access.allow": {
    support: {
      rest: native("Resource policy, part of the API's definition"),
      "rest-cloudfront": native("IP set in CloudFront's web ACL"),
      http: notOnHttp("HTTP APIs have no resource policy"),
    },
  },
  "access.deny": {
    support: {
      rest: native("Resource policy, part of the API's definition"),
      "rest-cloudfront": native("IP set in CloudFront's web ACL"),
      http: notOnHttp("HTTP APIs have no resource policy"),
    },
  },
  "access.route": { support: { "*": byAuthorizer("compares the client's address"), http: notOnHttp("HTTP APIs compare no addresses") } },
  cors: {
    support: {
      rest: composed(
        "Preflights by a mock integration without authorizer; the load balancer writes the origin on answers of backends",
        "answers to requests without that origin carry its name too, which browsers do not accept for another origin",
      ),
      "rest-cloudfront": composed("Preflights by a mock integration without authorizer; CloudFront's response headers policy on answers"),
      http: native("CORS configuration of the API"),
    },
    restrictions: [
      onModel("on a regional REST API one origin", (model, variant) => {
        const rules = model.routes.find((route) => route.cors)?.cors;
        return variant !== "rest" ||
          rules === undefined ||
          !answersPassOurLoadBalancer(model) ||
          rules.anyOrigin ||
          rules.allowOrigins.length === 1
          ? undefined
          : { reason: "the load balancer writes one fixed origin on answers", remedy: "allow one origin, or set edge: cdn" };
      }),
    ],
  },
  "cors.perRoute": everywhere(
    refused(
      "answers get their CORS headers in one place for the whole gateway",
      "use the same cors on every route, or split the gateway in two",
    ),
  ),
  "require.jwt": {
    support: {
      "*": composed(
        "Lambda authorizer with aws-jwt-verify: signature, algorithm, exp, nbf, iss, aud; keys at most ten minutes old",
        "a token needs a kid",
      ),
      http: native("JWT authorizer of the API", "keys are found through the issuer's discovery document; a token needs a kid"),
    },
    restrictions: [
      accepted("clientIdAsAudience", "an HTTP API takes a token's client_id for a missing aud"),
      onProvider("on an HTTP API the issuer is an https URL that publishes its keys", (provider, _model, variant) => {
        if (variant !== "http") return undefined;
        const origin = (text: string) => (URL.canParse(text) && new URL(text).protocol === "https:" ? new URL(text).origin : undefined);
        const issuer = origin(provider.issuer);
        return issuer !== undefined && (provider.keys.kind === "inline" || origin(provider.keys.uri) === issuer)
          ? undefined
          : {
              reason: "an HTTP API fetches keys from the issuer itself, through its discovery document",
              remedy: `use an https issuer whose jwksUri is on its own host, or ${useRest}`,
            };
      }),
      onProvider("clock skew and cache together within 60 seconds", (provider, model, variant) => {
        const together = provider.clockSkewSeconds + model.aws.authorizer.cacheSeconds;
        return variant === "http" || model.aws.authorizer.cacheSeconds === 0 || together <= 60
          ? undefined
          : {
              reason: `a decision reused for ${model.aws.authorizer.cacheSeconds}s after a clock skew of ${provider.clockSkewSeconds}s accepts tokens ${together}s past their end`,
              remedy: "lower aws.authorizer.cacheSeconds or clockSkew so that they add up to 60 or less",
            };
      }),
      plainJwtOnHttp,
    ],
  },
  "require.jwt.inlineKeys": {
    support: { "*": byAuthorizer("keys shipped with its code"), http: notOnHttp("HTTP APIs fetch keys from the issuer") },
    restrictions: [
      onProvider("every inline key has a kid", (provider) => {
        if (provider.keys.kind !== "inline") return undefined;
        const keys = (JSON.parse(provider.keys.jwks) as { keys: { kid?: unknown }[] }).keys;
        return keys.every((key) => typeof key.kid === "string" && key.kid !== "")
          ? undefined
          : { reason: "keys are chosen by their kid", remedy: 'give every key of the set a "kid"' };
      }),
    ],
  },
  "require.jwt.privateKeyServer": {
    support: {
      "*": byAuthorizer("fetches keys over TLS verified against the declared authorities or the pinned certificate"),
      http: notOnHttp("HTTP APIs fetch keys over public trust only"),
    },
    restrictions: [
      onProvider("trusted by ca or pinned", (provider) =>
        provider.keys.kind === "remote" && provider.keys.trust.kind === "internal"
          ? {
              reason: "the stack's own authority exists only after deployment, the authorizer's keys are settled before",
              remedy: "give the authority in jwksTls.caCertificates",
            }
          : undefined,
      ),
    ],
  },
  "require.jwt.algorithms": {
    support: {
      "*": byAuthorizer("RS256, RS384, RS512, ES256, ES384, ES512 and EdDSA"),
      http: notOnHttp("HTTP APIs choose among RSA algorithms themselves"),
    },
    restrictions: [
      onProvider("no PS256, PS384, PS512", (provider) => {
        const unknown = provider.algorithms.filter((algorithm) => algorithm.startsWith("PS"));
        return unknown.length > 0
          ? { reason: `aws-jwt-verify does not verify ${unknown.join(", ")}`, remedy: "use RS, ES or EdDSA algorithms" }
          : undefined;
      }),
    ],
  },
  "require.jwt.scopes": {
    support: { "*": byAuthorizer("every listed scope"), http: native("Authorization scope of the route") },
    restrictions: [plainJwtOnHttp],
  },
  "require.jwt.claims": { support: { "*": byAuthorizer("every listed claim"), http: notOnHttp("HTTP APIs compare no further claims") } },
  "require.jwt.providers": {
    support: {
      "*": byAuthorizer("the issuer a token names, among those of the route"),
      http: notOnHttp("a route of an HTTP API has one authorizer"),
    },
  },
  "require.jwt.claimToHeaders": {
    support: {
      "*": composed(
        "Lambda authorizer passes claims to the integration's header mapping; the web ACL refuses requests that bring such a header",
        "a claim over 2,048 characters or beyond printable ASCII is left out",
      ),
      http: native("Parameter mapping from the authorizer's claims"),
    },
  },
  "require.jwt.forward": {
    support: { "*": native("The Authorization header is passed on"), http: native("The Authorization header is passed on") },
    restrictions: [
      onModel("the same for all providers of one route", (model) => {
        const mixed = model.routes.find((route) => new Set(providersOf(route).map((name) => model.jwtProviders[name]?.forward)).size > 1);
        return mixed === undefined
          ? undefined
          : {
              reason: `the header mapping of a method is fixed, whichever provider's token came, and route "${mixed.name}" takes tokens of both kinds`,
              remedy: "set forward alike on all providers of the route",
            };
      }),
    ],
  },
  "require.jwt.strip": {
    support: {
      "*": native("The integration's header mapping replaces Authorization by nothing", "backends may see an empty Authorization header"),
      http: native("Parameter mapping removes Authorization"),
    },
  },
  "require.apiKey": {
    support: {
      "*": composed("Lambda authorizer compares digests; keys are registered with usage plans"),
      http: notOnHttp("HTTP APIs have no API keys"),
    },
  },
  "require.apiKey.plans": { support: { "*": byAuthorizer("the consumer's plan"), http: notOnHttp("HTTP APIs have no API keys") } },
  "require.clientCertificate": {
    support: {
      "*": byAuthorizer("the certificate the TLS end has verified"),
      http: notOnHttp("routes of an HTTP API do not look at certificates"),
    },
  },
  "require.clientCertificate.names": {
    support: { "*": byAuthorizer("the certificate's names"), http: notOnHttp("routes of an HTTP API do not look at certificates") },
  },
  "require.any": { support: { "*": byAuthorizer("alternatives in order"), http: notOnHttp("a route of an HTTP API has one authorizer") } },
  "require.all": {
    support: { "*": byAuthorizer("every credential of an alternative"), http: notOnHttp("a route of an HTTP API has one authorizer") },
  },
  "limit.gateway": limit("one bucket", "the stage's throttle before it"),
  "limit.gatewayClientIp": limit("a bucket per address", "a rate rule of the web ACL before it"),
  "limit.route": limit("one bucket per route"),
  "limit.routeClientIp": limit("a bucket per address and route"),
  "limit.routeConsumer": limit("a bucket per consumer and route"),
  "limit.routeClaim": limit("a bucket per claim's value and route"),
  "limit.routeHeader": limit("a bucket per header's value and route"),
  "plan.rateLimit": limit("a bucket per consumer", "the usage plan's throttle behind it"),
  "plan.quota": {
    support: {
      "*": composed(
        "Lambda authorizer counts calendar days, weeks and months in DynamoDB; the usage plan's quota for days and months behind it",
      ),
      http: noCounters,
    },
  },
} as const satisfies Partial<Capabilities>;

function limit(buckets: string, besides?: string) {
  return {
    support: {
      "*": composed(
        `Lambda authorizer takes tokens from DynamoDB by conditional writes: ${buckets}${besides === undefined ? "" : `; ${besides}`}`,
        "an IPv6 client is its /64; Retry-After is one second; clocks of authorizer instances may differ by milliseconds",
      ),
      http: noCounters,
    },
    restrictions: [withinAccount, countable],
  };
}

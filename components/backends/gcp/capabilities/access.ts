import { alternativesOf } from "../../../spec/requirement.ts";
import { type Capabilities, composed, everywhere, native, type Restriction, refused } from "../../capabilities.ts";
import { LONGEST_REGEX, pathRegex } from "../armor/cel.ts";
import { MOST_ROUTE_LIMITS } from "../armor/rules.ts";
import { smallestBurst, thresholdOf } from "../armor/windows.ts";
import { limitsOf } from "../needs.ts";
import { onModel, onProvider, onRoute, refuse } from "../restrictions.ts";

const byEnvoy = (how: string) => native(`Envoy behind ESPv2: ${how}`);
const byBoth = (how: string) => composed(`ESPv2 checks first where it can, Envoy behind it decides: ${how}`);

const approximate =
  "Cloud Armor counts in windows of 10 seconds or more at Google's edge, approximately; no Retry-After; an IPv6 client is its address";

/** One request, one limit: of all rules that match, Cloud Armor asks the first only. */
const oneLimit: Restriction = onModel("every request falls under one limit at most", (model, _variant, use) => {
  const crowded = model.routes.find(
    (route) => limitsOf(route, model).length > 1 && limitsOf(route, model).some(({ path }) => path === use.path),
  );
  return crowded === undefined
    ? undefined
    : refuse(
        `requests of route "${crowded.name}" fall under ${limitsOf(crowded, model)
          .map(({ path }) => path)
          .join(" and ")}, and Cloud Armor counts a request once`,
        "keep one limit for them; leave the others to the backend",
      );
});

const countable: Restriction = onModel(
  "the burst holds twice a window's requests; windows last 10 seconds or longer",
  (model, _variant, use) => {
    const limit = [...model.rateLimits, ...model.routes.flatMap((route) => route.rateLimits)].find(({ path }) => path === use.path);
    if (limit === undefined || thresholdOf(limit) !== undefined) return undefined;
    const burst = smallestBurst(limit);
    return refuse(
      `Cloud Armor counts in windows of 10 seconds or more, around whose borders twice a window's requests can pass, more than the burst of ${limit.burst}`,
      burst === undefined ? "allow more requests per period" : `set burst: ${burst} or more`,
    );
  },
);

const byPath: Restriction = onRoute("a path whose expression Cloud Armor takes, and 100 limits of routes at most", (route, model) => {
  if (pathRegex(route.path).length > LONGEST_REGEX)
    return refuse(
      `the path's expression is longer than the ${LONGEST_REGEX} characters Cloud Armor takes`,
      "shorten the path, or limit the whole gateway",
    );
  const count = model.routes.reduce((sum, { rateLimits }) => sum + rateLimits.length, 0);
  return count > MOST_ROUTE_LIMITS
    ? refuse(`${count} limits of routes are more than the ${MOST_ROUTE_LIMITS} rules set aside for them`, "limit the whole gateway instead")
    : undefined;
});

const disjoint: Restriction = onRoute("no other route's path within its own", (route, model) => {
  const other = model.routes.find(
    (candidate) =>
      candidate !== route &&
      candidate.rateLimits.length === 0 &&
      route.path.kind !== "exact" &&
      covers(route.path.text, candidate.path.text),
  );
  return other === undefined
    ? undefined
    : refuse(
        `Cloud Armor would count requests of route "${other.name}" as well, whose path lies within ${route.path.text}`,
        `give route "${other.name}" a limit of its own, or limit the whole gateway`,
      );
});

/** True where some request for the second path matches the first. */
function covers(wide: string, narrow: string): boolean {
  const [a, b] = [wide.split("/").slice(1), narrow.split("/").slice(1)];
  for (const [index, segment] of a.entries()) {
    if (segment === "*") return true;
    const other = b[index];
    if (other === undefined) return false;
    if (other === "*") return true;
    if (!segment.startsWith("{") && !other.startsWith("{") && segment !== other) return false;
  }
  return a.length === b.length;
}

const oneKeyEach: Restriction = onModel("no consumer with two keys", (model) => {
  const two = Object.values(model.consumers).find(({ keepPreviousKey }) => keepPreviousKey);
  return two === undefined
    ? undefined
    : refuse(
        `consumer "${two.name}" has two keys, and Cloud Armor counts each key apart`,
        `set consumers.${two.name}.keepPreviousKey: false, or use another key of the limit`,
      );
});

const noOrWithKey = onRoute("a key in every alternative of a route or in none", (route) => {
  const alternatives = alternativesOf(route);
  const keys = alternatives.filter(({ apiKey }) => apiKey !== undefined).length;
  return keys > 0 && keys < alternatives.length
    ? refuse(
        "Endpoints cannot accept a key or a token, only a key and a token",
        "make two routes of it, or require the same kind of credential in every alternative",
      )
    : undefined;
});

const limit = (...more: Restriction[]) => everywhere(composed("Throttle rule of Cloud Armor", approximate), oneLimit, countable, ...more);

const planRemedy = "remove it, and give the routes a rateLimit with key: consumer, which counts each key apart";

/** Client addresses, CORS, credentials, limits. */
export const ACCESS = {
  "access.allow": everywhere(
    composed(
      "Cloud Armor denies everyone else, and Envoy on the address the load balancer sees; Envoy alone where more than ten blocks share a limit of the gateway",
    ),
  ),
  "access.deny": everywhere(composed("Cloud Armor at the edge, and Envoy on the address the load balancer sees")),
  "access.route": everywhere(byEnvoy("RBAC per route on the address the load balancer sees")),
  cors: everywhere(
    composed(
      "ESPv2 lets preflights through unauthenticated, Envoy answers them before anything is required",
      "a preflight for another origin, method or header is answered 405",
    ),
  ),
  "cors.perRoute": everywhere(byEnvoy("CORS policy per route")),
  "require.jwt": everywhere(
    byBoth("signature, exp (required), nbf, iss and aud, algorithm and aud compared exactly; keys are kept 5 minutes"),
    onProvider("audiences without a comma or white space", ({ audiences }) => {
      const odd = audiences.find((audience) => /[,\s]/.test(audience));
      return odd === undefined
        ? undefined
        : refuse(
            `Endpoints takes the audiences as one text and would read "${odd}" as several`,
            "use audiences without commas and white space",
          );
    }),
  ),
  "require.jwt.inlineKeys": everywhere(byEnvoy("jwt_authn with local keys; ESPv2 does not look at these tokens")),
  "require.jwt.privateKeyServer": everywhere(
    byEnvoy("keys are fetched over TLS verified against the declared authorities; ESPv2 does not look at these tokens"),
  ),
  "require.jwt.algorithms": everywhere(
    byBoth("the declared algorithms only"),
    onProvider("no EdDSA together with keys ESPv2 fetches", ({ algorithms, keys }) =>
      keys.kind === "remote" && keys.trust.kind === "public" && algorithms.includes("EdDSA")
        ? refuse("that ESPv2 verifies EdDSA is not known", "use RS256 or ES256, or give the keys in jwks, which Envoy alone verifies")
        : undefined,
    ),
  ),
  "require.jwt.scopes": everywhere(byEnvoy("RBAC on the verified token; ESPv2 does not read scopes")),
  "require.jwt.claims": everywhere(byEnvoy("RBAC on the verified token; ESPv2 does not read claims")),
  "require.jwt.providers": everywhere(byBoth("any one of the providers")),
  "require.jwt.claimToHeaders": everywhere(byEnvoy("claim_to_headers; such headers are removed from requests first")),
  "require.jwt.forward": everywhere(
    byEnvoy("the Authorization header is passed on"),
    onModel("not to a backend that wants an ID token", (model, _variant, use) => {
      const forwarding = model.routes.filter((route) =>
        alternativesOf(route).some(({ jwt }) => jwt?.providers.includes(use.subject ?? "")),
      );
      const clash = forwarding.flatMap(({ backends }) => backends).find(({ name }) => Object.hasOwn(model.gcp.identityTokens, name));
      return clash === undefined
        ? undefined
        : refuse(
            `the Authorization header to backend "${clash.name}" carries the gateway's ID token`,
            "set forward: false and pass claims on with claimToHeaders",
          );
    }),
  ),
  "require.jwt.strip": everywhere(byEnvoy("the verified token is removed, and what ESPv2 has written of it")),
  "require.apiKey": everywhere(
    byBoth("Google's API keys restricted to this service; Envoy compares their hashes, names the consumer and removes the key"),
    onModel("the key comes in x-api-key", ({ apiKeys }) =>
      apiKeys !== undefined && apiKeys.header !== "x-api-key"
        ? refuse(`Endpoints reads keys from the header x-api-key, not from ${apiKeys.header}`, "set apiKeys.header: x-api-key")
        : undefined,
    ),
    noOrWithKey,
  ),
  "require.apiKey.plans": everywhere(byEnvoy("RBAC on the key's consumer")),
  "require.clientCertificate": everywhere(
    composed("Every connection has a certificate the load balancer has verified (tls.clientValidation.mode: Required)"),
  ),
  "require.clientCertificate.names": everywhere(
    refused(
      "names are compared for the whole gateway, not for single routes",
      "move the names to tls.clientValidation.subjectAltNames, or make two gateways of it",
    ),
  ),
  "require.any": everywhere(byBoth("RBAC per route over all alternatives"), noOrWithKey),
  "require.all": everywhere(byBoth("RBAC per route")),
  "limit.gateway": limit(),
  "limit.gatewayClientIp": limit(),
  "limit.route": limit(byPath, disjoint),
  "limit.routeClientIp": limit(byPath, disjoint),
  "limit.routeConsumer": limit(byPath, disjoint, oneKeyEach),
  "limit.routeClaim": everywhere(
    refused("Cloud Armor counts before anyone has read the token", "use key: consumer or clientIp, or count in the backend"),
  ),
  "limit.routeHeader": limit(byPath, disjoint),
  "plan.rateLimit": everywhere(
    refused("Endpoints counts a minute's requests per project of a consumer and Cloud Armor does not know a key's plan", planRemedy),
  ),
  "plan.quota": everywhere(
    refused(
      "Endpoints has quotas per minute and consumer project only, and ESPv2 lets requests pass while it asks",
      "remove the quota, or count in the backend by x-gateway-consumer",
    ),
  ),
} as const satisfies Partial<Capabilities>;

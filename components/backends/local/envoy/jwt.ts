import type { GatewayModel, JwtProvider, Route } from "../../../spec/model.ts";
import { providersOf } from "../../../spec/requirement.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { claimPaths, providerHeaderKey } from "./jwt-claims.ts";
import { duration, type JsonObject, typed } from "./values.ts";

/** Name of the cluster a provider's keys are fetched from. */
export const keyServerCluster = (provider: string): string => `jwks-${provider}`;

/**
 * Keys are fetched when a token comes and kept this long, then fetched again before the next token is judged: a key that its issuer withdrew
 * is not accepted any longer than this, even if the key server cannot be reached.
 */
const KEY_CACHE_MS = 300_000;

/** Verifies tokens: signature, exp (required), nbf, iss and aud; what else a route asks for is judged by the requirement. */
export function jwtFilter(model: GatewayModel, issuerKeyId: string | undefined): JsonObject {
  const requirements = new Map(model.routes.map(namedRequirement).filter((named) => named !== undefined));
  return {
    name: FILTERS.jwt,
    typed_config: typed("envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication", {
      providers: Object.fromEntries(Object.values(model.jwtProviders).map((provider) => [provider.name, providerConfig(provider)])),
      requirement_map: Object.fromEntries(requirements),
      // The reason of a refusal goes to the access log only.
      strip_failure_response: true,
      // A new name makes a new filter, which has no keys in its cache.
      ...(issuerKeyId === undefined ? {} : { stat_prefix: `issuer-${issuerKeyId}` }),
    }),
  };
}

/** What of it applies to one route; nothing where no alternative asks for a token. */
export function routeTokens(route: Route): JsonObject | undefined {
  const named = namedRequirement(route);
  return named && typed("envoy.extensions.filters.http.jwt_authn.v3.PerRouteConfig", { requirement_name: named[0] });
}

/** Providers whose tokens some alternative of the route accepts, by name. */
export const sortedProvidersOf = (route: Route): string[] => providersOf(route).sort();

/** Where some alternative does without a token it may be missing, but never invalid. */
function namedRequirement(route: Route): [string, JsonObject] | undefined {
  const providers = sortedProvidersOf(route);
  if (route.requirement.kind === "public" || providers.length === 0) return undefined;
  const optional = route.requirement.alternatives.some((alternative) => alternative.jwt === undefined);
  const requirements = [...providers.map((name): JsonObject => ({ provider_name: name })), ...(optional ? [{ allow_missing: {} }] : [])];
  const [first] = requirements;
  const requirement = requirements.length === 1 && first ? first : { requires_any: { requirements } };
  return [providers.join(",") + (optional ? ",none" : ""), requirement];
}

function providerConfig(provider: JwtProvider): JsonObject {
  const headers = { [IDENTITY.subject]: "sub", [IDENTITY.issuer]: "iss", ...provider.claimToHeaders };
  return {
    issuer: provider.issuer,
    audiences: provider.audiences,
    require_expiration: true,
    clock_skew_seconds: provider.clockSkewSeconds,
    ...keySource(provider),
    from_headers: [{ name: "authorization", value_prefix: "Bearer " }],
    forward: provider.forward,
    payload_in_metadata: provider.name,
    header_in_metadata: providerHeaderKey(provider.name),
    normalize_payload_in_metadata: { space_delimited_claims: ["scope"] },
    claim_to_headers: Object.entries(headers).map(([header, claim]) => ({
      header_name: header,
      claim_path: (claimPaths(claim)[0] ?? []).map((key) => ({ key })),
    })),
  };
}

function keySource(provider: JwtProvider): JsonObject {
  if (provider.keys.kind === "inline") return { local_jwks: { inline_string: provider.keys.jwks } };
  return {
    remote_jwks: {
      http_uri: { uri: provider.keys.uri, cluster: keyServerCluster(provider.name), timeout: duration(5000) },
      cache_duration: duration(KEY_CACHE_MS),
      retry_policy: { num_retries: 1, retry_back_off: { base_interval: duration(100), max_interval: duration(500) } },
    },
  };
}

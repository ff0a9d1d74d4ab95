import type { Alternative, GatewayModel, JwtProvider, Route } from "../../../spec/model.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { claimMatch, providerHeaderKey, textOrList } from "./jwt-claims.ts";
import { type JsonObject, oneOf, typed } from "./values.ts";

/**
 * The verdict on a route's requirement, after tokens and keys were verified by their own filters: those only say who a client is,
 * here it is decided whether that suffices. Both policies deny, so that nothing passes by a rule that was forgotten;
 * their names tell the two refusals apart (RBAC judges policies by name).
 */
export const POLICIES = { unauthenticated: "1-unauthenticated", forbidden: "2-forbidden" } as const;

const RBAC = "envoy.extensions.filters.http.rbac.v3.RBAC";
const RBAC_PER_ROUTE = "envoy.extensions.filters.http.rbac.v3.RBACPerRoute";

/** The filter itself refuses everything: a route that says nothing about its requirement is closed. */
export function requirementFilter(): JsonObject {
  return {
    name: FILTERS.require,
    typed_config: typed(RBAC, {
      rules: { action: "DENY", policies: { "0-undeclared": { permissions: [{ any: true }], principals: [{ any: true }] } } },
    }),
  };
}

/** Nothing is required: public routes, and answers the gateway gives itself. */
export const NOTHING_REQUIRED = typed(RBAC_PER_ROUTE, { rbac: {} });

/** What one route requires. */
export function routeRequirement(route: Route, model: GatewayModel): JsonObject {
  if (route.requirement.kind === "public") return NOTHING_REQUIRED;
  const { alternatives } = route.requirement;
  if (alternatives.some(({ jwt, apiKey, clientCertificate }) => !(jwt || apiKey || clientCertificate))) return NOTHING_REQUIRED;
  return typed(RBAC_PER_ROUTE, {
    rbac: {
      rules: {
        action: "DENY",
        policies: {
          [POLICIES.unauthenticated]: unless(alternatives.map((alternative) => authenticated(alternative, model))),
          [POLICIES.forbidden]: unless(alternatives.map((alternative) => entitled(alternative, model))),
        },
      },
    },
  });
}

const unless = (principals: readonly JsonObject[]): JsonObject => ({
  permissions: [{ any: true }],
  principals: [{ not_id: any(principals) }],
});

const all = (ids: readonly JsonObject[]): JsonObject => (ids.length === 1 ? (ids[0] as JsonObject) : { and_ids: { ids } });
const any = (ids: readonly JsonObject[]): JsonObject => (ids.length === 1 ? (ids[0] as JsonObject) : { or_ids: { ids } });

/** Every credential of the alternative is there and valid. */
function authenticated({ jwt, apiKey, clientCertificate }: Alternative, model: GatewayModel): JsonObject {
  return all([
    ...(jwt ? [any(jwt.providers.map((name) => all(validToken(model.jwtProviders[name] as JwtProvider))))] : []),
    ...(apiKey ? [knownConsumer] : []),
    ...(clientCertificate ? [certificate()] : []),
  ]);
}

/** The credentials are valid and of the kind, the scopes and the names the alternative asks for. */
function entitled({ jwt, apiKey, clientCertificate }: Alternative, model: GatewayModel): JsonObject {
  const token = (name: string): JsonObject =>
    all([
      ...validToken(model.jwtProviders[name] as JwtProvider),
      ...(jwt?.scopes ?? []).map((scope) => grantedScope(name, scope)),
      ...Object.entries(jwt?.claims ?? {}).map(([claim, values]) => claimPrincipal(name, claim, values)),
    ]);
  return all([
    ...(jwt ? [any(jwt.providers.map(token))] : []),
    ...(apiKey ? [apiKey.plans ? consumerOnPlan(apiKey.plans, model) : knownConsumer] : []),
    ...(clientCertificate ? [certificate(clientCertificate.subjectAltNames)] : []),
  ]);
}

/**
 * What Envoy's token filter verified, judged once more where it is more lenient than the document: it accepts every algorithm it knows,
 * and compares audiences without scheme and trailing slash.
 */
function validToken(provider: JwtProvider): JsonObject[] {
  return [
    metadata([provider.name, "iss"], { string_match: { exact: provider.issuer } }),
    metadata([provider.name, "aud"], textOrList(provider.audiences)),
    metadata([providerHeaderKey(provider.name), "alg"], { string_match: oneOf(provider.algorithms) }),
  ];
}

/** `scope` is a text of scopes, split by the token filter; `scp` a list. */
const grantedScope = (provider: string, scope: string): JsonObject => {
  const contains = { list_match: { one_of: { string_match: { exact: scope } } } };
  return any([metadata([provider, "scope"], contains), metadata([provider, "scp"], contains)]);
};

const claimPrincipal = (provider: string, claim: string, values: readonly string[]): JsonObject =>
  any(claimMatch(claim, values).map(({ path, value }) => metadata([provider, ...path], value)));

const metadata = (path: readonly string[], value: JsonObject): JsonObject => ({
  sourced_metadata: {
    metadata_source: "DYNAMIC",
    metadata_matcher: { filter: FILTERS.jwt, path: path.map((key) => ({ key })), value },
  },
});

const knownConsumer: JsonObject = { header: { name: IDENTITY.consumer, present_match: true } };

function consumerOnPlan(plans: readonly string[], model: GatewayModel): JsonObject {
  const consumers = Object.values(model.consumers).flatMap(({ name, plan }) => (plan !== undefined && plans.includes(plan) ? [name] : []));
  // A plan nobody is on admits nobody.
  return consumers.length === 0 ? { not_id: { any: true } } : { header: { name: IDENTITY.consumer, string_match: oneOf(consumers) } };
}

/** A client certificate that the listener has verified, with one of these names if they are given. */
function certificate(names?: readonly string[]): JsonObject {
  const principal = (config: JsonObject): JsonObject => ({
    custom: {
      name: "envoy.rbac.principals.mtls_authenticated",
      typed_config: typed("envoy.extensions.rbac.principals.mtls_authenticated.v3.Config", config),
    },
  });
  if (names === undefined) return principal({ any_validated_client_certificate: true });
  return any(
    names.flatMap((name) => ["DNS", "URI"].map((type) => principal({ san_matcher: { san_type: type, matcher: { exact: name } } }))),
  );
}

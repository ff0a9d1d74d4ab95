import type { GatewayModel } from "../../../../components/spec/model.ts";
import { duration, either, elements, type Grammar, is, list, map, maybe, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { hasQuotas } from "./clusters.ts";
import { BEARER_PREDICATE, CLOSED, DECLARED, RBAC_MATCHER } from "./matching.ts";
import { mutation, ruleMutations } from "./mutations.ts";
import { extension, message, NAME, type Setting } from "./values.ts";

const RBAC = "extensions.filters.http.rbac.v3.RBAC";
const LUA = "extensions.filters.http.lua.v3.Lua";
const MUTATION = "extensions.filters.http.header_mutation.v3.HeaderMutation";

/** A filter of the chain: its name, by which routes speak of it, whether it has to be there, and its settings. */
interface Filter {
  readonly name: string;
  readonly present: boolean;
  readonly config: Grammar;
  /** Off unless a route switches it on. */
  readonly disabled?: true;
}

/**
 * The filters in the order in which they have to judge: addresses and shape before anything is verified, credentials before what they are required
 * for, limits after that, and what a backend gets to see last.
 */
function chain(setting: Setting): Filter[] {
  const { model, door } = setting;
  const first = door === "first";
  const { clientValidation } = model.tls;
  const names = !first && (clientValidation?.subjectAltNames.length ?? 0) > 0;
  const hashes = !first && (clientValidation?.certificateHashes.length ?? 0) > 0;
  const restricted = model.access.allowCidrs.length + model.access.denyCidrs.length > 0;
  const routesRestricted = model.routes.some(({ access }) => access.allowCidrs.length + access.denyCidrs.length > 0);
  const tokens = Object.keys(model.jwtProviders).length > 0;
  const cors = model.routes.some((route) => route.cors && !route.cors.anyOrigin);
  const bodies = [...new Set(model.routes.map(({ bodyBytes }) => bodyBytes))].filter((bytes) => bytes !== model.limits.bodyBytes);
  const rules = message(RBAC, { matcher: RBAC_MATCHER });
  const declared = message(RBAC, { rules: DECLARED });
  const limits = (name: string, present: boolean): Filter => ({ name: `gateway.${name}`, present: first && present, config: LOCAL_LIMIT });
  return [
    { name: "gateway.response-headers", present: true, config: responseHeaders(model) },
    { name: "gateway.client-certificate-names", present: names, config: declared },
    { name: "gateway.client-certificate-hashes", present: hashes, config: declared },
    { name: "gateway.cors", present: cors, config: message("extensions.filters.http.cors.v3.Cors") },
    { name: "gateway.access", present: restricted, config: rules },
    { name: "gateway.route-access", present: routesRestricted, config: message(RBAC) },
    { name: "gateway.shape", present: true, config: rules },
    { name: "gateway.body", present: true, config: bodyLimit(model.limits.bodyBytes) },
    ...bodies
      .sort((a, b) => a - b)
      .map((bytes): Filter => ({ name: `gateway.body-${bytes}`, present: true, config: bodyLimit(bytes), disabled: true })),
    { name: "gateway.api-keys", present: model.apiKeys !== undefined, config: message(LUA) },
    { name: "envoy.filters.http.jwt_authn", present: tokens, config: tokenFilter(setting) },
    { name: "gateway.require", present: true, config: message(RBAC, { rules: CLOSED }) },
    limits("plan-limits", consumersWith(model, "rateLimit")),
    { name: "gateway.quotas", present: first && hasQuotas(model), config: QUOTAS },
    limits(
      "route-limits",
      model.routes.some(({ rateLimits }) => rateLimits.length > 0),
    ),
    limits("gateway-limits", model.rateLimits.length > 0),
    { name: "gateway.token", present: tokens, config: STRIP_TOKEN },
    {
      name: "gateway.client-certificate",
      present: first && clientValidation !== undefined,
      config: message(LUA, { default_source_code: object({ inline_string: text() }) }),
    },
    { name: "gateway.request-headers", present: true, config: requestHeaders(model) },
    { name: "gateway.edge-headers", present: !first, config: edgeHeaders(clientValidation !== undefined) },
    { name: "gateway.identity-token", present: !first && Object.keys(model.gcp.identityTokens).length > 0, config: IDENTITY_TOKEN },
    { name: "gateway.router", present: true, config: ROUTER },
  ];
}

/** True where a consumer's plan has this, and some route asks for a key. */
const consumersWith = ({ consumers, plans, routes }: GatewayModel, field: "rateLimit"): boolean =>
  Object.values(consumers).some(({ plan }) => plan !== undefined && plans[plan]?.[field] !== undefined) &&
  routes.some(({ requirement }) => requirement.kind === "anyOf" && requirement.alternatives.some(({ apiKey }) => apiKey));

/** Names of the filters that judge where a request comes from and what certificate it has: health is asked for from inside, without either. */
export const outsideFilters = (setting: Setting): string[] =>
  chain(setting)
    .filter(({ name, present }) => present && /^gateway\.(access|client-certificate-(names|hashes))$/.test(name))
    .map(({ name }) => name);

/** The chain of filters: those that have to be there, in order, each known field for field. */
export const filtersOf =
  (setting: Setting): Grammar =>
  (value, at, say) => {
    const filters: Json[] = Array.isArray(value) ? value : [];
    const wanted = chain(setting).filter(({ present }) => present);
    const order = wanted.map(({ name }) => name).join(", ");
    if (filters.map((one) => one?.name).join(", ") !== order)
      say(at, `the filters ${order}, not ${filters.map((one) => one?.name).join(", ")}`);
    for (const { name, config, disabled } of wanted) {
      const found = filters.find((one) => one?.name === name);
      if (found) object({ name: is(name), typed_config: config, disabled: disabled ? is(true) : nothing })(found, `${at}.${name}`, say);
    }
  };

/** What sends requests on; it writes no header of its own. */
export const ROUTER: Grammar = message("extensions.filters.http.router.v3.Router", { suppress_envoy_headers: is(true) });

const bodyLimit = (bytes: number): Grammar =>
  message("extensions.filters.http.body_size_limit.v3.BodySizeLimit", { max_request_bytes: is(bytes) });

/** A route's rules come after the gateway's, so that the route's hold. */
const mutationFilter = (direction: string, mutations: readonly Json[]): Grammar =>
  message(MUTATION, { mutations: object({ [direction]: elements(...mutations) }), most_specific_header_mutations_wins: is(true) });

/** `Strict-Transport-Security` as RFC 6797 spells it. */
export const hstsOf = ({ tls: { hsts } }: GatewayModel): string =>
  [`max-age=${hsts.maxAgeSeconds}`, ...(hsts.includeSubdomains ? ["includeSubDomains"] : []), ...(hsts.preload ? ["preload"] : [])].join(
    "; ",
  );

const responseHeaders = (model: GatewayModel): Grammar =>
  mutationFilter("response_mutations", [
    mutation.remove("server"),
    mutation.removeAll("x-envoy-"),
    mutation.set("strict-transport-security", hstsOf(model)),
    ...ruleMutations(model.headers.response),
  ]);

const requestHeaders = (model: GatewayModel): Grammar =>
  mutationFilter("request_mutations", [
    mutation.removeAll("x-envoy-"),
    mutation.set("x-gateway-client-ip", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
    ...(model.apiKeys ? [mutation.remove(model.apiKeys.header)] : []),
    ...ruleMutations(model.headers.request),
  ]);

const EDGE = ["x-edge-client-ip", "x-edge-client-cert", "x-edge-client-cert-sha256", "x-edge-client-cert-dns", "x-edge-client-cert-uri"];

/** What the load balancer wrote goes, after the certificate was passed on in its own header. */
const edgeHeaders = (certificates: boolean): Grammar =>
  message(MUTATION, {
    mutations: object({
      request_mutations: is([
        ...(certificates ? [mutation.set("x-gateway-client-cert", "%REQ(x-edge-client-cert)%")] : []),
        ...EDGE.map(mutation.remove),
      ]),
    }),
  });

/** Identity tokens for backends that ask for Google's own; fetched from the metadata server, and again when they end. */
const IDENTITY_TOKEN = message("extensions.filters.http.gcp_authn.v3.GcpAuthnFilterConfig", {
  cluster: is("metadata-server"),
  timeout: duration(0.1, 10),
  retry_policy: BACK_OFF(),
  cache_config: object({ cache_size: object({ value: number(1, 1000) }) }),
});

function BACK_OFF(): Grammar {
  return object({
    num_retries: number(1, 3),
    retry_back_off: object({ base_interval: duration(0.01, 1), max_interval: duration(0.1, 5) }),
  });
}

/** Tokens are taken off: the header goes where it holds one. */
const STRIP_TOKEN = message("extensions.filters.http.composite.v3.Composite", {
  matcher: object({
    matcher_list: object({
      matchers: sequence(
        object({
          predicate: BEARER_PREDICATE,
          on_match: object({
            action: extension(
              NAME,
              message("extensions.filters.http.composite.v3.ExecuteFilterAction", {
                typed_config: extension(
                  NAME,
                  message(MUTATION, { mutations: object({ request_mutations: is([mutation.remove("authorization")]) }) }),
                ),
              }),
            ),
          }),
        }),
      ),
    }),
  }),
});

const ALWAYS = is({ default_value: { numerator: 100, denominator: "HUNDRED" } });
const FULL = 4_294_967_295;
const BUCKET = object({ max_tokens: number(1, FULL), tokens_per_fill: number(1, FULL), fill_interval: duration(0.05, 86_400) });

const fromHeader = object({
  request_headers: object({ header_name: is("x-gateway-consumer", "x-gateway-issuer"), descriptor_key: NAME }),
});
const ACTION: Grammar = either(
  fromHeader,
  object({ generic_key: object({ descriptor_key: text(), descriptor_value: text() }) }),
  object({ masked_remote_address: is({ v4_prefix_mask_len: 32, v6_prefix_mask_len: 64 }) }),
  object({
    metadata: object({
      descriptor_key: text(),
      metadata_key: object({ key: is("gateway"), path: list(object({ key: text() }), 1, 1) }),
      source: is("ROUTE_ENTRY"),
    }),
  }),
  object({
    metadata: object({
      descriptor_key: text(),
      metadata_key: object({ key: is("envoy.filters.http.jwt_authn"), path: list(object({ key: text() }), 2) }),
      source: is("DYNAMIC"),
      // Tokens without the claim count together: without a value they would not be counted at all.
      default_value: text(),
    }),
  }),
  object({
    extension: extension(
      is("envoy.rate_limit_descriptors.expr"),
      message("extensions.rate_limit_descriptors.expr.v3.Descriptor", { descriptor_key: NAME, text: text() }),
    ),
  }),
);

/** Buckets in memory; the one for requests no descriptor fits is never asked and never empty. */
const LOCAL_LIMIT = message("extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
  stat_prefix: NAME,
  filter_enabled: ALWAYS,
  filter_enforced: ALWAYS,
  descriptors: list(object({ entries: list(object({ key: text(), value: maybe(text()) })), token_bucket: BUCKET })),
  rate_limits: list(object({ actions: list(ACTION) })),
  max_dynamic_descriptors: number(1024, 1_000_000),
  always_consume_default_token_bucket: is(false),
  token_bucket: is({ max_tokens: FULL, tokens_per_fill: FULL, fill_interval: "1s" }),
  enable_retry_after_header: is(true),
  rate_limited_as_resource_exhausted: is(true),
});

const QUOTAS = message("extensions.filters.http.ratelimit.v3.RateLimit", {
  domain: is("quota"),
  timeout: duration(0.05, 5),
  failure_mode_deny: is(true),
  status_on_error: is({ code: "ServiceUnavailable" }),
  rate_limited_as_resource_exhausted: is(true),
  disable_x_envoy_ratelimited_header: is(true),
  enable_retry_after_header: is(true),
  rate_limit_service: is({ transport_api_version: "V3", grpc_service: { envoy_grpc: { cluster_name: "quotas" } } }),
  rate_limits: is([{ actions: [{ request_headers: { header_name: "x-gateway-consumer", descriptor_key: "consumer" } }] }]),
});

/** Which tokens verify; whom a route accepts is judged by its requirement. */
function tokenFilter({ model, door }: Setting): Grammar {
  const provider = object({
    issuer: text(),
    audiences: list(text()),
    require_expiration: is(true),
    clock_skew_seconds: number(0, 60),
    remote_jwks: maybe(
      object({
        http_uri: object({ uri: text(/^https:\/\//), cluster: text(/^jwks-/), timeout: duration(0.1, 10) }),
        cache_duration: duration(1, 600),
        retry_policy: BACK_OFF(),
      }),
    ),
    local_jwks: maybe(object({ inline_string: text() })),
    from_headers: is([{ name: "authorization", value_prefix: "Bearer " }]),
    forward: is(true, false),
    payload_in_metadata: text(),
    header_in_metadata: text(/:header$/),
    normalize_payload_in_metadata: is({ space_delimited_claims: ["scope"] }),
    claim_to_headers: list(object({ header_name: text(/^[a-z0-9-]+$/), claim_path: list(object({ key: text() })) }), 2),
  });
  const named = object({ provider_name: is(...Object.keys(model.jwtProviders)) });
  const missing = object({ allow_missing: is({}) });
  const several = object({ requires_any: object({ requirements: list(either(named, missing), 2) }) });
  return message("extensions.filters.http.jwt_authn.v3.JwtAuthentication", {
    providers: map(/./, provider, 1),
    requirement_map: map(/./, either(named, several)),
    strip_failure_response: is(true),
    // A new key of the stack's own issuer makes a new filter, which has no old keys in its cache.
    stat_prefix: door === "first" && model.local.issuer ? is(`issuer-\${${model.name}-signing-key.keyId}`) : nothing,
  });
}

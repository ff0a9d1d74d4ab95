import type { GatewayModel, Route } from "../../../../components/spec/model.ts";
import { duration, either, elements, type Grammar, is, list, map, maybe, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { BACKENDS_OWN } from "../front.ts";
import { RBAC_MATCHER, REQUIREMENT } from "./matching.ts";
import { mutation, ruleMutations } from "./mutations.ts";
import { ADD, extension, header, message, NAME, regex, SET, type Setting } from "./values.ts";

const PER_ROUTE = "extensions.filters.http.rbac.v3.RBACPerRoute";
/** Nothing is required of an answer the gateway gives itself. */
const OPEN = message(PER_ROUTE, { rbac: is({}) });
const OFF = message("config.route.v3.FilterConfig", { disabled: is(true) });
const ON = message("config.route.v3.FilterConfig", { config: is({}) });
const ACCESS = message(PER_ROUTE, { rbac: object({ matcher: RBAC_MATCHER }) });

const restricted = ({ access }: Route): boolean => access.allowCidrs.length + access.denyCidrs.length > 0;
const alternatives = ({ requirement }: Route) => (requirement.kind === "public" ? [] : requirement.alternatives);

/** How a path is matched: which form is right for a route is found out by sending requests. */
const PATH: Readonly<Record<string, Grammar>> = {
  path: maybe(text(/^\//)),
  prefix: maybe(text(/^\//)),
  safe_regex: maybe(regex),
};

const fixed = (name: string, status: number, match: Grammar, headers: Grammar): Grammar =>
  object({
    name: is(name),
    match,
    typed_per_filter_config: object({ "gateway.require": OPEN }),
    response_headers_to_add: headers,
    direct_response: is({ status }),
  });

const NOT_FOUND = fixed("not-found", 404, is({ prefix: "/" }), nothing);
const WRONG_METHOD = fixed(
  "method-not-allowed",
  405,
  object(PATH),
  sequence(header(is("allow"), text(/^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)(, (GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS))*$/), SET)),
);
/** Every host but the one served. */
export const MISDIRECTED: Grammar = fixed("misdirected", 421, is({ prefix: "/" }), nothing);

const METHODS = either(object({ exact: text(/^[A-Z]+$/) }), object({ safe_regex: object({ regex: text(/^[A-Z]+(\|[A-Z]+)*$/) }) }));

/** The entry that sends a route's requests on. */
function forwarding(setting: Setting, route: Route): Grammar {
  const { model } = setting;
  const { cors } = route;
  const tokens = alternatives(route).some(({ jwt }) => jwt);
  const keys = alternatives(route).some(({ apiKey }) => apiKey);
  const response: Json[] = [
    ...(cors && !cors.anyOrigin ? [mutation.add("vary", "origin")] : []),
    ...(cors?.anyOrigin ? [mutation.set("access-control-allow-origin", "*")] : []),
    ...(cors?.anyOrigin && cors.exposeHeaders.length > 0
      ? [mutation.set("access-control-expose-headers", cors.exposeHeaders.join(","))]
      : []),
    ...ruleMutations(route.headers.response),
  ];
  const ownBody = route.bodyBytes !== model.limits.bodyBytes;
  const forwards = alternatives(route).some(({ jwt }) => jwt?.providers.some((name) => model.jwtProviders[name]?.forward));
  const open =
    alternatives(route).length === 0 || (setting.door === "behind" && alternatives(route).some(({ jwt, apiKey }) => !jwt && !apiKey));
  // A certificate alone is kept by every connection that gets past the load balancer.
  const required = open ? OPEN : message(PER_ROUTE, { rbac: object({ rules: REQUIREMENT }) });
  return object({
    name: is(route.name),
    match: object({
      ...PATH,
      headers: sequence(object({ name: is(":method"), string_match: METHODS })),
      runtime_fraction: maybe(object({ default_value: object({ numerator: number(0, 1_000_000), denominator: is("MILLION") }) })),
    }),
    metadata: metadata(setting, route),
    typed_per_filter_config: object({
      "gateway.response-headers": mutations("response_mutations", response),
      "gateway.cors":
        cors && !cors.anyOrigin
          ? message("extensions.filters.http.cors.v3.CorsPolicy", {
              allow_origin_string_match: elements(...cors.allowOrigins.map((exact) => ({ exact }))),
              expose_headers: cors.exposeHeaders.length > 0 ? is(cors.exposeHeaders.join(",")) : nothing,
              allow_credentials: is(cors.allowCredentials),
            })
          : nothing,
      "gateway.route-access": restricted(route) ? ACCESS : nothing,
      "gateway.body": ownBody ? OFF : nothing,
      [`gateway.body-${ownBody ? route.bodyBytes : "of-another"}`]: ownBody ? ON : nothing,
      "gateway.api-keys": model.apiKeys === undefined || keys ? nothing : OFF,
      "envoy.filters.http.jwt_authn": tokens
        ? message("extensions.filters.http.jwt_authn.v3.PerRouteConfig", { requirement_name: text() })
        : nothing,
      "gateway.require": required,
      "gateway.token": forwards ? OFF : nothing,
      "gateway.request-headers": mutations("request_mutations", ruleMutations(route.headers.request)),
    }),
    stat_prefix: model.observability.metrics ? is(route.name) : nothing,
    route: action(route),
  });
}

const mutations = (direction: string, wanted: readonly Json[]): Grammar =>
  wanted.length === 0
    ? nothing
    : message("extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", {
        mutations: object({ [direction]: elements(...wanted) }),
      });

/** What a 401 says, and which limits count a route's requests. */
function metadata({ model, door }: Setting, route: Route): Grammar {
  const limits = door === "first" && route.rateLimits.length > 0;
  const challenge = challengeOf(model, route, door);
  if (challenge === undefined && !limits) return nothing;
  return object({
    filter_metadata: object({
      gateway: (value, at, say) => {
        const { challenge: found, ...marks } = value ?? {};
        (challenge === undefined ? nothing : is(challenge))(found, `${at}.challenge`, say);
        map(/^\d+ per (second|minute|hour), burst \d+, by /, is(route.name), limits ? 1 : 0)(marks, at, say);
      },
    }),
  });
}

/** One challenge for each kind of credential the route would take, tokens last, because what is wrong with one is added behind it. */
function challengeOf({ hostname, apiKeys }: GatewayModel, route: Route, door: Setting["door"]): string | undefined {
  // Behind a load balancer that has verified every connection nobody is asked for a certificate; a token that is not valid is still refused.
  const all = alternatives(route).map((one) => (door === "first" ? one : { ...one, clientCertificate: undefined }));
  if (!all.some(({ jwt, apiKey, clientCertificate }) => jwt || apiKey || clientCertificate)) return undefined;
  const realm = `realm="${hostname}"`;
  return [
    all.some(({ clientCertificate }) => clientCertificate) ? `ClientCertificate ${realm}` : "",
    all.some(({ apiKey }) => apiKey) ? `ApiKey ${realm}, header="${apiKeys?.header ?? ""}"` : "",
    all.some(({ jwt }) => jwt) ? `Bearer ${realm}` : "",
  ]
    .filter((one) => one !== "")
    .join(", ");
}

/** Where requests go and how long they may take; targets, paths and shares are compared with the document elsewhere. */
function action(route: Route): Grammar {
  const host = maybe(text(/^[A-Za-z0-9.:[\]-]+$/));
  return object({
    regex_rewrite: maybe(object({ pattern: object({ regex: text(/^\^/) }), substitution: text(/^\//) })),
    cluster: maybe(text(/^backend-/)),
    host_rewrite_literal: host,
    weighted_clusters: maybe(
      object({ clusters: list(object({ name: text(/^backend-/), weight: number(0, 1_000_000), host_rewrite_literal: host }), 2) }),
    ),
    timeout: is(`${route.timeoutMs / 1000}s`),
    // Waiting for a slow backend is no silence of the client's.
    idle_timeout: route.timeoutMs >= 60_000 ? duration(route.timeoutMs / 1000, route.timeoutMs / 1000 + 60) : nothing,
    retry_policy: route.retries ? retryPolicy(route) : nothing,
  });
}

function retryPolicy({ retries }: Route): Grammar {
  if (retries === undefined) return nothing;
  return object({
    retry_on: text(/^[a-z-]+(,[a-z-]+)*$/),
    retriable_status_codes: retries.on.includes("unavailable") ? is([503]) : nothing,
    num_retries: is(retries.attempts),
    per_try_timeout: retries.perTryTimeoutMs === undefined ? nothing : is(`${retries.perTryTimeoutMs / 1000}s`),
    retry_back_off: object({ base_interval: duration(0.001, 1), max_interval: duration(0.01, 5) }),
    // Another endpoint than the one that failed, as far as there is one.
    retry_host_predicate: sequence(
      extension(
        is("envoy.retry_host_predicates.previous_hosts"),
        message("extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"),
      ),
    ),
    host_selection_retry_max_attempts: number(1, 10),
    retriable_request_headers: retries.nonIdempotent
      ? nothing
      : is([{ name: ":method", string_match: { safe_regex: { regex: "GET|HEAD|PUT|DELETE|OPTIONS" } } }]),
  });
}

/** The answer to what a route's CORS rules allow. */
function preflight(route: Route): Grammar {
  const { cors } = route;
  if (cors === undefined) return nothing;
  const methods = cors.allowMethods.filter((method) => route.methods.includes(method));
  const some = ([first, ...more]: readonly string[]): Grammar => (more.length === 0 ? is({ exact: first }) : object({ safe_regex: regex }));
  const answer = (name: string, value: string): Grammar => header(is(name), is(value), SET);
  return object({
    name: is(`${route.name}:preflight`),
    match: object({
      ...PATH,
      headers: sequence(
        is({ name: ":method", string_match: { exact: "OPTIONS" } }),
        cors.anyOrigin
          ? is({ name: "origin", present_match: true })
          : object({ name: is("origin"), string_match: some(cors.allowOrigins) }),
        object({ name: is("access-control-request-method"), string_match: some(methods) }),
        object({
          name: is("access-control-request-headers"),
          treat_missing_header_as_empty: is(true),
          string_match: object({ safe_regex: regex }),
        }),
      ),
    }),
    typed_per_filter_config: object({ "gateway.require": OPEN, "gateway.route-access": restricted(route) ? ACCESS : nothing }),
    response_headers_to_add: sequence(
      answer("access-control-allow-origin", cors.anyOrigin ? "*" : "%REQ(origin)%"),
      answer("access-control-allow-methods", cors.allowMethods.join(", ")),
      ...(cors.allowHeaders.length > 0 ? [answer("access-control-allow-headers", cors.allowHeaders.join(", "))] : []),
      ...(cors.allowCredentials ? [answer("access-control-allow-credentials", "true")] : []),
      answer("access-control-max-age", String(cors.maxAgeSeconds)),
      header(is("vary"), is("origin, access-control-request-method, access-control-request-headers"), ADD),
    ),
    direct_response: is({ status: 204 }),
  });
}

/** A list of routes, judged by each entry's name; it ends with the answer to everything else. */
const entries =
  (setting: Setting): Grammar =>
  (value, at, say) => {
    const found: Json[] = Array.isArray(value) ? value : [];
    const routes = new Map(setting.model.routes.map((route) => [route.name, route]));
    found.forEach((entry, index) => {
      const name = String(entry?.name);
      const route = routes.get(name.replace(/:preflight$/, ""));
      const grammar =
        route === undefined
          ? name === "method-not-allowed"
            ? WRONG_METHOD
            : NOT_FOUND
          : name.endsWith(":preflight")
            ? preflight(route)
            : forwarding(setting, route);
      grammar(entry, `${at}[${index}]`, say);
      if (name === "not-found" && index < found.length - 1) say(at, "nothing behind the answer to everything else");
    });
    if (found.at(-1)?.name !== "not-found") say(at, "an answer to everything else at the end");
  };

const routeList = (grammar: Grammar): Grammar =>
  object({ action: extension(NAME, message("config.route.v3.RouteList", { routes: grammar })) });

/** The route table: the one host served, and 421 for every other. */
export function routeTable(setting: Setting, others: readonly Grammar[], type: Readonly<Record<string, Grammar>> = {}): Grammar {
  const { model } = setting;
  return object({
    ...type,
    name: is("gateway"),
    ignore_port_in_host_matching: is(true),
    most_specific_header_mutations_wins: is(true),
    response_headers_to_remove: elements(...BACKENDS_OWN),
    virtual_hosts: sequence(
      object({
        name: is("gateway"),
        domains: is([model.hostname]),
        typed_per_filter_config: model.apiKeys
          ? object({
              "gateway.api-keys": message("extensions.filters.http.lua.v3.LuaPerRoute", {
                source_code: object({ inline_string: text() }),
              }),
            })
          : nothing,
        matcher: object({
          matcher_tree: object({
            input: extension(NAME, message("type.matcher.v3.HttpRequestHeaderMatchInput", { header_name: is(":path") })),
            prefix_match_map: object({ map: map(/^\//, routeList(entries(setting)), 1) }),
          }),
          on_no_match: routeList(sequence(NOT_FOUND)),
        }),
      }),
      object({ name: is("other"), domains: is(["*"]), routes: sequence(...others, MISDIRECTED) }),
    ),
  });
}

/** Health, seen from inside only, under any host but the public one. */
export const healthRoute = (filters: readonly string[]): Grammar =>
  object({
    name: is("health"),
    match: is({ path: "/.well-known/gateway-health" }),
    typed_per_filter_config: object(Object.fromEntries(filters.map((name) => [name, OPEN]))),
    direct_response: is({ status: 200 }),
  });

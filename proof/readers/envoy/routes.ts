import type { Backend, GatewayModel, Route } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { mutations, observeRules, seconds } from "./front.ts";
import { type EnvoyGateway, entriesOf, filterOf, routeOf } from "./gateway.ts";
import { whole } from "./rbac.ts";

/** What is said about each route beside who may call it: where it leads, how long, how large, CORS, headers. */
export function observeRoutes(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const entries = entriesOf(gateway);
  const known = new Set(model.routes.flatMap(({ name }) => [name, `${name}:preflight`]));
  for (const entry of entries) {
    const own = known.has(entry.name);
    const closed = entry.direct_response && [404, 405].includes(entry.direct_response.status);
    o.holds("host.only", "routes", `the entry ${entry.name} is a route of the document or an answer`, own || Boolean(closed));
  }
  o.sameSet("host.only", "hostname", [model.hostname], gateway.virtualHost.domains ?? []);
  o.same("host.only", "hostname", true, gateway.routeConfiguration.ignore_port_in_host_matching);
  const base = filterOf(gateway, "gateway.require");
  o.holds(
    "require.any",
    "routes",
    "a route that says nothing is closed",
    base?.rules?.action === "DENY" &&
      base.rules.policies?.["0-undeclared"]?.principals?.[0]?.any === true &&
      base.rules.policies["0-undeclared"].permissions?.[0]?.any === true,
  );
  for (const route of model.routes) observeRoute(gateway, model, route, entries, o);
}

function observeRoute(gateway: EnvoyGateway, model: GatewayModel, route: Route, entries: readonly Json[], o: Observations): void {
  const at = route.at;
  const own = entries.filter(({ name }) => name === route.name);
  o.holds(route.grpc ? "route.grpc" : `route.${route.path.kind}`, `${at}.path`, "the route is there", own.length > 0);
  for (const entry of own) {
    o.same("route.timeout", `${at}.timeout`, route.timeoutMs / 1000, seconds(entry.route?.timeout));
    const filters = entry.typed_per_filter_config ?? {};
    observeRules(
      route.headers,
      mutations(filters["gateway.request-headers"], "request_mutations"),
      mutations(filters["gateway.response-headers"], "response_mutations"),
      `${at}.headers`,
      o,
    );
    observeBody(gateway, model, route, filters, o);
    observeRetries(route, entry.route?.retry_policy, o);
    observeChallenge(model, route, entry, o);
    o.holds(
      "request.path",
      at,
      "no regular expression for host or upgrade opens more",
      entry.route?.upgrade_configs === undefined && entry.route?.internal_redirect_policy === undefined,
    );
  }
  observeTargets(model, route, own, o);
  observeCors(gateway, model, route, own, o);
  if (model.jwtProviders && usesToken(route))
    for (const entry of own) {
      const stripped = entry.typed_per_filter_config?.["gateway.token"]?.disabled !== true;
      const wanted = tokenProviders(route).every((name) => model.jwtProviders[name]?.forward !== true);
      if (wanted)
        o.holds("require.jwt.strip", `${at}.require`, "the token is taken off", stripped && Boolean(filterOf(gateway, "gateway.token")));
    }
}

const usesToken = ({ requirement }: Route): boolean => requirement.kind === "anyOf" && requirement.alternatives.some(({ jwt }) => jwt);
const tokenProviders = ({ requirement }: Route): string[] =>
  requirement.kind === "public" ? [] : requirement.alternatives.flatMap(({ jwt }) => jwt?.providers ?? []);

function observeChallenge(model: GatewayModel, route: Route, entry: Json, o: Observations): void {
  if (route.requirement.kind === "public") return;
  const challenge = String(entry.metadata?.filter_metadata?.gateway?.challenge ?? "");
  for (const [kind, asked] of [
    ["Bearer", route.requirement.alternatives.some(({ jwt }) => jwt)],
    ["ApiKey", route.requirement.alternatives.some(({ apiKey }) => apiKey)],
  ] as const)
    if (asked && (kind !== "ApiKey" || model.apiKeys))
      o.holds(
        kind === "Bearer" ? "require.jwt" : "require.apiKey",
        `${route.at}.require`,
        `401 names ${kind}`,
        challenge.includes(`${kind} realm=`),
      );
}

/** The filter that holds, of the gateway's and the route's own, has to be the route's limit. */
function observeBody({ filters }: EnvoyGateway, model: GatewayModel, route: Route, own: Json, o: Observations): void {
  const active = filters.filter(
    ({ name, typed_config, disabled }) =>
      String(typed_config?.["@type"]).endsWith("BodySizeLimit") && (own[name] ? own[name].disabled !== true : disabled !== true),
  );
  const least = Math.min(...active.map(({ typed_config }) => Number(typed_config.max_request_bytes)));
  o.atMost(
    "request.size",
    route.bodyBytes === model.limits.bodyBytes ? "limits.body" : `${route.at}.bodyLimit`,
    route.bodyBytes,
    Number.isFinite(least) ? least : undefined,
  );
}

const ON = { connectFailure: "connect-failure", unavailable: "retriable-status-codes", gatewayError: "gateway-error" };

function observeRetries({ retries, at }: Route, policy: Json, o: Observations): void {
  if (retries === undefined) {
    o.same("backend.retries", `${at}.retries`, undefined, policy);
    return;
  }
  o.atMost("backend.retries", `${at}.retries.attempts`, retries.attempts, policy?.num_retries);
  const on = String(policy?.retry_on ?? "")
    .split(",")
    .filter((one) => one !== "refused-stream");
  o.sameSet(
    "backend.retries",
    `${at}.retries.on`,
    retries.on.map((one) => ON[one]),
    on,
  );
  const methods = policy?.retriable_request_headers?.[0]?.string_match?.safe_regex?.regex;
  const unsafe = ["POST", "PATCH"].some((method) => methods === undefined || whole(methods).test(method));
  o.holds("backend.retries", `${at}.retries.nonIdempotent`, "POST and PATCH are sent once", retries.nonIdempotent || !unsafe);
  if (retries.on.includes("unavailable")) o.same("backend.retries", `${at}.retries.on`, [503], policy?.retriable_status_codes);
  if (retries.perTryTimeoutMs !== undefined)
    o.same("backend.retries", `${at}.retries.perTryTimeout`, retries.perTryTimeoutMs / 1000, seconds(policy?.per_try_timeout));
}

/** Shares of backends, path and host each gets to see. */
function observeTargets(model: GatewayModel, route: Route, entries: readonly Json[], o: Observations): void {
  const total = route.backends.reduce((sum, { weight }) => sum + weight, 0);
  let before = 0;
  const shares: Record<string, number> = {};
  for (const { match, route: action } of entries) {
    const upTo = match.runtime_fraction ? match.runtime_fraction.default_value.numerator / 1_000_000 : 1;
    const clusters: Json[] = action?.weighted_clusters?.clusters ?? [
      { name: action?.cluster, weight: 1, host_rewrite_literal: action?.host_rewrite_literal },
    ];
    const all = clusters.reduce((sum, { weight }) => sum + Number(weight), 0);
    for (const cluster of clusters) {
      const name = String(cluster.name).replace(/^backend-/, "");
      shares[name] = (shares[name] ?? 0) + ((upTo - before) * Number(cluster.weight)) / all;
      const backend = model.backends[name];
      if (backend) observePath(route, backend, action, cluster, o);
    }
    before = upTo;
  }
  for (const { name, weight } of route.backends)
    o.same("route.weights", `${route.at}.backends`, Math.round((weight / total) * 100), Math.round((shares[name] ?? 0) * 100));
  o.sameSet(
    "route.weights",
    `${route.at}.backends`,
    route.backends.map(({ name }) => name),
    Object.keys(shares),
  );
}

function observePath(route: Route, backend: Backend, action: Json, cluster: Json, o: Observations): void {
  const sample = `/${route.path.segments.map((segment, index) => ("literal" in segment ? segment.literal : `p${index}`)).join("/")}${route.path.kind === "prefix" ? "/a/b" : route.path.trailingSlash ? "/" : ""}`;
  const wanted = backend.basePath + rewritten(route, sample);
  const { regex_rewrite: change } = action;
  const found = change
    ? sample.replace(new RegExp(change.pattern.regex, "u"), change.substitution.replaceAll("$", "$$$$").replaceAll(/\\(\d)/g, "$$$1"))
    : sample;
  o.same(route.rewrite ? "route.rewrite" : "host.only", `${route.at}.rewrite`, wanted, found);
  const host = backend.port === 443 ? backend.host : `${backend.host}:${backend.port}`;
  o.same(
    "backend.preserveHost",
    `backends.${backend.name}.preserveHost`,
    backend.preserveHost ? undefined : host,
    cluster.host_rewrite_literal,
  );
}

/** The path of a rewritten request, by the document. */
function rewritten({ path, rewrite }: Route, sample: string): string {
  if (rewrite === undefined) return sample;
  const parts = sample.split("/").slice(1);
  const values = new Map(
    path.segments.flatMap((segment, index) => ("parameter" in segment ? [[segment.parameter, parts[index]] as const] : [])),
  );
  const segments = rewrite.segments.map((segment) => ("literal" in segment ? segment.literal : values.get(segment.parameter)));
  const rest = rewrite.kind === "prefix" ? ["", ...parts.slice(path.segments.length)].join("/") : "";
  return `/${segments.join("/")}${rest}${rewrite.trailingSlash ? "/" : ""}`;
}

/** Preflights are sent through the route table; the answer's headers and the policy of answers are compared. */
function observeCors(gateway: EnvoyGateway, model: GatewayModel, route: Route, entries: readonly Json[], o: Observations): void {
  const at = `${route.at}.cors`;
  const { cors } = route;
  const path = `/${route.path.segments.map((segment) => ("literal" in segment ? segment.literal : "p")).join("/")}${route.path.kind === "prefix" ? "/a" : route.path.trailingSlash ? "/" : ""}`;
  const preflight = (origin: string, method: string, headers?: string): Json => {
    const entry = routeOf(gateway, {
      ":path": path,
      ":method": "OPTIONS",
      ":authority": model.hostname,
      origin,
      "access-control-request-method": method,
      ...(headers === undefined ? {} : { "access-control-request-headers": headers }),
    });
    return entry?.direct_response?.status === 204 ? entry : undefined;
  };
  const foreign = preflight("https://evil.example", "GET");
  o.holds("cors", at, "a preflight of another origin gets no answer", foreign === undefined || cors?.anyOrigin === true);
  for (const entry of entries) {
    const policy = entry.typed_per_filter_config?.["gateway.cors"];
    o.sameSet(
      "cors",
      `${at}.allowOrigins`,
      cors && !cors.anyOrigin ? cors.allowOrigins : [],
      (policy?.allow_origin_string_match ?? []).map((one: Json) => one.exact ?? one),
    );
    if (cors && !cors.anyOrigin) {
      o.same("cors", `${at}.allowCredentials`, cors.allowCredentials, policy?.allow_credentials);
      o.same("cors", `${at}.exposeHeaders`, cors.exposeHeaders.join(","), policy?.expose_headers ?? "");
    }
    const response = mutations(entry.typed_per_filter_config?.["gateway.response-headers"], "response_mutations");
    o.same("cors", at, cors?.anyOrigin ? "*" : undefined, response.set["access-control-allow-origin"]);
    if (cors && !cors.anyOrigin) o.same("cors", at, "origin", response.added.vary);
  }
  if (cors === undefined) return;
  for (const origin of cors.anyOrigin ? ["https://anywhere.example"] : cors.allowOrigins)
    for (const method of cors.allowMethods.filter((one) => route.methods.includes(one))) {
      const entry = preflight(origin, method, cors.allowHeaders.join(", ") || undefined);
      o.holds("cors", at, `a preflight of ${origin} for ${method} is answered`, entry !== undefined);
      o.holds(
        "cors",
        at,
        `a preflight of ${origin} for ${method} with another header is not`,
        preflight(origin, method, "x-not-allowed") === undefined,
      );
      const headers = Object.fromEntries((entry?.response_headers_to_add ?? []).map(({ header }: Json) => [header.key, header.value]));
      o.same("cors", `${at}.allowOrigins`, cors.anyOrigin ? "*" : "%REQ(origin)%", headers["access-control-allow-origin"]);
      o.same("cors", `${at}.allowMethods`, cors.allowMethods.join(", "), headers["access-control-allow-methods"]);
      o.same("cors", `${at}.allowHeaders`, cors.allowHeaders.join(", "), headers["access-control-allow-headers"] ?? "");
      o.same("cors", `${at}.allowCredentials`, cors.allowCredentials ? "true" : undefined, headers["access-control-allow-credentials"]);
      o.same("cors", `${at}.maxAge`, String(cors.maxAgeSeconds), headers["access-control-max-age"]);
      o.holds("cors", at, "caches tell origins apart", String(headers.vary).includes("origin"));
    }
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
    if (!(cors.allowMethods as string[]).includes(method))
      o.holds(
        "cors",
        `${at}.allowMethods`,
        `a preflight for ${method} gets no answer`,
        preflight(cors.allowOrigins[0] ?? "https://anywhere.example", method) === undefined,
      );
}

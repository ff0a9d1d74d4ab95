import type { GatewayModel, HeaderRules, Route } from "../../../spec/model.ts";
import { FORGEABLE_HEADERS } from "../../forgeable-headers.ts";
import { corsResponseMutations } from "./cors.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { addHeader, type JsonObject, literal, setHeader, typed } from "./values.ts";

/** Removed before anything looks at the request. Without trusted proxies the client's own idea of its address goes as well. */
export function earlyRemovals(model: GatewayModel): JsonObject {
  const claims = Object.values(model.jwtProviders).flatMap((provider) => Object.keys(provider.claimToHeaders));
  const names = [
    ...FORGEABLE_HEADERS,
    "x-request-id",
    ...(model.clientIp.trustedHops === 0 ? ["x-forwarded-for", "x-forwarded-proto"] : []),
    ...new Set(claims),
  ];
  return {
    name: "envoy.http.early_header_mutation.header_mutation",
    typed_config: typed("envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation", {
      mutations: [
        { remove_on_match: { key_matcher: { prefix: "x-gateway-" } } },
        { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } },
        ...names.map((remove) => ({ remove })),
      ],
    }),
  };
}

/** `Strict-Transport-Security` (RFC 6797). */
export function hsts({ tls }: GatewayModel): string {
  const { maxAgeSeconds, includeSubdomains, preload } = tls.hsts;
  return `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
}

/** First of the filters, so it writes last on every answer, refusals included. */
export function responseHeaderFilter(model: GatewayModel): JsonObject {
  return mutationFilter(FILTERS.responseHeaders, {
    response_mutations: [
      { remove: "server" },
      { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } },
      { append: setHeader("strict-transport-security", hsts(model)) },
      ...rules(model.headers.response),
    ],
  });
}

export function routeResponseHeaders(route: Route): JsonObject | undefined {
  return mutationsPerRoute("response_mutations", [...corsResponseMutations(route), ...rules(route.headers.response)]);
}

/** Last of the filters: what the backend gets to see. */
export function requestHeaderFilter(model: GatewayModel): JsonObject {
  return mutationFilter(FILTERS.requestHeaders, {
    request_mutations: [
      { remove_on_match: { key_matcher: { prefix: "x-envoy-" } } },
      { append: setHeader(IDENTITY.clientIp, "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%") },
      ...(model.apiKeys ? [{ remove: model.apiKeys.header }] : []),
      ...rules(model.headers.request),
    ],
  });
}

export function routeRequestHeaders(route: Route): JsonObject | undefined {
  return mutationsPerRoute("request_mutations", rules(route.headers.request));
}

/** The route's changes come after the gateway's. */
function mutationFilter(name: string, mutations: JsonObject): JsonObject {
  return {
    name,
    typed_config: typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
      mutations,
      most_specific_header_mutations_wins: true,
    }),
  };
}

function mutationsPerRoute(direction: string, mutations: readonly JsonObject[]): JsonObject | undefined {
  if (mutations.length === 0) return undefined;
  return typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute", { mutations: { [direction]: mutations } });
}

function rules({ remove, set, add }: HeaderRules): JsonObject[] {
  return [
    ...remove.map((name) => ({ remove: name })),
    ...Object.entries(set).map(([name, value]) => ({ append: setHeader(name, literal(value)) })),
    ...Object.entries(add).map(([name, value]) => ({ append: addHeader(name, literal(value)) })),
  ];
}

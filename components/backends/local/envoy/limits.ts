import type { GatewayModel, RateLimit, Route } from "../../../spec/model.ts";
import { asksForApiKey } from "./api-keys.ts";
import { FILTERS, IDENTITY } from "./filter-names.ts";
import { keyActions, keyEntries, limitName } from "./limit-keys.ts";
import { ROUTE_METADATA } from "./route-metadata.ts";
import { duration, type JsonObject, typed } from "./values.ts";

/**
 * Rate limits are token buckets in Envoy's memory. A bucket is found by a descriptor: which limit, of which route, and the value it is counted by.
 * They live in the listener, not in the route table, so a changed route does not fill them up again.
 */

/** Buckets kept per limit and kind of key; the ones used least go first, so that no flood of keys can fill the memory. */
const MOST_BUCKETS = 32_768;

/** The limits of consumers' plans, one bucket per consumer. */
export function planLimitFilter(model: GatewayModel): JsonObject[] {
  const descriptors = Object.values(model.consumers).flatMap(({ name, plan }) => {
    const limit = plan === undefined ? undefined : model.plans[plan]?.rateLimit;
    return limit ? [{ entries: [{ key: "consumer", value: name }], token_bucket: bucket(limit) }] : [];
  });
  if (descriptors.length === 0 || !model.routes.some(asksForApiKey)) return [];
  const byConsumer = { request_headers: { header_name: IDENTITY.consumer, descriptor_key: "consumer" } };
  return [limitFilter(FILTERS.planLimits, descriptors, [{ actions: [byConsumer] }])];
}

/**
 * Limits of single routes. A route says in its metadata which limits it has; limits that look alike share a descriptor, in which the route's
 * name is one of the values, so that what Envoy judges per request grows with the kinds of limits and not with the routes.
 */
export function routeLimitFilter({ routes }: GatewayModel): JsonObject[] {
  const kinds = new Map(routes.flatMap((route) => route.rateLimits.map((limit) => [limitName(limit, route), { limit, route }] as const)));
  if (kinds.size === 0) return [];
  const descriptors = [...kinds].flatMap(([name, { limit }]) => {
    const named = (route: JsonObject) => ({ entries: [{ key: name, ...route }, ...keyEntries(limit)], token_bucket: bucket(limit) });
    // What is counted together has one bucket per route; those must not make room for each other.
    return limit.key.kind === "gateway" ? routesWith(name, routes).map((route) => named({ value: route.name })) : [named({})];
  });
  const actions = [...kinds].map(([name, { limit, route }]) => ({
    actions: [
      {
        metadata: {
          descriptor_key: name,
          metadata_key: { key: ROUTE_METADATA, path: [{ key: name }] },
          source: "ROUTE_ENTRY",
        },
      },
      ...keyActions(limit, route),
    ],
  }));
  return [limitFilter(FILTERS.routeLimits, descriptors, actions)];
}

/** The limits of a route, as its metadata says them. */
export const routeLimitMetadata = (route: Route): JsonObject =>
  Object.fromEntries(route.rateLimits.map((limit) => [limitName(limit, route), route.name]));

/** Limits of the whole gateway. */
export function gatewayLimitFilter({ rateLimits }: GatewayModel): JsonObject[] {
  if (rateLimits.length === 0) return [];
  const descriptors = rateLimits.map((limit) => ({
    entries: [{ key: limitName(limit), value: "gateway" }, ...keyEntries(limit)],
    token_bucket: bucket(limit),
  }));
  const actions = rateLimits.map((limit) => ({
    actions: [{ generic_key: { descriptor_key: limitName(limit), descriptor_value: "gateway" } }, ...keyActions(limit)],
  }));
  return [limitFilter(FILTERS.gatewayLimits, descriptors, actions)];
}

const routesWith = (name: string, routes: readonly Route[]): Route[] =>
  routes.filter((route) => route.rateLimits.some((limit) => limitName(limit, route) === name));

function limitFilter(name: string, descriptors: readonly JsonObject[], rateLimits: readonly JsonObject[]): JsonObject {
  return {
    name,
    typed_config: typed("envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", {
      stat_prefix: name.slice(name.indexOf(".") + 1).replaceAll("-", "_"),
      filter_enabled: ALWAYS,
      filter_enforced: ALWAYS,
      descriptors,
      rate_limits: rateLimits,
      max_dynamic_descriptors: MOST_BUCKETS,
      // Requests that no descriptor fits have no limit in this filter.
      always_consume_default_token_bucket: false,
      token_bucket: { max_tokens: 4_294_967_295, tokens_per_fill: 4_294_967_295, fill_interval: "1s" },
      enable_retry_after_header: true,
      rate_limited_as_resource_exhausted: true,
    }),
  };
}

const ALWAYS: JsonObject = { default_value: { numerator: 100, denominator: "HUNDRED" } };

const bucket = ({ requests, burst, periodMs }: RateLimit): JsonObject => ({
  max_tokens: burst,
  tokens_per_fill: requests,
  fill_interval: duration(periodMs),
});

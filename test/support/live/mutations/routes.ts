import type { ControlId } from "../../../../components/backends/controls.ts";
import { FILTERS } from "../../../../components/backends/local/envoy/filter-names.ts";
import type { Route } from "../../../../components/spec/model.ts";
import type { Mutation, OpenConfig } from "./config.ts";
import { child, dropItems, eachTree, listOf, type Tree, without } from "./tree.ts";

/** Where requests go, and how many. */
export const ROUTES = {
  "route.exact": dropRoutes(({ path, grpc }) => path.kind === "exact" && grpc === undefined),
  "route.template": dropRoutes(({ path }) => path.kind === "template"),
  "route.prefix": dropRoutes(({ path, grpc }) => path.kind === "prefix" && grpc === undefined),
  "route.grpc": dropRoutes(({ grpc }) => grpc !== undefined),
  "route.methods": (config) => {
    for (const entry of config.entriesOf(() => true)) {
      const match = child(entry, "match");
      if (match) match.headers = listOf(match, "headers").filter(({ name }) => name !== ":method");
    }
  },
  "route.rewrite": (config) => {
    for (const entry of config.entriesOf(({ rewrite }) => rewrite !== undefined)) without(child(entry, "route"), "regex_rewrite");
  },
  "route.headers": (config) => {
    const { model } = config;
    const rules = [model.headers, ...model.routes.map(({ headers }) => headers)].flatMap(({ request, response }) => [request, response]);
    const names = new Set(rules.flatMap(({ set, add, remove }) => [...Object.keys(set), ...Object.keys(add), ...remove]));
    const unwanted = (item: Tree) => names.has(String(child(item, "append", "header")?.key ?? item.remove));
    for (const name of [FILTERS.requestHeaders, FILTERS.responseHeaders]) {
      dropItems(config.filter(name), unwanted);
      for (const configs of config.perRoute) dropItems(configs[name], unwanted);
    }
  },
  "route.weights": ({ entries }) => {
    for (const entry of entries) {
      without(child(entry, "match"), "runtime_fraction");
      const route = child(entry, "route");
      const [first] = listOf(child(route, "weighted_clusters"), "clusters");
      if (route === undefined || first === undefined) continue;
      without(route, "weighted_clusters");
      const { name, weight: _, ...others } = first;
      Object.assign(route, { cluster: name, ...others });
    }
  },
  "route.timeout": ({ entries }) => {
    for (const entry of entries) {
      const route = child(entry, "route");
      if (route) route.timeout = "0s";
    }
  },
  "limit.gateway": unlimited(FILTERS.gatewayLimits, "all"),
  "limit.gatewayClientIp": unlimited(FILTERS.gatewayLimits, "clientIp"),
  "limit.route": unlimited(FILTERS.routeLimits, "all"),
  "limit.routeClientIp": unlimited(FILTERS.routeLimits, "clientIp"),
  "limit.routeConsumer": unlimited(FILTERS.routeLimits, "consumer"),
  "limit.routeClaim": unlimited(FILTERS.routeLimits, "claim"),
  "limit.routeHeader": unlimited(FILTERS.routeLimits, "header"),
  "plan.rateLimit": (config) => config.dropFilter(FILTERS.planLimits),
  "plan.quota": (config) => config.dropFilter(FILTERS.quotas),
} as const satisfies Partial<Record<ControlId, Mutation>>;

/** Their requests are as unknown as any. */
function dropRoutes(which: (route: Route) => boolean): Mutation {
  return (config) => {
    const gone = new Set(config.entriesOf(which));
    dropItems(config.routes, (item) => gone.has(item));
  };
}

/** Buckets of limits that count by this never empty. */
function unlimited(filter: string, by: string): Mutation {
  return (config: OpenConfig) =>
    eachTree(config.filter(filter)?.descriptors, (descriptor) => {
      const counted = listOf(descriptor, "entries").some(({ key }) => new RegExp(`, by ${by}( |$)`).test(String(key)));
      if (counted) descriptor.token_bucket = { max_tokens: 4_294_967_295, tokens_per_fill: 4_294_967_295, fill_interval: "1s" };
    });
}

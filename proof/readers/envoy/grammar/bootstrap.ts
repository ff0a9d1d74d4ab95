import { duration, type Grammar, is, number, object, sequence } from "../../grammar.ts";
import { adminCluster, clusterGrammars, clustersOf } from "./clusters.ts";
import { outsideFilters } from "./filters.ts";
import { innerListener, machineListeners } from "./listeners.ts";
import { healthRoute, routeTable } from "./routes.ts";
import { extension, message, NAME, type Setting, watched } from "./values.ts";

const HEAP = is("envoy.resource_monitors.fixed_heap");

/** An action at a share of the memory. */
const at = (name: string, least: number, most: number): Grammar =>
  object({
    name: is(name),
    triggers: sequence(object({ name: HEAP, threshold: object({ value: number(least, most) }) })),
  });

/** Memory and connections are bounded; before either is full, keeping connections, then taking requests, ends. */
const OVERLOAD: Grammar = object({
  refresh_interval: duration(0.05, 0.25),
  resource_monitors: sequence(
    extension(
      HEAP,
      message("extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig", { max_heap_size_bytes: number(2 ** 28, 2 ** 31) }),
    ),
    extension(
      is("envoy.resource_monitors.global_downstream_max_connections"),
      message("extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig", {
        max_active_downstream_connections: number(1000, 50_000),
      }),
    ),
  ),
  actions: sequence(
    at("envoy.overload_actions.shrink_heap", 0.5, 0.95),
    at("envoy.overload_actions.disable_http_keepalive", 0.5, 0.95),
    at("envoy.overload_actions.stop_accepting_requests", 0.5, 0.95),
    object({
      name: is("envoy.overload_actions.reduce_timeouts"),
      triggers: sequence(
        object({ name: HEAP, scaled: object({ scaling_threshold: number(0.5, 0.95), saturation_threshold: number(0.5, 1) }) }),
      ),
      typed_config: message("config.overload.v3.ScaleTimersOverloadActionConfig", {
        timer_scale_factors: sequence(object({ timer: is("HTTP_DOWNSTREAM_CONNECTION_IDLE"), min_timeout: duration(0.5, 5) })),
      }),
    }),
  ),
  loadshed_points: sequence(
    at("envoy.load_shed_points.tcp_listener_accept", 0.5, 0.97),
    at("envoy.load_shed_points.http_connection_manager_decode_headers", 0.5, 0.97),
  ),
});

/** Regular expressions of Envoy may be as large as those of long lists get; by default they would be refused when the file is read. */
const RUNTIME = is({
  layers: [{ name: "gateway", static_layer: { re2: { max_program_size: { error_level: 1_000_000, warn_level: 1_000_000 } } } }],
});

const NODE = object({ id: NAME, cluster: NAME });

/** Envoy's start on this machine: its interface for administration is a socket of the owner's, everything else comes from watched files. */
export const machineBootstrap: Grammar = object({
  node: NODE,
  admin: object({ address: is({ pipe: { path: "run/admin.sock", mode: 0o600 } }) }),
  dynamic_resources: object({ lds_config: watched("config/listeners.json"), cds_config: watched("config/clusters.json") }),
  static_resources: object({ clusters: sequence(adminCluster) }),
  overload_manager: OVERLOAD,
  layered_runtime: RUNTIME,
});

/** The files Envoy watches on this machine, by path; secrets are read elsewhere. */
export const machineFiles = (setting: Setting): Readonly<Record<string, Grammar>> => ({
  "config/clusters.json": object({ resources: clustersOf(clusterGrammars(setting, true)) }),
  "config/listeners.json": object({ resources: machineListeners(setting) }),
  "config/routes.json": object({
    resources: sequence(routeTable(setting, [], { "@type": is("type.googleapis.com/envoy.config.route.v3.RouteConfiguration") })),
  }),
});

/** One file for Envoy behind a load balancer: nothing for administration, nothing that changes while it runs. */
export function innerBootstrap(setting: Setting, metadataServer: Readonly<Record<string, Grammar>>): Grammar {
  const routes = routeTable(setting, [healthRoute(["gateway.require", ...outsideFilters(setting)])]);
  return object({
    node: NODE,
    static_resources: object({
      listeners: sequence(innerListener(setting, routes)),
      clusters: clustersOf({ ...clusterGrammars(setting, false), ...metadataServer }),
    }),
    overload_manager: OVERLOAD,
    layered_runtime: RUNTIME,
  });
}

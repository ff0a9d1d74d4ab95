import type { GatewayModel } from "../../../spec/model.ts";
import { type JsonObject, typed } from "./values.ts";

/** Memory above which the gateway sheds load. */
const HEAP_BYTES = 1024 ** 3;

/** Protects the process itself, after Envoy's guidance for proxies at the edge: refuse before running out of memory or connections. */
export function overloadManager({ local }: GatewayModel): JsonObject {
  return {
    refresh_interval: "0.25s",
    resource_monitors: [
      {
        name: "envoy.resource_monitors.fixed_heap",
        typed_config: typed("envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig", { max_heap_size_bytes: HEAP_BYTES }),
      },
      {
        name: "envoy.resource_monitors.global_downstream_max_connections",
        typed_config: typed("envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig", {
          max_active_downstream_connections: local.maxConnections,
        }),
      },
    ],
    actions: [
      { name: "envoy.overload_actions.shrink_heap", triggers: [atHeap(0.9)] },
      { name: "envoy.overload_actions.disable_http_keepalive", triggers: [atHeap(0.92)] },
      { name: "envoy.overload_actions.stop_accepting_requests", triggers: [atHeap(0.95)] },
      {
        name: "envoy.overload_actions.reduce_timeouts",
        triggers: [{ name: "envoy.resource_monitors.fixed_heap", scaled: { scaling_threshold: 0.85, saturation_threshold: 0.95 } }],
        typed_config: typed("envoy.config.overload.v3.ScaleTimersOverloadActionConfig", {
          timer_scale_factors: [{ timer: "HTTP_DOWNSTREAM_CONNECTION_IDLE", min_timeout: "2s" }],
        }),
      },
    ],
    loadshed_points: [
      { name: "envoy.load_shed_points.tcp_listener_accept", triggers: [atHeap(0.95)] },
      { name: "envoy.load_shed_points.http_connection_manager_decode_headers", triggers: [atHeap(0.97)] },
    ],
  };
}

const atHeap = (value: number): JsonObject => ({ name: "envoy.resource_monitors.fixed_heap", threshold: { value } });

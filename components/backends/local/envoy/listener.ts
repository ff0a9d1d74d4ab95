import type { GatewayModel } from "../../../spec/model.ts";
import { adminListener } from "./admin.ts";
import { connectionManager } from "./connection-manager.ts";
import { frontTls } from "./front-tls.ts";
import type { Materials, RenderOptions } from "./materials.ts";
import { redirectManager } from "./redirect.ts";
import { discovery, duration, type JsonObject, typed } from "./values.ts";

/** Where clients, redirects and metrics are served. */
export function listeners(model: GatewayModel, materials: Materials, options: RenderOptions): JsonObject {
  return discovery("envoy.config.listener.v3.Listener", [
    httpsListener(model, materials, options),
    ...(model.http === "redirect" ? [redirectListener(model, materials)] : []),
    adminListener(model),
  ]);
}

/** The front door: only for the host name served, which the client says before the certificate is shown. */
function httpsListener(model: GatewayModel, materials: Materials, options: RenderOptions): JsonObject {
  return {
    name: "https",
    ...at(model.local.address, model.local.httpsPort),
    ...COMMON,
    listener_filters: [{ name: "tls", typed_config: typed("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector") }],
    filter_chains: [
      {
        name: "https",
        filter_chain_match: { server_names: [model.hostname] },
        transport_socket: frontTls(model, options.folder),
        transport_socket_connect_timeout: duration(10_000),
        filters: [connectionManager(model, materials, options)],
      },
    ],
  };
}

function redirectListener(model: GatewayModel, materials: Materials): JsonObject {
  return {
    name: "http",
    ...at(model.local.address, model.local.httpPort),
    ...COMMON,
    filter_chains: [{ filters: [redirectManager(model, materials)] }],
  };
}

const COMMON: JsonObject = {
  per_connection_buffer_limit_bytes: 32_768,
  listener_filters_timeout: duration(5000),
  tcp_backlog_size: 1024,
};

/** `::` takes IPv4 connections as well. */
const at = (address: string, port: number): JsonObject => ({
  address: { socket_address: { address, port_value: port, ...(address === "::" ? { ipv4_compat: true } : {}) } },
});

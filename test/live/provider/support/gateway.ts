import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostInputs } from "../../../../providers/local/host/inputs.ts";

/** A folder for gateways, removed by `remove`. */
export function testFolder(): { path: string; remove: () => void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "gateway-host-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

const TYPES = "type.googleapis.com/envoy";

export const routes = (body: string, cluster?: string) => ({
  resources: [
    {
      "@type": `${TYPES}.config.route.v3.RouteConfiguration`,
      name: "main",
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [
            cluster === undefined
              ? { match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: body } } }
              : { match: { prefix: "/" }, route: { cluster, timeout: "10s" } },
          ],
        },
      ],
    },
  ],
});

export const clusters = (byName: Readonly<Record<string, number>>) => ({
  resources: Object.entries(byName).map(([name, port]) => ({
    "@type": `${TYPES}.config.cluster.v3.Cluster`,
    name,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: "127.0.0.1", port_value: port } } } }] }],
    },
  })),
});

export const listener = (port: number, filters: readonly object[] = []) => ({
  resources: [
    {
      "@type": `${TYPES}.config.listener.v3.Listener`,
      name: "front",
      address: { socket_address: { address: "127.0.0.1", port_value: port } },
      filter_chains: [
        {
          filters: [
            {
              name: "http",
              typed_config: {
                "@type": `${TYPES}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                stat_prefix: "front",
                access_log: [
                  {
                    name: "file",
                    typed_config: { "@type": `${TYPES}.extensions.access_loggers.file.v3.FileAccessLog`, path: "logs/access.log" },
                  },
                ],
                rds: {
                  route_config_name: "main",
                  config_source: { resource_api_version: "V3", path_config_source: { path: "xds/rds.json" } },
                },
                http_filters: [
                  ...filters,
                  { name: "router", typed_config: { "@type": `${TYPES}.extensions.filters.http.router.v3.Router` } },
                ],
              },
            },
          ],
        },
      ],
    },
  ],
});

export const bootstrap = (extra: object = {}) => ({
  node: { id: "test", cluster: "test" },
  admin: { address: { pipe: { path: "run/admin.sock", mode: 0o600 } } },
  dynamic_resources: {
    lds_config: { resource_api_version: "V3", path_config_source: { path: "xds/lds.json" } },
    cds_config: { resource_api_version: "V3", path_config_source: { path: "xds/cds.json" } },
  },
  ...extra,
});

/** A Host that answers every request with `body`. */
export function hostInputs(directory: string, port: number, body = "one"): HostInputs {
  return {
    directory,
    bootstrap: JSON.stringify(bootstrap()),
    files: {
      "xds/cds.json": JSON.stringify(clusters({})),
      "xds/rds.json": JSON.stringify(routes(body)),
      "xds/lds.json": JSON.stringify(listener(port)),
    },
    writeOrder: ["xds/cds.json", "xds/rds.json", "xds/lds.json"],
    workers: 1,
    adminSocket: "run/admin.sock",
    listeners: [`127.0.0.1:${port}`],
    drainMs: 1000,
    services: {},
    quotas: [],
    logRetentionDays: 7,
  };
}

/** The same Host with other contents of some files. */
export const withFiles = (inputs: HostInputs, files: Readonly<Record<string, object>>): HostInputs => ({
  ...inputs,
  files: { ...inputs.files, ...Object.fromEntries(Object.entries(files).map(([path, content]) => [path, JSON.stringify(content)])) },
});

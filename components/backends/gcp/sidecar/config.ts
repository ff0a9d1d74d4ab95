import type { GatewayModel } from "../../../spec/model.ts";
import { clusters } from "../../local/envoy/clusters.ts";
import { connectionManager } from "../../local/envoy/connection-manager.ts";
import { FILTERS } from "../../local/envoy/filter-names.ts";
import type { Materials, RenderOptions } from "../../local/envoy/materials.ts";
import { overloadManager } from "../../local/envoy/overload.ts";
import { NOTHING_REQUIRED } from "../../local/envoy/requirements.ts";
import { routeTable } from "../../local/envoy/route-table.ts";
import { type JsonObject, typed } from "../../local/envoy/values.ts";
import { EDGE_HEADERS, HEALTH_PATH, PORTS } from "../needs.ts";
import { certificateFilters, certificateMutations, withoutCertificate } from "./client-certificate.ts";
import { identityTokenFilter, metadataCluster, withAudience } from "./identity-token.ts";
import { instancesOf, sidecarModel } from "./model.ts";

/** Accepted keys by consumer. */
export type ApiKeys = Readonly<Record<string, readonly string[]>>;

export interface SidecarOptions {
  /** Folder everything is mounted below; secrets are read from `secretFile`. */
  readonly folder: string;
  /** File with the public roots in Envoy's image. @default the one of Debian, which the distroless image has */
  readonly publicRoots?: string;
  /** @default PORTS.envoy */
  readonly port?: number;
  /** Host and port of the metadata server. @default metadata.google.internal:80 */
  readonly metadataServer?: string;
}

const PUBLIC_ROOTS = "/etc/ssl/certs/ca-certificates.crt";
const METADATA_SERVER = "metadata.google.internal:80";

/**
 * Envoy's whole configuration behind ESPv2, JSON text. It holds no secret: private keys come from mounted files, of API keys there are hashes.
 * The same renderer as `cloud: local` writes it; only what is in front differs.
 */
export function sidecarConfig(model: GatewayModel, apiKeys: ApiKeys, options: SidecarOptions): string {
  const inner = sidecarModel(model, instancesOf(model));
  const materials: Materials = { front: { chain: "", privateKey: "" }, clients: {}, apiKeys };
  const render: RenderOptions = { folder: options.folder, publicRoots: { file: options.publicRoots ?? PUBLIC_ROOTS } };
  const config = JSON.stringify({
    node: { id: model.name, cluster: model.name },
    static_resources: {
      listeners: [listener(inner, model, materials, render, options.port ?? PORTS.envoy)],
      clusters: [
        ...resources(clusters(inner, render)).map((cluster) => withAudience(cluster, model)),
        ...metadataCluster(model, options.metadataServer ?? METADATA_SERVER),
      ],
    },
    overload_manager: overloadManager(inner),
    layered_runtime: {
      layers: [{ name: "gateway", static_layer: { re2: { max_program_size: { error_level: 1_000_000, warn_level: 1_000_000 } } } }],
    },
  });
  return config.replaceAll(MOUNTED_TOGETHER, (_, folder: string, name: string) => `"${secretFile(folder, name)}"`);
}

/** The local gateway keeps its secrets in one folder; here each one is a volume of its own. */
const MOUNTED_TOGETHER = /"([^"]*)\/config\/secrets\/([A-Za-z0-9_-]+)\.json"/g;

/** Where Envoy finds one secret. */
export const secretFile = (folder: string, name: string): string => `${folder}/secrets/${name}/${SECRET_KEY}`;

/** Name of the file in each secret's volume. */
export const SECRET_KEY = "secret.json";

/** What a discovery answer holds, without the type it has only there. */
const resources = (discovery: JsonObject): JsonObject[] =>
  (discovery.resources as unknown as JsonObject[]).map(({ "@type": _, ...resource }) => resource);

/** Only on the loopback interface: nobody but ESPv2 next to it can connect. */
function listener(inner: GatewayModel, model: GatewayModel, materials: Materials, render: RenderOptions, port: number): JsonObject {
  return {
    name: "gateway",
    address: { socket_address: { address: "127.0.0.1", port_value: port } },
    per_connection_buffer_limit_bytes: 32_768,
    filter_chains: [{ filters: [manager(inner, model, materials, render)] }],
  };
}

/** The local gateway's connection manager with the client's address from the load balancer and a log to standard output. */
function manager(inner: GatewayModel, model: GatewayModel, materials: Materials, render: RenderOptions): JsonObject {
  const base = connectionManager(inner, materials, render).typed_config as JsonObject;
  const { rds: _, use_remote_address: __, xff_num_trusted_hops: ___, ...kept } = base;
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: {
      ...kept,
      use_remote_address: false,
      // The load balancer replaces this header; a request without a readable address comes from nobody it knows.
      original_ip_detection_extensions: [
        {
          name: "envoy.http.original_ip_detection.custom_header",
          typed_config: typed("envoy.extensions.http.original_ip_detection.custom_header.v3.CustomHeaderConfig", {
            header_name: EDGE_HEADERS.clientIp,
            allow_extension_to_set_address_as_trusted: false,
          }),
        },
      ],
      early_header_mutation_extensions: [earlyRemovals(kept)],
      route_config: routes(inner, model, materials),
      http_filters: filters(kept.http_filters as unknown as JsonObject[], model),
      access_log: (kept.access_log as unknown as JsonObject[]).map(toStandardOutput),
    },
  };
}

/** What ESPv2 writes about a request is for nobody behind Envoy, which has read the token itself. */
const OF_ESPV2 = ["x-endpoint-api-userinfo", "x-api-operation-name", "x-forwarded-authorization"];

function earlyRemovals(base: JsonObject): JsonObject {
  const [extension] = base.early_header_mutation_extensions as unknown as JsonObject[];
  const config = extension?.typed_config as JsonObject;
  return {
    ...extension,
    typed_config: {
      ...config,
      mutations: [
        ...(config.mutations as unknown as JsonObject[]),
        { remove_on_match: { key_matcher: { prefix: "x-endpoint-" } } },
        ...OF_ESPV2.map((remove) => ({ remove })),
      ],
    },
  };
}

/** Certificates are judged before everything else; the edge's headers go, and ID tokens come, just before the backend. */
function filters(base: readonly JsonObject[], model: GatewayModel): JsonObject[] {
  const router = base.slice(-1);
  const removal: JsonObject = {
    name: "gateway.edge-headers",
    typed_config: typed("envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", {
      mutations: {
        request_mutations: [...certificateMutations(model), ...Object.values(EDGE_HEADERS).map((remove) => ({ remove }))],
      },
    }),
  };
  return [...base.slice(0, 1), ...certificateFilters(model), ...base.slice(1, -1), removal, ...identityTokenFilter(model), ...router];
}

/** The local gateway's route table; health is seen under every host but the public one. */
function routes(inner: GatewayModel, model: GatewayModel, materials: Materials): JsonObject {
  const [table] = resources(routeTable(inner, materials));
  const config = table as JsonObject;
  const hosts = config.virtual_hosts as unknown as JsonObject[];
  return {
    ...config,
    virtual_hosts: hosts.map((host) =>
      host.name === "other" ? { ...host, routes: [health(model), ...(host.routes as unknown as JsonObject[])] } : host,
    ),
  };
}

const health = (model: GatewayModel): JsonObject => ({
  name: "health",
  match: { path: HEALTH_PATH },
  typed_per_filter_config: {
    [FILTERS.require]: NOTHING_REQUIRED,
    ...withoutCertificate(model),
    ...(model.access.allowCidrs.length + model.access.denyCidrs.length > 0 ? { [FILTERS.access]: NOTHING_REQUIRED } : {}),
  },
  direct_response: { status: 200 },
});

/** The platform collects standard output. */
function toStandardOutput(log: JsonObject): JsonObject {
  const { path: _, "@type": __, ...config } = log.typed_config as JsonObject;
  return { name: "envoy.access_loggers.stdout", typed_config: typed("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", config) };
}

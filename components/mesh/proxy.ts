import { isIP } from "node:net";
import { tlsParameters } from "../backends/local/envoy/front-tls.ts";
import { type JsonObject, present, typed } from "../backends/local/envoy/values.ts";
import { FILES } from "../pki/distribution/material.ts";

/** What a service speaks; decides which protocol a TLS client is offered. */
export type Protocol = "http" | "grpc" | "tcp";

/** Connections to the service. */
export interface Inbound {
  /** Address others connect to, such as the host's own. */
  readonly address: string;
  readonly port: number;
  /** Loopback port on which the service listens without TLS. */
  readonly servicePort: number;
  /** DNS or URI subject alternative names of those who may call; at least one. */
  readonly callers: readonly string[];
  /** @default "http" */
  readonly protocol?: Protocol;
}

/** Connections of the service to another one. */
export interface Outbound {
  /** Name of the other service, for logs. */
  readonly name: string;
  /** Loopback port the service connects to without TLS. */
  readonly localPort: number;
  readonly host: string;
  readonly port: number;
  /** Name or address the other one's certificate must have. @default host */
  readonly serverName?: string;
  /** @default "http" */
  readonly protocol?: Protocol;
}

export interface ProxySettings {
  readonly service: string;
  /** Folder with the service's identity, as `writeServiceFiles` keeps it; renewals are taken over without a restart. */
  readonly identityFolder: string;
  /** Folder the files of this configuration will stand in. */
  readonly folder: string;
  readonly inbound?: Inbound;
  readonly outbound?: readonly Outbound[];
}

/** Names of the files: the first is Envoy's `-c`. */
export const PROXY_FILES = { bootstrap: "bootstrap.json", identity: "identity.json", trust: "trust.json" } as const;

const ALPN: Readonly<Record<Protocol, readonly string[]>> = { http: ["http/1.1"], grpc: ["h2"], tcp: [] };

const LOOPBACK = "127.0.0.1";

/**
 * Envoy's configuration for a service that cannot speak TLS: from outside mutual TLS with the caller's identity checked in the handshake, inside plain
 * loopback; and the other way round for its own calls. There is no admin interface.
 *
 * @returns The files by name; none holds a key
 * @throws Error when nobody may call, or two listeners want one port
 */
export function proxyFiles(settings: ProxySettings): Record<string, string> {
  const { inbound, outbound = [] } = settings;
  if (inbound !== undefined && inbound.callers.length === 0)
    throw new Error(`${settings.service}: "callers" is empty, and nobody could call; name one, or leave "inbound" out`);
  const ports = [...(inbound === undefined ? [] : [inbound.port]), ...outbound.map(({ localPort }) => localPort)];
  const twice = ports.find((port, index) => ports.indexOf(port) !== index);
  if (twice !== undefined) throw new Error(`${settings.service}: port ${twice} is wanted twice; give every listener one of its own`);
  const current = `${settings.identityFolder}/current`;
  const watched = { watched_directory: { path: settings.identityFolder } };
  return {
    [PROXY_FILES.bootstrap]: JSON.stringify({
      node: { id: settings.service, cluster: settings.service },
      static_resources: {
        listeners: [
          ...(inbound === undefined ? [] : [inboundListener(settings, inbound)]),
          ...outbound.map((target) => listener(`to-${target.name}`, LOOPBACK, target.localPort, `to-${target.name}`)),
        ],
        clusters: [
          ...(inbound === undefined ? [] : [cluster("service", LOOPBACK, inbound.servicePort)]),
          ...outbound.map((target) => outboundCluster(settings, target)),
        ],
      },
    }),
    [PROXY_FILES.identity]: secret({
      name: "identity",
      tls_certificate: {
        certificate_chain: { filename: `${current}/${FILES.certificate}` },
        private_key: { filename: `${current}/${FILES.privateKey}` },
        ...watched,
      },
    }),
    [PROXY_FILES.trust]: secret({
      name: "trust",
      validation_context: { trusted_ca: { filename: `${current}/${FILES.trust}` }, ...watched },
    }),
  };
}

const secret = (resource: JsonObject): string =>
  JSON.stringify({ resources: [{ "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret", ...resource }] });

const reference = ({ folder }: ProxySettings, name: "identity" | "trust"): JsonObject => ({
  name,
  sds_config: { path_config_source: { path: `${folder}/${PROXY_FILES[name]}` }, resource_api_version: "V3" },
});

function inboundListener(settings: ProxySettings, { address, port, callers, protocol = "http" }: Inbound): JsonObject {
  const names = callers.map((name) => ({ san_type: name.includes("://") ? "URI" : "DNS", matcher: { exact: name } }));
  return listener("service", address, port, "service", {
    name: "envoy.transport_sockets.tls",
    typed_config: typed("envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", {
      require_client_certificate: true,
      // A resumed session would skip the check of who calls.
      disable_stateless_session_resumption: true,
      disable_stateful_session_resumption: true,
      common_tls_context: context(settings, names, protocol),
    }),
  });
}

function outboundCluster(settings: ProxySettings, { name, host, port, serverName = host, protocol = "http" }: Outbound): JsonObject {
  const isAddress = isIP(serverName) !== 0;
  const names = [{ san_type: isAddress ? "IP_ADDRESS" : "DNS", matcher: { exact: serverName } }];
  return {
    ...cluster(`to-${name}`, host, port),
    transport_socket: {
      name: "envoy.transport_sockets.tls",
      typed_config: typed(
        "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
        present({ sni: isAddress ? undefined : serverName, common_tls_context: context(settings, names, protocol) }),
      ),
    },
  };
}

/** Both ends show the service's certificate and want one of the same authorities, with one of these names. */
const context = (settings: ProxySettings, names: readonly JsonObject[], protocol: Protocol): JsonObject =>
  present({
    tls_params: { ...tlsParameters("1.3") },
    alpn_protocols: ALPN[protocol].length === 0 ? undefined : ALPN[protocol],
    tls_certificate_sds_secret_configs: [reference(settings, "identity")],
    combined_validation_context: {
      default_validation_context: { match_typed_subject_alt_names: names },
      validation_context_sds_secret_config: reference(settings, "trust"),
    },
  });

const listener = (name: string, address: string, port: number, target: string, socket?: JsonObject): JsonObject => ({
  name,
  address: { socket_address: { address, port_value: port } },
  per_connection_buffer_limit_bytes: 32_768,
  filter_chains: [
    present({
      transport_socket: socket,
      filters: [
        {
          name: "envoy.filters.network.tcp_proxy",
          typed_config: typed("envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy", { stat_prefix: name, cluster: target }),
        },
      ],
    }),
  ],
});

const cluster = (name: string, address: string, port: number): JsonObject => ({
  name,
  type: isIP(address) === 0 ? "STRICT_DNS" : "STATIC",
  connect_timeout: "5s",
  per_connection_buffer_limit_bytes: 32_768,
  load_assignment: {
    cluster_name: name,
    endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address, port_value: port } } } }] }],
  },
});

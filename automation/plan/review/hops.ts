import type { Backend, GatewayModel, Trust } from "../../../components/spec/model.ts";
import type { GatewayPlan } from "../plan.ts";
import type { PlannedResource } from "../recorder.ts";
import { concernOf } from "./concerns.ts";

/** The way of a request, drawn from the plan: stations and the hops between them. */
export interface Picture {
  readonly stations: readonly Station[];
  readonly hops: readonly Hop[];
}

export interface Station {
  readonly id: string;
  readonly kind: "client" | "edge" | "gateway" | "bridge" | "backend";
  readonly title: string;
  readonly detail: string;
}

/** One stretch of the way, and what protects it. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  /** How the receiving side proves itself. */
  readonly server: string;
  /** How the calling side proves itself. */
  readonly client: string;
  /** True when one side that should prove itself does not. */
  readonly weak: boolean;
  /** Names of the resources that enforce it. */
  readonly resources: readonly string[];
}

/** The stations and hops of a planned gateway. An edge and a bridge are there when the plan has resources for them. */
export function pictureOf(model: GatewayModel, plan: GatewayPlan): Picture {
  const edge = plan.resources.find(({ type }) => EDGE.test(type));
  const bridged = Object.values(model.backends).filter(({ network }) => network.type !== "public");
  const client: Station = { id: "client", kind: "client", title: "Client", detail: "Internet" };
  const gateway: Station = { id: "gateway", kind: "gateway", title: model.name, detail: `${plan.cloud} (${plan.variant})` };
  const edgeStation: Station | undefined = edge && { id: "edge", kind: "edge", title: edgeTitle(edge.type), detail: edge.name };
  const bridge: Station | undefined =
    bridged.length === 0 ? undefined : { id: "bridge", kind: "bridge", title: "Private line", detail: bridgeDetail(plan.resources) };
  const backends = Object.values(model.backends);
  return {
    stations: [client, edgeStation, gateway, bridge, ...backends.map(backendStation)].filter((station) => station !== undefined),
    hops: [
      frontHop(model, plan, edgeStation?.id ?? "gateway"),
      ...(edge ? [originHop(plan, edge)] : []),
      ...backends.map((backend) => backendHop(backend, plan)),
    ],
  };
}

/** The resource clients connect to where a cloud puts its edge in front. */
const EDGE = /cloudfront\/distribution:|azure-native:cdn(\/v\d+)?:(AFDEndpoint|Profile)|compute\/globalForwardingRule:/;

const edgeTitle = (type: string) => (type.startsWith("aws:") ? "CloudFront" : type.startsWith("azure") ? "Front Door" : "Load balancer");

const backendId = (name: string) => `backend ${name}`;

const backendStation = ({ name, host, port, basePath }: Backend): Station => ({
  id: backendId(name),
  kind: "backend",
  title: name,
  detail: `${host}${port === 443 ? "" : `:${port}`}${basePath}`,
});

function frontHop({ tls, http }: GatewayModel, plan: GatewayPlan, to: string): Hop {
  const { certificate, clientValidation, minimumVersion } = tls;
  const shown = {
    managed: "certificate managed by the cloud",
    acme: "certificate by ACME",
    imported: "imported certificate",
    internal: "certificate of its own authority",
  };
  const client = clientValidation === undefined ? "as each route requires" : `certificate ${clientValidation.mode.toLowerCase()}`;
  return {
    from: "client",
    to,
    protocol: `HTTPS, TLS ${minimumVersion}+; port 80 ${http === "redirect" ? "redirects" : "closed"}`,
    server: shown[certificate.source],
    client,
    weak: false,
    resources: enforcers(plan, /^(tls\.(version|certificate|clientValidation)|http\.)/),
  };
}

/** From the edge to the gateway behind it: what the plan's resources and controls say. */
function originHop(plan: GatewayPlan, edge: PlannedResource): Hop {
  const control =
    plan.controls.find((candidate) => candidate.control === "edge") ?? plan.controls.find((candidate) => candidate.control === "host.only");
  return {
    from: "edge",
    to: "gateway",
    protocol: originProtocol(plan.resources.filter(({ type, name }) => concernOf(type) === "Edge" || name === edge.name)),
    server: "the cloud's own service",
    client: control?.how ?? "",
    weak: control === undefined,
    resources: enforcers(plan, /^(edge|host\.only)$/),
  };
}

function backendHop(backend: Backend, plan: GatewayPlan): Hop {
  const { tls, network, protocol, name } = backend;
  const shown =
    tls.clientCertificate === "none"
      ? "shows no certificate"
      : tls.clientCertificate === "internal"
        ? "certificate of its own authority"
        : "imported certificate";
  return {
    from: network.type === "public" ? "gateway" : "bridge",
    to: backendId(name),
    protocol: protocol === "grpc" ? "gRPC over HTTPS" : "HTTPS",
    server: trustText(tls.trust, tls.serverName),
    client: shown,
    weak: tls.trust.kind === "unverified",
    resources: enforcers(plan, new RegExp(`^backend\\.(tls\\.${tls.trust.kind}|clientCertificate|${network.type})`)),
  };
}

function trustText(trust: Trust, serverName: string): string {
  switch (trust.kind) {
    case "public":
      return `verified as ${serverName} against the public roots`;
    case "internal":
      return `verified as ${serverName} against the gateway's own authority`;
    case "ca":
      return `verified as ${serverName} against ${trust.caCertificates.length} given ${trust.caCertificates.length === 1 ? "authority" : "authorities"}`;
    case "pinned":
      return "exactly one pinned certificate";
    case "unverified":
      return `NOT VERIFIED: ${trust.reason}`;
  }
}

const enforcers = (plan: GatewayPlan, controls: RegExp): string[] => [
  ...new Set(plan.controls.filter(({ control }) => controls.test(control)).flatMap(({ resources }) => resources)),
];

/** The protocol the edge's own settings name. */
function originProtocol(resources: readonly PlannedResource[]): string {
  const words = resources.flatMap(({ inputs }) => settings(inputs, /^(originProtocolPolicy|forwardingProtocol|protocol)$/));
  if (words.some((word) => /^https[-_]?only$/i.test(word) || /^(HTTPS|HTTP2|H2C?)$/.test(word))) return "HTTPS";
  return words.length === 0 ? "inside the cloud" : words.join(", ");
}

function settings(value: unknown, name: RegExp): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => (name.test(key) && typeof child === "string" ? [child] : settings(child, name)));
}

/** A hop as a table names it. */
export function hopTitle({ from, to }: Hop, stations: readonly Station[]): string {
  const title = (id: string) => stations.find((station) => station.id === id)?.title ?? id;
  return from === "bridge" ? `${title("gateway")} → ${title(to)} over the private line` : `${title(from)} → ${title(to)}`;
}

/** Kinds of resources a private way consists of. */
function bridgeDetail(resources: readonly PlannedResource[]): string {
  const kinds = resources
    .map(({ type }) => wordOf(type))
    .filter((word) =>
      /^(Vpc ?Link|Vpn Connection|Load Balancer|Virtual Network Gateway|Connection|Vpn Tunnel|Interconnect|Network Endpoint Group|Private (Endpoint|Link))/i.test(
        word,
      ),
    );
  return [...new Set(kinds)].slice(0, 3).join(", ") || "already there";
}

/** `aws:cloudfront/distribution:Distribution` → `Distribution`; words of a compound name apart. */
export const wordOf = (type: string): string => (type.split(":").at(-1) ?? type).replace(/([a-z])([A-Z])/g, "$1 $2");

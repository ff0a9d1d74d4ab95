import type { GatewayModel } from "../../../spec/model.ts";
import type { JsonObject } from "./values.ts";

/** Where the gateway's files are; every path but `folder` is relative to it. */
export const FILES = {
  listeners: "config/listeners.json",
  routes: "config/routes.json",
  clusters: "config/clusters.json",
  /** Certificates and keys, one file each: both halves of a pair change in one step. */
  secret: (name: string) => `config/secrets/${name}.json`,
  publicRoots: "config/public-roots.pem",
  /** The roots clients have to trust when the front certificate is of the gateway's own authority; Envoy does not read it. */
  authority: "authority.pem",
  accessLog: "logs/access.log",
  adminSocket: "run/admin.sock",
  quotaSocket: "run/quota.sock",
  /** The certificate of an ACME authority, written by the gateway's agent. */
  acmeSecret: "acme/front.json",
  /** Where the agent answers the authority's challenges. */
  acmeSocket: "run/acme.sock",
} as const;

/** The path Envoy opens. With an empty folder paths stay relative to its working directory. */
export const inFolder = (folder: string, path: string): string => (folder === "" ? path : `${folder}/${path}`);

/** Discovery by a file that Envoy watches; it reads the file again when it is replaced by a rename. */
export const watchedFile = (folder: string, path: string): JsonObject => ({
  path_config_source: { path: inFolder(folder, path) },
  resource_api_version: "V3",
});

/** Names of the secrets Envoy gets by discovery. */
export const SECRETS = {
  /** The certificate of the front door. */
  front: "front",
  /** Roots of the gateway's own authority. */
  authority: "authority",
  /** The certificate the gateway shows to backends, of its own authority. */
  gateway: "gateway",
  /** An imported certificate shown to one backend. */
  client: (backend: string) => `client-${backend}`,
} as const;

/** The certificate of the front door: the program's, or the one that the agent obtains. */
export const frontReference = (folder: string, { tls }: GatewayModel): JsonObject =>
  tls.certificate.source === "acme"
    ? { name: SECRETS.front, sds_config: watchedFile(folder, FILES.acmeSecret) }
    : secretReference(folder, SECRETS.front);

/** A reference to a secret. */
export const secretReference = (folder: string, name: string): JsonObject => ({
  name,
  sds_config: watchedFile(folder, FILES.secret(name)),
});

/** True when something verifies against the gateway's own authority. */
export function usesAuthority(model: GatewayModel): boolean {
  return (
    Object.values(model.backends).some((backend) => backend.tls.trust.kind === "internal") ||
    Object.values(model.jwtProviders).some((provider) => provider.keys.kind === "remote" && provider.keys.trust.kind === "internal")
  );
}

/** True when a backend is shown a certificate of the gateway's own authority. */
export function usesGatewayCertificate(model: GatewayModel): boolean {
  return Object.values(model.backends).some((backend) => backend.tls.clientCertificate === "internal");
}

/** True when something verifies against the public roots. */
export function usesPublicRoots(model: GatewayModel): boolean {
  return (
    Object.values(model.backends).some((backend) => backend.tls.trust.kind === "public") ||
    Object.values(model.jwtProviders).some((provider) => provider.keys.kind === "remote" && provider.keys.trust.kind === "public") ||
    (model.observability.tracing?.endpoint?.startsWith("https:") ?? false)
  );
}

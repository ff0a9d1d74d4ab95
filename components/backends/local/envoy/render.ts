import { rootCertificates } from "node:tls";
import type { GatewayModel } from "../../../spec/model.ts";
import { bootstrap } from "./bootstrap.ts";
import { clusters } from "./clusters.ts";
import { FILES, SECRETS, usesAuthority, usesGatewayCertificate, usesPublicRoots } from "./layout.ts";
import { listeners } from "./listener.ts";
import type { Materials, RenderOptions } from "./materials.ts";
import { routeTable } from "./route-table.ts";
import { keyPairSecret, rootsSecret } from "./secrets.ts";
import type { JsonObject } from "./values.ts";

/** Envoy's bootstrap, JSON text; it holds no secret. */
export function renderBootstrap(model: GatewayModel, options: RenderOptions): string {
  return text(bootstrap(model, options));
}

/** The files Envoy watches, by path relative to the gateway's folder. Secret: they hold private keys and API keys. */
export function renderFiles(model: GatewayModel, materials: Materials, options: RenderOptions): Record<string, string> {
  const pems: [string, string][] = [
    ...("pem" in options.publicRoots && usesPublicRoots(model) ? [[FILES.publicRoots, options.publicRoots.pem] as [string, string]] : []),
    ...(showsAuthority(model) ? [[FILES.authority, needed(materials.authority, "the internal authority")] as [string, string]] : []),
  ];
  return Object.fromEntries([
    ...pems,
    ...secretFiles(model, materials).map(([path, content]) => [path, text(content)]),
    [FILES.clusters, text(clusters(model, options))],
    [FILES.listeners, text(listeners(model, materials, options))],
    [FILES.routes, text(routeTable(model, materials))],
  ]);
}

/** Paths of the files a model gets, whatever is in them. */
export function filePaths(model: GatewayModel, options: RenderOptions): string[] {
  return [
    ...("pem" in options.publicRoots && usesPublicRoots(model) ? [FILES.publicRoots] : []),
    ...(showsAuthority(model) ? [FILES.authority] : []),
    ...secretNames(model).map(FILES.secret),
    FILES.clusters,
    FILES.listeners,
    FILES.routes,
  ];
}

/** The order in which changed files are written: what others refer to first. */
export const writeOrder = (files: readonly string[]): string[] => {
  const rank = (path: string) => [FILES.clusters, FILES.listeners, FILES.routes].indexOf(path as typeof FILES.routes);
  return [...files].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
};

/** True when clients need a root that nobody but this gateway has. */
const showsAuthority = ({ tls }: GatewayModel): boolean => tls.certificate.source === "internal";

function secretNames(model: GatewayModel): string[] {
  return [
    ...(model.tls.certificate.source === "acme" ? [] : [SECRETS.front]),
    ...(usesAuthority(model) ? [SECRETS.authority] : []),
    ...(usesGatewayCertificate(model) ? [SECRETS.gateway] : []),
    ...Object.values(model.backends).flatMap(({ name, tls }) => (typeof tls.clientCertificate === "string" ? [] : [SECRETS.client(name)])),
  ];
}

function secretFiles(model: GatewayModel, { front, authority, gateway, clients }: Materials): [string, JsonObject][] {
  const content: Record<string, () => JsonObject> = {
    [SECRETS.front]: () => keyPairSecret(SECRETS.front, needed(front, "the certificate of the front door")),
    [SECRETS.authority]: () => rootsSecret(SECRETS.authority, needed(authority, "the internal authority")),
    [SECRETS.gateway]: () => keyPairSecret(SECRETS.gateway, needed(gateway, "the gateway's certificate")),
  };
  for (const [backend, pair] of Object.entries(clients)) {
    const name = SECRETS.client(backend);
    content[name] = () => keyPairSecret(name, pair);
  }
  return secretNames(model).map((name) => [FILES.secret(name), needed(content[name], `the secret ${name}`)()]);
}

function needed<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the local backend has not provided ${what}`);
  return value;
}

const text = (value: JsonObject): string => JSON.stringify(value);

/** The public roots that come with Node, for machines that have no bundle of their own. */
export const bundledRoots = (): string => rootCertificates.join("\n");

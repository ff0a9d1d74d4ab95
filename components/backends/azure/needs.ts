import { X509Certificate } from "node:crypto";
import type { Backend, GatewayModel } from "../../spec/model.ts";

/** What a model makes the backend create; every place that asks, asks here. */

/** Authorities of the document that the service is to trust, each once, in the order of their fingerprints. */
export function trustedAuthorities(model: GatewayModel): string[] {
  const given = [
    ...Object.values(model.backends).flatMap(({ tls: { trust } }) => (trust.kind === "ca" ? trust.caCertificates : [])),
    ...(model.tls.clientValidation?.caCertificates ?? []),
    ...(needsAuthorityTrusted(model) ? [INTERNAL] : []),
  ];
  const byFingerprint = new Map(given.map((pem) => [pem === INTERNAL ? pem : new X509Certificate(pem).fingerprint256, pem]));
  return [...byFingerprint].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, pem]) => pem);
}

/** Stands for the stack's own authority, whose certificate is known after deployment only. */
export const INTERNAL = "internal";

const needsAuthorityTrusted = ({ backends }: GatewayModel): boolean =>
  Object.values(backends).some(({ tls: { trust } }) => trust.kind === "internal");

/** True where something is issued or trusted by the stack's own authority. */
export const needsAuthority = (model: GatewayModel): boolean =>
  needsAuthorityTrusted(model) ||
  model.tls.certificate.source === "internal" ||
  Object.values(model.backends).some(({ tls: { clientCertificate } }) => clientCertificate === "internal");

/** Backends that some route sends to, in the order of their names. */
export const usedBackends = ({ backends, routes }: GatewayModel): Backend[] => {
  const names = new Set(routes.flatMap((route) => route.backends.map(({ name }) => name)));
  return Object.values(backends)
    .filter(({ name }) => names.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
};

/** True where the front certificate stands in a vault of the stack's own. */
export const needsVault = ({ tls }: GatewayModel): boolean => tls.certificate.source !== "managed";

/** True where the service makes its certificate itself. */
export const servesFreeCertificate = ({ tls, edge, azure }: GatewayModel): boolean =>
  edge === "none" && tls.certificate.source === "managed" && azure.certificate.keyVaultSecretId === undefined;

/** Plans that some consumer is on, by name. */
export const usedPlans = ({ plans, consumers, apiKeys }: GatewayModel): string[] =>
  apiKeys === undefined ? [] : Object.keys(plans).filter((plan) => Object.values(consumers).some((consumer) => consumer.plan === plan));

import type { Manifest } from "./manifests.ts";

/** A certificate cert-manager issues and renews. */
export interface ManagedCertificate {
  readonly service: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly validityHours: number;
  readonly renewBeforeHours: number;
}

export interface CertManagerSettings {
  readonly namespace: string;
  /** Name of the Issuer. */
  readonly issuer: string;
  /** Secret with the signing authority: `tls.crt`, `tls.key`. */
  readonly authoritySecret: string;
  readonly certificates: readonly ManagedCertificate[];
}

/** An Issuer that signs with an intermediate of the internal authority, and a Certificate for each service. */
export function certManagerManifests({ namespace, issuer, authoritySecret, certificates }: CertManagerSettings): Manifest[] {
  return [
    {
      apiVersion: "cert-manager.io/v1",
      kind: "Issuer",
      metadata: { name: issuer, namespace },
      spec: { ca: { secretName: authoritySecret } },
    },
    ...certificates.map(
      ({ service, dnsNames, ipAddresses, uris, validityHours, renewBeforeHours }): Manifest => ({
        apiVersion: "cert-manager.io/v1",
        kind: "Certificate",
        metadata: { name: service, namespace },
        spec: {
          secretName: `${service}-tls`,
          issuerRef: { name: issuer, kind: "Issuer", group: "cert-manager.io" },
          ...(dnsNames.length === 0 ? {} : { dnsNames: [...dnsNames] }),
          ...(ipAddresses.length === 0 ? {} : { ipAddresses: [...ipAddresses] }),
          ...(uris.length === 0 ? {} : { uris: [...uris] }),
          duration: `${validityHours}h0m0s`,
          renewBefore: `${renewBeforeHours}h0m0s`,
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          usages: ["digital signature", "server auth", "client auth"],
        },
      }),
    ),
  ];
}

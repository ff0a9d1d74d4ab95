import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateIssuer, IssuedCertificate } from "../internal/issuer.ts";
import { pkcs12 } from "../pkcs12.ts";

/** Names under which a service finds its identity, whatever carries them: keys of a secret, or files. */
export const FILES = {
  /** Leaf and intermediates, PEM: what the service shows. */
  certificate: "tls.crt",
  /** PKCS #8 PEM. */
  privateKey: "tls.key",
  /** Roots to trust, PEM; two while a root changes. */
  trust: "ca.crt",
  /** Subject alternative names of those who may call, separated by commas. */
  callers: "allowed-callers",
  /** Certificate, intermediates and key, PKCS #12 in base64. */
  pkcs12: "tls.p12",
  /** Of `tls.p12`. */
  pkcs12Password: "tls.p12.password",
} as const;

/** A service and everything it has to know. */
export interface ServiceMaterial {
  readonly service: string;
  readonly certificate: IssuedCertificate;
  /** Whose authority it is; its roots are what the service trusts. */
  readonly issuer: CertificateIssuer;
  /** Subject alternative names of those who may call. */
  readonly allowedCallers: readonly string[];
  /** Also as PKCS #12. */
  readonly pkcs12: boolean;
}

/** The contents by name; secret. */
export function filesOf({ certificate, issuer, allowedCallers, pkcs12: wanted }: ServiceMaterial): pulumi.Output<Record<string, string>> {
  return pulumi.secret(
    pulumi
      .all([certificate.fullchainPem, certificate.privateKeyPkcs8Pem, issuer.trustBundlePem])
      .apply(([chain, key, trust]): Record<string, string> => {
        const password = passwordOf(key);
        return {
          [FILES.certificate]: chain,
          [FILES.privateKey]: key,
          [FILES.trust]: trust,
          [FILES.callers]: allowedCallers.join(","),
          ...(wanted ? { [FILES.pkcs12]: fileOf(chain, key, password), [FILES.pkcs12Password]: password } : {}),
        };
      }),
  );
}

/** The same as one JSON text, for stores that keep one value; secret. */
export const jsonOf = (material: ServiceMaterial): pulumi.Output<string> =>
  pulumi.secret(filesOf(material).apply((files) => JSON.stringify(files)));

/** It stands next to the file and protects it only where the two are kept apart; the same key always has the same. */
const passwordOf = (key: string): string => createHmac("sha256", key).update("password of tls.p12").digest("base64url");

/** An offline plan has no certificate to put into a file. */
const fileOf = (chain: string, key: string, password: string): string =>
  chain.includes("-----BEGIN CERTIFICATE-----") ? pkcs12(chain, key, password) : "(PKCS #12)";

import * as pulumi from "@pulumi/pulumi";
import { gatewayIdentity } from "../../pki/identity.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import { SECRETS, usesAuthority } from "../local/envoy/layout.ts";
import { keyPairSecret, rootsSecret } from "../local/envoy/secrets.ts";
import type { GcpBuild } from "./build.ts";

/** A file Envoy reads that holds a private key or a root made by the stack. */
export interface SecretFile {
  /** Name of the secret in Envoy's configuration. */
  readonly name: string;
  /** JSON text; secret. */
  readonly content: pulumi.Output<string>;
}

/** Folder below which everything of the gateway is mounted. */
export const FOLDER = "/etc/gateway";

const CLIENT_HOURS = 90 * 24;

/** What Envoy needs besides its configuration: its own client certificate, imported ones, and the stack's root. */
export function secretFiles(b: GcpBuild, authority: () => CertificateIssuer): SecretFile[] {
  const backends = Object.values(b.model.backends).sort((x, y) => (x.name < y.name ? -1 : 1));
  const files: SecretFile[] = [];
  if (usesAuthority(b.model)) {
    const { resources, trustBundlePem } = authority();
    for (const root of resources) b.enforced.note(root, "backend.tls.internal");
    files.push({
      name: SECRETS.authority,
      content: pulumi.secret(trustBundlePem.apply((pem) => JSON.stringify(rootsSecret(SECRETS.authority, pem)))),
    });
  }
  if (backends.some(({ tls }) => tls.clientCertificate === "internal")) {
    const commonName = `${b.name} gateway`;
    const issued = authority().issue("client", {
      commonName,
      dnsNames: [b.model.hostname],
      uris: [gatewayIdentity(b.model.hostname)],
      usages: ["client"],
      validityHours: CLIENT_HOURS,
    });
    files.push({ name: SECRETS.gateway, content: pairFile(SECRETS.gateway, issued.fullchainPem, issued.privateKeyPem) });
  }
  for (const { name, tls } of backends) {
    if (typeof tls.clientCertificate !== "object") continue;
    const { certificate, privateKey } = tls.clientCertificate;
    const key = matchingKey(b.secrets.get(privateKey), certificate, `backends.${name}.tls.clientCertificate.privateKey`);
    files.push({ name: SECRETS.client(name), content: pairFile(SECRETS.client(name), pulumi.output(certificate), key) });
  }
  return files;
}

const pairFile = (name: string, chain: pulumi.Output<string>, privateKey: pulumi.Output<string>): pulumi.Output<string> =>
  pulumi.secret(
    pulumi.all([chain, privateKey]).apply(([pem, key]) => JSON.stringify(keyPairSecret(name, { chain: pem, privateKey: key }))),
  );

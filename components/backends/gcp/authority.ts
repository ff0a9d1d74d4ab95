import type * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import type { GcpBuild } from "./build.ts";

/** The stack's own authority: an ECDSA P-256 root kept in the stack's encrypted state. */
export interface Authority {
  readonly root: SelfSignedCert;
  readonly key: PrivateKey;
}

export interface IssuedCertificate {
  readonly certificatePem: pulumi.Output<string>;
  readonly privateKeyPem: pulumi.Output<string>;
  readonly validityEndTime: pulumi.Output<string>;
}

const ROOT_HOURS = 10 * 365 * 24;

/** Names of usages as the provider wants them, in spite of its typings. */
const USES = { server: "server_auth", client: "client_auth" } as const;

export function authority(b: GcpBuild): Authority {
  const key = privateKey(b, "authority-key");
  const root = new SelfSignedCert(
    `${b.name}-authority`,
    {
      privateKeyPem: key.privateKeyPem,
      subject: { commonName: `${b.name} gateway authority` },
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      validityPeriodHours: ROOT_HOURS,
      earlyRenewalHours: ROOT_HOURS / 5,
    },
    b.opts(),
  );
  return { root, key };
}

/** A leaf of the stack's authority, renewed by the first deployment in the last third of its life. */
export function issue(
  b: GcpBuild,
  { root, key }: Authority,
  suffix: string,
  leaf: { readonly commonName: string; readonly dnsNames: string[]; readonly usage: keyof typeof USES; readonly hours: number },
): IssuedCertificate {
  const own = privateKey(b, `${suffix}-key`);
  const request = new CertRequest(
    `${b.name}-${suffix}-request`,
    { privateKeyPem: own.privateKeyPem, subject: { commonName: leaf.commonName }, dnsNames: leaf.dnsNames },
    b.opts(),
  );
  const certificate = new LocallySignedCert(
    `${b.name}-${suffix}`,
    {
      certRequestPem: request.certRequestPem,
      caCertPem: root.certPem,
      caPrivateKeyPem: key.privateKeyPem,
      allowedUses: ["digital_signature", USES[leaf.usage]],
      validityPeriodHours: leaf.hours,
      earlyRenewalHours: Math.floor(leaf.hours / 3),
    },
    b.opts(),
  );
  return { certificatePem: certificate.certPem, privateKeyPem: own.privateKeyPem, validityEndTime: certificate.validityEndTime };
}

function privateKey(b: GcpBuild, suffix: string): PrivateKey {
  return new PrivateKey(`${b.name}-${suffix}`, { algorithm: "ECDSA", ecdsaCurve: "P256" }, b.opts());
}

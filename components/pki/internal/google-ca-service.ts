import { Certificate } from "@pulumi/gcp/certificateauthority/certificate.js";
import { getAuthorityOutput } from "@pulumi/gcp/certificateauthority/getAuthority.js";
import * as pulumi from "@pulumi/pulumi";
import { lastRoot, withoutRoot } from "./aws-private-ca.ts";
import type { CertificateIssuer, IssuedCertificate, LeafRequest } from "./issuer.ts";
import { leafKey, type Options } from "./keys.ts";
import { renewalClock } from "./renewal-clock.ts";
import { checkLeaf, lifetime } from "./settings.ts";

export interface GoogleCaServiceSettings {
  readonly project: string;
  readonly location: string;
  /** Name of the CA pool. */
  readonly pool: string;
  /** Name of the authority in the pool that signs. */
  readonly authority: string;
  /** Name of the authority in the pool before or after it, whose root is trusted as well while a change goes on. @default none */
  readonly alsoTrusted?: string;
}

/** An authority of Google's CA Service that exists already: its key never leaves Google, and the pool's policy says what may be issued. */
export class GoogleCaServiceIssuer implements CertificateIssuer {
  readonly displayName: pulumi.Output<string>;
  readonly roots: readonly pulumi.Output<string>[];
  readonly trustBundlePem: pulumi.Output<string>;
  readonly resources: readonly pulumi.Resource[] = [];
  readonly #name: string;
  readonly #settings: GoogleCaServiceSettings;
  readonly #opts: Options;

  constructor(name: string, settings: GoogleCaServiceSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
    const { project, location, pool, authority, alsoTrusted } = settings;
    const { parent } = opts();
    const rootOf = (certificateAuthorityId: string) =>
      getAuthorityOutput({ project, location, pool, certificateAuthorityId }, parent === undefined ? {} : { parent }).apply(
        ({ pemCaCertificates }) => lastRoot(pemCaCertificates.join("\n")),
      );
    this.roots = [authority, ...(alsoTrusted === undefined ? [] : [alsoTrusted])].map(rootOf);
    this.trustBundlePem = pulumi.all([...this.roots]).apply((all) => all.join(""));
    this.displayName = pulumi.output(`CA Service ${pool}/${authority}`);
  }

  issue(suffix: string, request: LeafRequest): IssuedCertificate {
    checkLeaf(suffix, request);
    const life = lifetime(`the certificate "${suffix}"`, request.validityHours, request.earlyRenewalHours);
    const { project, location, pool, authority } = this.#settings;
    const { commonName, dnsNames = [], ipAddresses = [], uris = [], usages } = request;
    const name = `${this.#name}-${suffix}`;
    const key = leafKey(name, request, this.#opts);
    const certificate = new Certificate(
      name,
      {
        project,
        location,
        pool,
        certificateAuthority: authority,
        lifetime: `${life.validityHours * 3600}s`,
        config: {
          subjectConfig: {
            subject: { commonName },
            subjectAltName: { dnsNames: [...dnsNames], ipAddresses: [...ipAddresses], uris: [...uris] },
          },
          x509Config: {
            caOptions: { nonCa: true },
            keyUsage: {
              baseKeyUsage: { digitalSignature: true, keyEncipherment: request.key?.algorithm === "RSA" },
              extendedKeyUsage: { serverAuth: usages.includes("server"), clientAuth: usages.includes("client") },
            },
          },
          publicKey: { format: "PEM", key: key.publicKeyPem.apply((pem) => Buffer.from(pem).toString("base64")) },
        },
      },
      this.#opts({
        replacementTrigger: renewalClock(name, key, life, this.#opts),
        // Deleting is revoking, and the one before may still be shown somewhere; it ends by itself.
        retainOnDelete: true,
      }),
    );
    const chain = certificate.pemCertificateChains.apply((pems) => pems.map((pem) => `${pem.trimEnd()}\n`).join(""));
    const intermediatesPem = chain.apply(withoutRoot);
    return {
      certificatePem: certificate.pemCertificate,
      intermediatesPem,
      rootPem: chain.apply(lastRoot),
      fullchainPem: pulumi.all([certificate.pemCertificate, intermediatesPem]).apply(([leaf, rest]) => `${leaf.trimEnd()}\n${rest}`),
      privateKeyPem: key.privateKeyPem,
      privateKeyPkcs8Pem: key.privateKeyPemPkcs8,
      notAfter: certificate.certificateDescriptions.apply(([description]) => description?.subjectDescriptions[0]?.notAfterTime ?? ""),
      resource: certificate,
    };
  }
}

import * as pulumi from "@pulumi/pulumi";
import { Certificate, type CertificateAuthority } from "../../backends/local/resources.ts";
import { isSelfSigned, parseChain } from "../certificate.ts";
import { splitChain } from "../chain.ts";
import type { CertificateIssuer, IssuedCertificate, LeafRequest } from "./issuer.ts";
import type { Options } from "./keys.ts";
import { checkLeaf, lifetime, thirdOf } from "./settings.ts";

const HOUR_MS = 3_600_000;

/** The authority of the `localgateway` plugin: no cloud, no download; renews everything in the last third of its life. */
export class LocalIssuer implements CertificateIssuer {
  readonly displayName: pulumi.Output<string>;
  readonly roots: readonly pulumi.Output<string>[];
  readonly trustBundlePem: pulumi.Output<string>;
  readonly resources: readonly pulumi.Resource[];
  readonly #name: string;
  readonly #authority: CertificateAuthority;
  readonly #opts: Options;

  constructor(name: string, authority: CertificateAuthority, opts: Options) {
    this.#name = name;
    this.#authority = authority;
    this.#opts = opts;
    this.displayName = authority.certificatePem.apply((pem) => parseChain(pem)[0]?.subject ?? "");
    this.trustBundlePem = authority.bundlePem;
    // How many there are only the plugin knows; one text holds them all.
    this.roots = [authority.bundlePem];
    this.resources = [authority];
  }

  /** @throws RunError also for another key than ECDSA P-256 and another time of renewal than the last third, which the plugin does not have */
  issue(suffix: string, request: LeafRequest): IssuedCertificate {
    checkLeaf(suffix, request);
    const { validityHours, earlyRenewalHours } = lifetime(`the certificate "${suffix}"`, request.validityHours, request.earlyRenewalHours);
    const { key } = request;
    if (key !== undefined && (key.algorithm !== "ECDSA" || key.curve !== "P256"))
      throw new pulumi.RunError(`The certificate "${suffix}": the local authority makes ECDSA P-256 keys only; leave "key" out`);
    if (earlyRenewalHours !== thirdOf(validityHours))
      throw new pulumi.RunError(
        `The certificate "${suffix}": the local authority renews in the last third of a certificate's life; leave "earlyRenewalHours" out`,
      );
    const certificate = new Certificate(
      `${this.#name}-${suffix}`,
      {
        authorityCertificatePem: this.#authority.certificatePem,
        authorityPrivateKeyPem: this.#authority.privateKeyPem,
        commonName: request.commonName,
        dnsNames: [...(request.dnsNames ?? [])],
        ipAddresses: [...(request.ipAddresses ?? [])],
        uris: [...(request.uris ?? [])],
        usages: [...request.usages],
        validityMs: validityHours * HOUR_MS,
        keyGeneration: request.keyGeneration ?? 1,
      },
      this.#opts(),
    );
    const parts = certificate.chainPem.apply(splitChain);
    return {
      certificatePem: parts.leaf,
      intermediatesPem: parts.chain,
      rootPem: this.#authority.certificatePem.apply((pem) => parseChain(pem).find(isSelfSigned)?.toString() ?? pem),
      fullchainPem: certificate.chainPem,
      privateKeyPem: certificate.privateKeyPem,
      privateKeyPkcs8Pem: certificate.privateKeyPem,
      notAfter: certificate.notAfter,
      resource: certificate,
    };
  }
}

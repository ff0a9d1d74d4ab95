import { Certificate } from "@pulumi/aws/acmpca/certificate.js";
import { getCertificateAuthorityOutput } from "@pulumi/aws/acmpca/getCertificateAuthority.js";
import * as pulumi from "@pulumi/pulumi";
import { isSelfSigned, parseChain } from "../certificate.ts";
import type { CertificateIssuer, IssuedCertificate, LeafRequest } from "./issuer.ts";
import { leafKey, leafRequest, type Options } from "./keys.ts";
import { renewalClock } from "./renewal-clock.ts";
import { checkLeaf, lifetime } from "./settings.ts";

export interface AwsPrivateCaSettings {
  /** ARN of an active certificate authority of AWS Private CA. */
  readonly arn: string;
  /** ARN of the one before or after it, whose root is trusted as well while a change goes on. @default none */
  readonly alsoTrusted?: string;
  /** How the authority signs; has to fit its key. @default "SHA256WITHECDSA" */
  readonly signingAlgorithm?: "SHA256WITHECDSA" | "SHA384WITHECDSA" | "SHA256WITHRSA" | "SHA384WITHRSA" | "SHA512WITHRSA";
  /** AWS partition of the ARNs of templates. @default the partition of `arn` */
  readonly partition?: string;
}

/** Template by usages, "Understanding certificate templates" in the AWS Private CA guide: the base templates take names from the request. */
const TEMPLATES = {
  server: "EndEntityServerAuthCertificate/V1",
  client: "EndEntityClientAuthCertificate/V1",
  both: "EndEntityCertificate/V1",
} as const;

const HOURS_PER_DAY = 24;

/** An authority of AWS Private CA that exists already: its key never leaves AWS, and its policy says who may issue. */
export class AwsPrivateCaIssuer implements CertificateIssuer {
  readonly displayName: pulumi.Output<string>;
  readonly roots: readonly pulumi.Output<string>[];
  readonly trustBundlePem: pulumi.Output<string>;
  readonly resources: readonly pulumi.Resource[] = [];
  readonly #name: string;
  readonly #settings: AwsPrivateCaSettings;
  readonly #opts: Options;

  constructor(name: string, settings: AwsPrivateCaSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
    const { parent } = opts();
    const rootOf = (arn: string) =>
      getCertificateAuthorityOutput({ arn, region: regionOf(arn) }, parent === undefined ? {} : { parent }).apply(
        ({ certificate, certificateChain }) => lastRoot(`${certificate}\n${certificateChain ?? ""}`),
      );
    this.roots = [settings.arn, ...(settings.alsoTrusted === undefined ? [] : [settings.alsoTrusted])].map(rootOf);
    this.trustBundlePem = pulumi.all([...this.roots]).apply((all) => all.join(""));
    this.displayName = pulumi.output(`AWS Private CA ${settings.arn.split("/").at(-1)}`);
  }

  issue(suffix: string, request: LeafRequest): IssuedCertificate {
    checkLeaf(suffix, request);
    const life = lifetime(`the certificate "${suffix}"`, request.validityHours, request.earlyRenewalHours);
    if (life.validityHours % HOURS_PER_DAY !== 0)
      throw new pulumi.RunError(
        `"validityHours" of the certificate "${suffix}" is ${life.validityHours}; AWS Private CA counts in days, give a multiple of ${HOURS_PER_DAY}`,
      );
    const name = `${this.#name}-${suffix}`;
    const key = leafKey(name, request, this.#opts);
    const csr = leafRequest(name, request, key, this.#opts);
    const partition = this.#settings.partition ?? this.#settings.arn.split(":")[1] ?? "aws";
    const template = TEMPLATES[request.usages.length > 1 ? "both" : request.usages[0]];
    const certificate = new Certificate(
      name,
      {
        certificateAuthorityArn: this.#settings.arn,
        certificateSigningRequest: csr.certRequestPem,
        signingAlgorithm: this.#settings.signingAlgorithm ?? "SHA256WITHECDSA",
        templateArn: `arn:${partition}:acm-pca:::template/${template}`,
        region: regionOf(this.#settings.arn),
        validity: { type: "DAYS", value: String(life.validityHours / HOURS_PER_DAY) },
      },
      this.#opts({
        replacementTrigger: renewalClock(name, key, life, this.#opts),
        // Deleting is revoking, and the one before may still be shown somewhere; it ends by itself.
        retainOnDelete: true,
      }),
    );
    const intermediatesPem = certificate.certificateChain.apply(withoutRoot);
    return {
      certificatePem: certificate.certificate,
      intermediatesPem,
      rootPem: certificate.certificateChain.apply(lastRoot),
      fullchainPem: pulumi.all([certificate.certificate, intermediatesPem]).apply(([leaf, rest]) => `${leaf.trimEnd()}\n${rest}`),
      privateKeyPem: key.privateKeyPem,
      privateKeyPkcs8Pem: key.privateKeyPemPkcs8,
      notAfter: certificate.certificate.apply(endOf),
      resource: certificate,
    };
  }
}

/** An authority is asked in its own region, whatever region the stack is in. */
const regionOf = (arn: string): string => arn.split(":")[3] ?? "";

/** The root at the end of a chain, which AWS and Google give with it. A text without certificates, as in an offline plan, stays as it is. */
export function lastRoot(chain: string): string {
  const certificates = parseChain(chain);
  return certificates.length === 0 ? chain : ((certificates.findLast(isSelfSigned) ?? certificates.at(-1))?.toString() ?? "");
}

/** What is served of a chain. */
export function withoutRoot(chain: string): string {
  const certificates = parseChain(chain);
  return certificates.length === 0
    ? chain
    : certificates
        .filter((certificate) => !isSelfSigned(certificate))
        .map(String)
        .join("");
}

/** End of the first certificate's validity, RFC 3339; empty in an offline plan. */
export const endOf = (pem: string): string => parseChain(pem)[0]?.validToDate.toISOString().replace(".000Z", "Z") ?? "";

import * as pulumi from "@pulumi/pulumi";

/** Kind of a key. RSA where something that reads it knows nothing else, as API Management. */
export type KeyKind =
  | { readonly algorithm: "ECDSA"; readonly curve: "P256" | "P384" }
  | { readonly algorithm: "RSA"; readonly bits: 2048 | 3072 | 4096 };

/** The default of every key made here. */
export const ECDSA_P256: KeyKind = { algorithm: "ECDSA", curve: "P256" };

/** What a certificate may be used for. */
export type Usage = "server" | "client";

/** A leaf certificate to issue. */
export interface LeafRequest {
  /** Common name of the subject, at most 64 characters; nobody identifies anybody by it. */
  readonly commonName: string;
  /** DNS subject alternative names. @default [] */
  readonly dnsNames?: readonly string[];
  /** IP subject alternative names. @default [] */
  readonly ipAddresses?: readonly string[];
  /** URI subject alternative names, such as a SPIFFE identity. @default [] */
  readonly uris?: readonly string[];
  readonly usages: readonly [Usage, ...Usage[]];
  /** Hours from issue to end. */
  readonly validityHours: number;
  /** Hours before its end from which on a deployment renews it; less than `validityHours`. @default a third of `validityHours`, rounded down */
  readonly earlyRenewalHours?: number;
  /** Raise by one for a new key; a renewal keeps it. @default 1 */
  readonly keyGeneration?: number;
  /** @default ECDSA P-256 */
  readonly key?: KeyKind;
}

/** A certificate as its owner gets it. */
export interface IssuedCertificate {
  /** The leaf alone, PEM. */
  readonly certificatePem: pulumi.Output<string>;
  /** What is served after the leaf: every intermediate, in order, PEM; empty when the root itself signs. */
  readonly intermediatesPem: pulumi.Output<string>;
  /** The root its chain ends at, PEM; peers have it from the trust bundle. */
  readonly rootPem: pulumi.Output<string>;
  /** Leaf and intermediates: what a server or client shows, PEM. */
  readonly fullchainPem: pulumi.Output<string>;
  /** PEM, in the form the key was made in; secret. */
  readonly privateKeyPem: pulumi.Output<string>;
  /** PKCS #8 PEM; secret. */
  readonly privateKeyPkcs8Pem: pulumi.Output<string>;
  /** End of validity, RFC 3339. */
  readonly notAfter: pulumi.Output<string>;
  /** The certificate's own resource. */
  readonly resource: pulumi.Resource;
}

/** Issues the certificates of internal traffic. Which authority stands behind it does not show to those who use it. */
export interface CertificateIssuer {
  /** Name people see in certificates' issuers. */
  readonly displayName: pulumi.Output<string>;
  /** Roots to trust now, one PEM each: the one in use first, then the one before or after it while a change of root goes on. */
  readonly roots: readonly pulumi.Output<string>[];
  /** The same as one PEM text. */
  readonly trustBundlePem: pulumi.Output<string>;
  /** The resources the roots come from; what notes that trust is kept names these. */
  readonly resources: readonly pulumi.Resource[];
  /**
   * Issues a certificate. The same suffix means the same certificate in every deployment: renewed in time, its key kept.
   *
   * @param suffix Put after the issuer's own name; unique per issuer
   * @throws RunError when the request contradicts itself
   */
  issue(suffix: string, request: LeafRequest): IssuedCertificate;
}

/** Everything above the leaf, the root included, as importers want it. */
export const wholeChain = ({ intermediatesPem, rootPem }: IssuedCertificate): pulumi.Output<string> =>
  pulumi.interpolate`${intermediatesPem}${rootPem}`;

/** Leaf, intermediates and root. */
export const chainWithRoot = ({ fullchainPem, rootPem }: IssuedCertificate): pulumi.Output<string> =>
  pulumi.interpolate`${fullchainPem}${rootPem}`;

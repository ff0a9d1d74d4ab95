import * as pulumi from "@pulumi/pulumi";
import { CertRequest } from "@pulumi/tls/certRequest.js";
import { LocallySignedCert } from "@pulumi/tls/locallySignedCert.js";
import type { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { type CertificateIssuer, ECDSA_P256, type IssuedCertificate, type KeyKind, type LeafRequest } from "./issuer.ts";
import { generationSuffix, leafKey, leafRequest, leafUses, type Options, privateKey } from "./keys.ts";
import { checkLeaf, generation, type Lifetime, lifetime, outlives, thirdOf } from "./settings.ts";

/**
 * How far a change of root has come.
 * `announce`: the new root is in every trust bundle, the one before still signs. `switch`: the new one signs, the one before is still trusted.
 * `finish`: the one before is gone.
 */
export type Rollover = "announce" | "switch" | "finish";

export interface TlsIssuerSettings {
  /** Common name of the root; a later generation has its number after it. */
  readonly commonName: string;
  /** Key of the authorities. @default ECDSA P-256 */
  readonly key?: KeyKind;
  /** Hours. @default 87600, ten years */
  readonly validityHours?: number;
  /** Hours; at least as long as what the root signs lives. @default a fifth of `validityHours` */
  readonly earlyRenewalHours?: number;
  /** Raise by one for a root with another key. @default 1 */
  readonly generation?: number;
  /** How far the change to `generation` has come. @default "switch" */
  readonly rollover?: Rollover;
  /** An authority below the root that signs the leaves, so that the root signs nothing else. @default none */
  readonly intermediate?: {
    /** Raise by one for another key; nobody's trust changes. @default 1 */
    readonly generation?: number;
    /** Hours. @default 17520, two years */
    readonly validityHours?: number;
    /** Hours; at least as long as a leaf lives. @default a third of `validityHours` */
    readonly earlyRenewalHours?: number;
  };
}

/** An authority below the root, for somebody else to sign with. */
export interface AuthorityRequest {
  readonly commonName: string;
  /** Hours. */
  readonly validityHours: number;
  /** Hours; at least as long as what it signs lives. @default a third of `validityHours` */
  readonly earlyRenewalHours?: number;
  /** Raise by one for another key. @default 1 */
  readonly generation?: number;
  /** @default ECDSA P-256 */
  readonly key?: KeyKind;
}

export interface IssuedAuthority {
  readonly certificatePem: pulumi.Output<string>;
  /** The authority and the root, PEM. */
  readonly chainPem: pulumi.Output<string>;
  /** Secret. */
  readonly privateKeyPem: pulumi.Output<string>;
  readonly notAfter: pulumi.Output<string>;
  readonly resource: pulumi.Resource;
}

interface Authority {
  readonly key: PrivateKey;
  readonly certificate: SelfSignedCert | LocallySignedCert;
}

const ROOT_HOURS = 10 * 365 * 24;
const INTERMEDIATE_HOURS = 2 * 365 * 24;
const SIGNS = ["cert_signing", "crl_signing", "digital_signature"];

/**
 * The stack's own authority on the `tls` provider: its keys stand in the stack's encrypted state.
 *
 * What that provider cannot express is left out rather than pretended: name constraints, a path length of zero (it drops it), revocation lists.
 */
export class TlsIssuer implements CertificateIssuer {
  readonly displayName: pulumi.Output<string>;
  readonly roots: readonly pulumi.Output<string>[];
  readonly trustBundlePem: pulumi.Output<string>;
  readonly resources: readonly pulumi.Resource[];
  readonly #name: string;
  readonly #opts: Options;
  readonly #root: Authority;
  readonly #rootLifetime: Lifetime;
  readonly #signer: Authority;
  readonly #signerLifetime: Lifetime;
  readonly #signerCalled: string;

  /** @throws RunError when lifetimes or generations contradict each other */
  constructor(name: string, settings: TlsIssuerSettings, opts: Options) {
    this.#name = name;
    this.#opts = opts;
    const hours = settings.validityHours ?? ROOT_HOURS;
    const own = lifetime("the root", hours, settings.earlyRenewalHours ?? Math.floor(hours / 5));
    this.#rootLifetime = own;
    const current = generation("the root", settings.generation ?? 1);
    const rollover = settings.rollover ?? "switch";
    if (current === 1 && rollover === "announce")
      throw new pulumi.RunError(
        `"rollover" is announce and "generation" 1: there is no root before the first; raise "generation" to 2 to announce another one`,
      );
    const key = settings.key ?? ECDSA_P256;
    const root = this.#makeRoot(settings, key, own, current);
    const before = current > 1 && rollover !== "finish" ? this.#makeRoot(settings, key, own, current - 1) : undefined;
    this.#root = rollover === "announce" && before !== undefined ? before : root;
    const trusted = [this.#root, ...[root, before].filter((one): one is Authority => one !== undefined && one !== this.#root)];
    this.roots = trusted.map(({ certificate }) => certificate.certPem);
    this.trustBundlePem = trusted.length === 1 ? root.certificate.certPem : pulumi.all([...this.roots]).apply((all) => all.join(""));
    this.resources = trusted.map(({ certificate }) => certificate);
    this.#signer = this.#root;
    this.#signerLifetime = own;
    this.#signerCalled = "the root";
    const { intermediate } = settings;
    if (intermediate !== undefined) {
      const validityHours = intermediate.validityHours ?? INTERMEDIATE_HOURS;
      this.#signerLifetime = lifetime("the intermediate", validityHours, intermediate.earlyRenewalHours ?? thirdOf(validityHours));
      outlives("the root", own, "the intermediate", validityHours);
      this.#signer = this.#makeIntermediate(settings, key, generation("the intermediate", intermediate.generation ?? 1));
      this.#signerCalled = "the intermediate";
    }
    this.displayName = pulumi.output(settings.commonName);
  }

  issue(suffix: string, request: LeafRequest): IssuedCertificate {
    checkLeaf(suffix, request);
    const { validityHours, earlyRenewalHours } = lifetime(`the certificate "${suffix}"`, request.validityHours, request.earlyRenewalHours);
    outlives(this.#signerCalled, this.#signerLifetime, `the certificate "${suffix}"`, validityHours);
    const name = `${this.#name}-${suffix}`;
    const key = leafKey(name, request, this.#opts);
    const csr = leafRequest(name, request, key, this.#opts);
    const certificate = new LocallySignedCert(
      name,
      {
        certRequestPem: csr.certRequestPem,
        caCertPem: this.#signer.certificate.certPem,
        caPrivateKeyPem: this.#signer.key.privateKeyPem,
        allowedUses: leafUses(request),
        validityPeriodHours: validityHours,
        earlyRenewalHours,
      },
      this.#opts(),
    );
    const below = this.#signer === this.#root ? undefined : this.#signer.certificate.certPem;
    return {
      certificatePem: certificate.certPem,
      intermediatesPem: below ?? pulumi.output(""),
      rootPem: this.#root.certificate.certPem,
      fullchainPem: below === undefined ? certificate.certPem : pulumi.interpolate`${certificate.certPem}${below}`,
      privateKeyPem: key.privateKeyPem,
      privateKeyPkcs8Pem: key.privateKeyPemPkcs8,
      notAfter: certificate.validityEndTime,
      resource: certificate,
    };
  }

  /**
   * An authority below the root that is handed to somebody else, such as a mesh, which signs with it by itself.
   *
   * @throws RunError when it would outlive the root
   */
  issueAuthority(suffix: string, request: AuthorityRequest): IssuedAuthority {
    const what = `the authority "${suffix}"`;
    const life = lifetime(what, request.validityHours, request.earlyRenewalHours);
    outlives("the root", this.#rootLifetime, what, life.validityHours);
    const number = generation(what, request.generation ?? 1);
    const { key, certificate } = this.#below(suffix, request.commonName, request.key ?? ECDSA_P256, life, number);
    return {
      certificatePem: certificate.certPem,
      chainPem: pulumi.interpolate`${certificate.certPem}${this.#root.certificate.certPem}`,
      privateKeyPem: key.privateKeyPem,
      notAfter: certificate.validityEndTime,
      resource: certificate,
    };
  }

  #makeRoot({ commonName, intermediate }: TlsIssuerSettings, kind: KeyKind, life: Lifetime, number: number): Authority {
    const suffix = generationSuffix(number);
    const key = privateKey(`${this.#name}-authority-key${suffix}`, kind, this.#opts());
    const certificate = new SelfSignedCert(
      `${this.#name}-authority${suffix}`,
      {
        privateKeyPem: key.privateKeyPem,
        subject: { commonName: number === 1 ? commonName : `${commonName} ${number}` },
        isCaCertificate: true,
        setSubjectKeyId: true,
        ...(intermediate === undefined ? {} : { maxPathLength: 1 }),
        allowedUses: SIGNS,
        validityPeriodHours: life.validityHours,
        earlyRenewalHours: life.earlyRenewalHours,
      },
      this.#opts(),
    );
    return { key, certificate };
  }

  #makeIntermediate({ commonName }: TlsIssuerSettings, kind: KeyKind, number: number): Authority {
    return this.#below("intermediate", `${commonName}, intermediate ${number}`, kind, this.#signerLifetime, number);
  }

  #below(suffix: string, commonName: string, kind: KeyKind, life: Lifetime, number: number): Authority {
    const last = generationSuffix(number);
    const key = privateKey(`${this.#name}-${suffix}-key${last}`, kind, this.#opts());
    const request = new CertRequest(
      `${this.#name}-${suffix}-request${last}`,
      { privateKeyPem: key.privateKeyPem, subject: { commonName } },
      this.#opts(),
    );
    const certificate = new LocallySignedCert(
      `${this.#name}-${suffix}${last}`,
      {
        certRequestPem: request.certRequestPem,
        caCertPem: this.#root.certificate.certPem,
        caPrivateKeyPem: this.#root.key.privateKeyPem,
        isCaCertificate: true,
        setSubjectKeyId: true,
        allowedUses: SIGNS,
        validityPeriodHours: life.validityHours,
        earlyRenewalHours: life.earlyRenewalHours,
      },
      this.#opts(),
    );
    return { key, certificate };
  }
}

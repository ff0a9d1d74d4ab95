import "reflect-metadata";
import { createHash, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** Throw-away certificates for tests: authorities, intermediates and leaves with whatever is wrong with them. */

x509.cryptoProvider.set(webcrypto);

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

export interface TestKeyPair {
  /** Leaf first, then intermediates; no root. */
  readonly chain: string;
  readonly privateKey: string;
  /** The leaf alone. */
  readonly certificate: string;
  /** SHA-256 of its DER, lower-case hexadecimal. */
  readonly hash: string;
}

export interface LeafOptions {
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  /** @default ["server"] */
  readonly usages?: readonly ("server" | "client")[];
  /** @default yesterday */
  readonly notBefore?: Date;
  /** @default in 30 days */
  readonly notAfter?: Date;
}

interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
  /** Intermediates between this issuer and its root, itself included. */
  readonly chain: readonly string[];
}

/** A certificate authority of a test. */
export class TestAuthority {
  readonly #issuer: Issuer;
  /** PEM of the root. */
  readonly root: string;

  private constructor(issuer: Issuer, root: string) {
    this.#issuer = issuer;
    this.root = root;
  }

  static async create(name = "Test Root"): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      serialNumber: serial(),
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + 365 * DAY),
      signingAlgorithm: EC,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    return new TestAuthority({ certificate, keys, chain: [] }, pem(certificate));
  }

  /** An authority below this one; leaves of it come with its certificate in the chain. */
  async intermediate(name = "Test Intermediate"): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      serialNumber: serial(),
      subject: `CN=${name}`,
      issuer: this.#issuer.certificate.subject,
      notBefore: new Date(Date.now() - DAY),
      notAfter: new Date(Date.now() + 180 * DAY),
      publicKey: keys.publicKey,
      signingKey: this.#issuer.keys.privateKey,
      signingAlgorithm: EC,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(this.#issuer.keys.publicKey),
      ],
    });
    return new TestAuthority({ certificate, keys, chain: [pem(certificate), ...this.#issuer.chain] }, this.root);
  }

  async issue(options: LeafOptions): Promise<TestKeyPair> {
    const keys = await newKeys();
    const certificate = await x509.X509CertificateGenerator.create({
      ...(await leafParts(options, keys.publicKey)),
      issuer: this.#issuer.certificate.subject,
      publicKey: keys.publicKey,
      signingKey: this.#issuer.keys.privateKey,
    });
    return keyPair(certificate, keys, this.#issuer.chain);
  }
}

/** A certificate that is its own issuer, as core systems have them. */
export async function selfSigned(options: LeafOptions): Promise<TestKeyPair> {
  const keys = await newKeys();
  const { subject, ...parts } = await leafParts(options, keys.publicKey);
  return keyPair(await x509.X509CertificateGenerator.createSelfSigned({ ...parts, name: subject, keys }), keys, []);
}

async function leafParts(options: LeafOptions, publicKey: webcrypto.CryptoKey) {
  const { dnsNames = [], ipAddresses = [], uris = [], usages = ["server"] } = options;
  const names = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return {
    serialNumber: serial(),
    subject: `CN=${options.commonName ?? dnsNames[0] ?? "test"}`,
    notBefore: options.notBefore ?? new Date(Date.now() - DAY),
    notAfter: options.notAfter ?? new Date(Date.now() + 30 * DAY),
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(
        usages.map((usage) => (usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth)),
      ),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  };
}

async function keyPair(certificate: x509.X509Certificate, keys: webcrypto.CryptoKeyPair, chain: readonly string[]): Promise<TestKeyPair> {
  const key = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return {
    chain: [pem(certificate), ...chain].join("\n"),
    certificate: pem(certificate),
    privateKey: x509.PemConverter.encode(key, "PRIVATE KEY"),
    hash: createHash("sha256").update(Buffer.from(certificate.rawData)).digest("hex"),
  };
}

const newKeys = () => webcrypto.subtle.generateKey(EC, true, ["sign", "verify"]);
const serial = () =>
  Buffer.from(webcrypto.getRandomValues(new Uint8Array(15)))
    .toString("hex")
    .replace(/^./, "1");
const pem = (certificate: x509.X509Certificate) => certificate.toString("pem");

// The X.509 library finds its parts by decorators and needs this first.
import "reflect-metadata/lite";
import { createPrivateKey, type webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import type { KeyPair } from "../wire/connect.ts";

/** Certificates made on the fly: wrong ones to be refused, and those of test servers. */

export interface Authority {
  /** PEM. */
  readonly certificate: string;
  readonly issuer: X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

export interface LeafOptions {
  readonly commonName: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
  /** @default ["client"] */
  readonly usages?: readonly ("server" | "client")[];
  /** @default one hour ago */
  readonly notBefore?: Date;
  /** @default in one day */
  readonly notAfter?: Date;
}

const HOUR = 3_600_000;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const USAGES = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" } as const;

/** An authority whose certificate and key somebody gave. @throws when the key is not ECDSA or RSA, or not PKCS#8. */
export async function loadAuthority(pair: KeyPair): Promise<Authority> {
  const issuer = new X509Certificate(pair.certificate);
  const publicKey = await issuer.publicKey.export();
  const der = createPrivateKey(pair.privateKey).export({ type: "pkcs8", format: "der" });
  const algorithm = publicKey.algorithm.name === "ECDSA" ? publicKey.algorithm : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const privateKey = await crypto.subtle.importKey("pkcs8", new Uint8Array(der), algorithm, true, ["sign"]);
  return { certificate: pair.certificate, issuer, keys: { publicKey, privateKey } };
}

/** A root of its own, ECDSA P-256, valid for ten days. */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const issuer = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + 240 * HOUR),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${issuer.toString("pem")}\n`, issuer, keys };
}

/** An authority below another one. */
export async function createIntermediate(parent: Authority, commonName: string): Promise<Authority> {
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const issuer = await X509CertificateGenerator.create({
    subject: `CN=${commonName}`,
    issuer: parent.issuer.subject,
    publicKey: keys.publicKey,
    signingKey: parent.keys.privateKey,
    signingAlgorithm: { ...parent.keys.privateKey.algorithm, hash: "SHA-256" },
    notBefore: new Date(Date.now() - HOUR),
    notAfter: new Date(Date.now() + 120 * HOUR),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: `${issuer.toString("pem")}\n`, issuer, keys };
}

/** A leaf certificate of the authority with its key. */
export async function issueLeaf(authority: Authority, options: LeafOptions): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const leaf = await X509CertificateGenerator.create({
    subject: `CN=${options.commonName}`,
    issuer: authority.issuer.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: { ...authority.keys.privateKey.algorithm, hash: "SHA-256" },
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR),
    notAfter: options.notAfter ?? new Date(Date.now() + 24 * HOUR),
    extensions: leafExtensions(options),
  });
  return { certificate: `${leaf.toString("pem")}\n`, privateKey: await privatePem(keys.privateKey) };
}

/** A leaf that is its own issuer. */
export async function selfSignedLeaf(options: LeafOptions): Promise<KeyPair> {
  const keys = (await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const leaf = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${options.commonName}`,
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: options.notBefore ?? new Date(Date.now() - HOUR),
    notAfter: options.notAfter ?? new Date(Date.now() + 24 * HOUR),
    extensions: leafExtensions(options),
  });
  return { certificate: `${leaf.toString("pem")}\n`, privateKey: await privatePem(keys.privateKey) };
}

function leafExtensions(options: LeafOptions): Extension[] {
  const names = [
    ...(options.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(options.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
    ...(options.uris ?? []).map((value) => ({ type: "url" as const, value })),
  ];
  return [
    new BasicConstraintsExtension(false, undefined, true),
    new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
    new ExtendedKeyUsageExtension((options.usages ?? ["client"]).map((usage) => USAGES[usage])),
    ...(names.length > 0 ? [new SubjectAlternativeNameExtension(names)] : []),
  ];
}

/** PKCS#8. */
export async function privatePem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})(?=.)/g, "$1\n")}\n-----END PRIVATE KEY-----\n`;
}

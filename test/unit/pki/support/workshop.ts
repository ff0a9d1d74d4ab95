import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

/** Certificates with whatever is right or wrong about them, at a fixed time. */

x509.cryptoProvider.set(webcrypto);

export const NOW = new Date("2026-11-21T12:00:00Z");
export const HOST = "api.shop.example.com";
export const clock = { now: NOW, windowDays: 14 };
export const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000);

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export type Keys = webcrypto.CryptoKeyPair;
export type KeyName = "P-256" | "P-384" | "P-521" | "RSA-1024" | "RSA-2048" | "RSA-3072" | "RSA-4104" | "RSA-2048-SHA1" | "Ed25519";

export async function keysOf(name: KeyName = "P-256"): Promise<Keys> {
  const [kind, size, signature] = name.split("-");
  if (name === "Ed25519") return (await webcrypto.subtle.generateKey("Ed25519", true, ["sign", "verify"])) as Keys;
  const algorithm =
    kind === "RSA"
      ? {
          name: "RSASSA-PKCS1-v1_5",
          hash: signature === "SHA1" ? "SHA-1" : "SHA-256",
          modulusLength: Number(size),
          publicExponent: new Uint8Array([1, 0, 1]),
        }
      : { ...EC, namedCurve: name };
  return (await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"])) as Keys;
}

export interface Recipe {
  readonly name?: string;
  /** The authority that signs; itself when absent. */
  readonly by?: Made;
  readonly keys?: Keys | KeyName;
  /** A public key (SPKI) that Web Crypto cannot make. */
  readonly foreignKey?: Buffer;
  readonly from?: number;
  readonly until?: number;
  /** @default false */
  readonly ca?: boolean | number;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly usages?: readonly string[] | null;
  readonly keyUsage?: number | null;
  readonly more?: readonly x509.Extension[];
  /** Leave the basic constraints out. */
  readonly bare?: boolean;
  readonly hash?: string;
}

export interface Made {
  readonly pem: string;
  readonly certificate: x509.X509Certificate;
  readonly keys: Keys;
}

export const { serverAuth, clientAuth } = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" };
const FLAGS = x509.KeyUsageFlags;
let serial = 4096;

export async function make(recipe: Recipe): Promise<Made> {
  const { by, ca = false, from = -10, until = ca === false ? 90 : 1000, hash = "SHA-256", bare = false, more = [] } = recipe;
  const keys = typeof recipe.keys === "object" ? recipe.keys : await keysOf(recipe.keys);
  const name = `CN=${recipe.name ?? recipe.dns?.[0] ?? HOST}`;
  const names = [
    ...(recipe.dns ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(recipe.ip ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const usages = recipe.usages === undefined ? (ca === false ? [serverAuth] : null) : recipe.usages;
  const keyUsage =
    recipe.keyUsage === undefined ? (ca === false ? FLAGS.digitalSignature : FLAGS.keyCertSign | FLAGS.cRLSign) : recipe.keyUsage;
  const signer = by?.keys ?? keys;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: (serial++).toString(16),
    subject: name,
    issuer: by?.certificate.subject ?? name,
    notBefore: inDays(from),
    notAfter: inDays(until),
    publicKey: recipe.foreignKey === undefined ? keys.publicKey : new x509.PublicKey(recipe.foreignKey),
    signingKey: signer.privateKey,
    signingAlgorithm: { ...signer.privateKey.algorithm, hash } as never,
    extensions: [
      ...(bare ? [] : [new x509.BasicConstraintsExtension(ca !== false, typeof ca === "number" ? ca : undefined, true)]),
      ...(keyUsage === null ? [] : [new x509.KeyUsagesExtension(keyUsage, true)]),
      ...(usages === null ? [] : [new x509.ExtendedKeyUsageExtension([...usages])]),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
      ...more,
    ],
  });
  return { pem: certificate.toString("pem"), certificate, keys };
}

/** An extension of DER bytes. */
export const extension = (oid: string, hex: string, critical = false) => new x509.Extension(oid, critical, Buffer.from(hex, "hex"));

/** Name constraints (RFC 5280, 4.2.1.10) of one DNS name. */
export function nameConstraints(kind: "permitted" | "excluded", name: string): x509.Extension {
  const wrap = (tag: number, ...parts: Buffer[]) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag, body.length]), body]);
  };
  const subtree = wrap(0x30, wrap(0x82, Buffer.from(name)));
  return extension("2.5.29.30", wrap(0x30, wrap(kind === "permitted" ? 0xa0 : 0xa1, subtree)).toString("hex"), true);
}

export const crl = (url: string) => new x509.CRLDistributionPointsExtension([url]);
export const issuerAddress = (url: string) => new x509.AuthorityInfoAccessExtension({ caIssuers: url });
export const join = (...parts: readonly (Made | string)[]) => parts.map((part) => (typeof part === "string" ? part : part.pem)).join("\n");
export const usage = FLAGS;

export async function privateKeyOf({ keys }: Made): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return x509.PemConverter.encode(der, "PRIVATE KEY");
}

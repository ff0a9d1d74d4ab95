import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, webcrypto } from "node:crypto";
import "reflect-metadata/lite";
import * as x509 from "@peculiar/x509";
import { CloudError } from "./rule.ts";

x509.cryptoProvider.set(webcrypto as unknown as Parameters<typeof x509.cryptoProvider.set>[0]);

export type KeyKind =
  | { readonly algorithm: "RSA"; readonly bits: number }
  | { readonly algorithm: "ECDSA"; readonly curve: "P256" | "P384" | "P521" }
  | { readonly algorithm: "ED25519" };

const CURVES = { P256: "P-256", P384: "P-384", P521: "P-521" } as const;

export function newKey(kind: KeyKind): KeyObject {
  if (kind.algorithm === "RSA") return generateKeyPairSync("rsa", { modulusLength: kind.bits }).privateKey;
  if (kind.algorithm === "ECDSA") return generateKeyPairSync("ec", { namedCurve: CURVES[kind.curve] }).privateKey;
  return generateKeyPairSync("ed25519").privateKey;
}

export const kindOf = (key: KeyObject): "RSA" | "ECDSA" | "ED25519" =>
  key.asymmetricKeyType === "rsa" ? "RSA" : key.asymmetricKeyType === "ec" ? "ECDSA" : "ED25519";

/** A private key given as PEM. @throws CloudError when it is none. */
export function keyOf(pem: unknown): KeyObject {
  try {
    return createPrivateKey(String(pem));
  } catch {
    throw new CloudError("the private key is not PEM, or not of a kind that is understood");
  }
}

interface Signing {
  readonly keys: CryptoKeyPair;
  readonly algorithm: Parameters<typeof webcrypto.subtle.sign>[0];
}
type CryptoKeyPair = Parameters<typeof x509.X509CertificateGenerator.createSelfSigned>[0]["keys"];

async function signing(key: KeyObject): Promise<Signing> {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const curve = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[details?.namedCurve ?? ""];
  if (type === "ec" && !curve) throw new CloudError(`the curve ${details?.namedCurve} cannot sign here: use P256, P384 or P521`);
  const hash = curve === "P-384" ? "SHA-384" : curve === "P-521" ? "SHA-512" : "SHA-256";
  const importing =
    type === "rsa"
      ? { name: "RSASSA-PKCS1-v1_5", hash }
      : type === "ec"
        ? { name: "ECDSA", namedCurve: curve as string }
        : { name: "Ed25519" };
  const use = async (source: KeyObject, format: "pkcs8" | "spki", usage: "sign" | "verify") =>
    webcrypto.subtle.importKey(
      format,
      source.export({ format: "der", type: format } as { format: "der"; type: "pkcs8" }),
      importing,
      true,
      [usage],
    );
  return {
    keys: {
      privateKey: await use(key, "pkcs8", "sign"),
      publicKey: await use(createPublicKey(key), "spki", "verify"),
    } as unknown as CryptoKeyPair,
    algorithm: type === "ec" ? { name: "ECDSA", hash } : importing,
  };
}

export interface CertificateRequest {
  /** X.500 name, such as `CN=shop, O=Example`. */
  readonly subject: string;
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

export interface CertificateTerms {
  readonly serial: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly isCa: boolean;
  /** Undefined leaves the path length out. */
  readonly pathLength?: number;
  readonly keyUsages: number;
  readonly extendedKeyUsages: readonly string[];
  readonly subjectKeyId: boolean;
  readonly authorityKeyId: boolean;
}

function alternativeNames({ dnsNames = [], ipAddresses = [], uris = [] }: CertificateRequest): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...uris.map((value) => ({ type: "url" as const, value })),
  ];
  return names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : [];
}

/** A signing request as PEM. */
export async function requestPem(request: CertificateRequest, key: KeyObject): Promise<string> {
  const { keys, algorithm } = await signing(key);
  const made = await x509.Pkcs10CertificateRequestGenerator.create({
    name: request.subject,
    keys,
    signingAlgorithm: algorithm as never,
    extensions: alternativeNames(request),
  });
  return `${made.toString("pem")}\n`;
}

/** Issues a certificate, as PEM. Without an issuer it is self-signed. */
export async function issue(
  subject:
    | { readonly request: CertificateRequest; readonly key: KeyObject }
    | { readonly request: CertificateRequest; readonly publicKey: KeyObject }
    | { readonly requestPem: string },
  terms: CertificateTerms,
  issuer?: { readonly certificatePem: string; readonly key: KeyObject },
): Promise<string> {
  const asked = "requestPem" in subject ? new x509.Pkcs10CertificateRequest(subject.requestPem) : undefined;
  const signer = await signing(issuer?.key ?? ("key" in subject ? subject.key : raise("a request alone cannot sign itself")));
  const publicKey = asked
    ? asked.publicKey
    : "publicKey" in subject
      ? new x509.PublicKey(subject.publicKey.export({ format: "der", type: "spki" }))
      : (await signing((subject as { key: KeyObject }).key)).keys.publicKey;
  const authority = issuer && new x509.X509Certificate(issuer.certificatePem);
  const extensions: x509.Extension[] = [
    new x509.BasicConstraintsExtension(terms.isCa, terms.pathLength, true),
    ...(terms.keyUsages > 0 ? [new x509.KeyUsagesExtension(terms.keyUsages, true)] : []),
    ...(terms.extendedKeyUsages.length > 0 ? [new x509.ExtendedKeyUsageExtension([...terms.extendedKeyUsages])] : []),
    ...(terms.subjectKeyId ? [await x509.SubjectKeyIdentifierExtension.create(publicKey as x509.PublicKey)] : []),
    ...(terms.authorityKeyId
      ? [await x509.AuthorityKeyIdentifierExtension.create(authority ? authority.publicKey : (publicKey as x509.PublicKey))]
      : []),
    ...(asked
      ? asked.extensions.filter(({ type }) => type === "2.5.29.17")
      : alternativeNames((subject as { request: CertificateRequest }).request)),
  ];
  const name = asked ? asked.subject : (subject as { request: CertificateRequest }).request.subject;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: terms.serial,
    subject: name,
    issuer: authority ? authority.subject : name,
    notBefore: terms.notBefore,
    notAfter: terms.notAfter,
    publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: signer.algorithm as never,
    extensions,
  });
  return `${made.toString("pem")}\n`;
}

function raise(message: string): never {
  throw new Error(message);
}

/** Public key and fingerprints in the forms the `tls` provider gives. */
export function publicForms(key: KeyObject): { pem: string; openssh: string; md5: string; sha256: string } {
  const publicKey = createPublicKey(key);
  const blob = sshBlob(publicKey);
  return {
    pem: publicKey.export({ format: "pem", type: "spki" }).toString(),
    openssh: `${blob.name} ${blob.bytes.toString("base64")}\n`,
    md5: (createHash("md5").update(blob.bytes).digest("hex").match(/../g) ?? []).join(":"),
    sha256: `SHA256:${createHash("sha256").update(blob.bytes).digest("base64").replace(/=+$/, "")}`,
  };
}

/** RFC 4253 §6.6, RFC 5656 §3.1, RFC 8709 §4. */
function sshBlob(publicKey: KeyObject): { name: string; bytes: Buffer } {
  const { kty, n = "", e = "", crv = "", x = "", y = "" } = publicKey.export({ format: "jwk" });
  const part = (bytes: Buffer | string) => {
    const body = Buffer.from(bytes);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(body.length);
    return Buffer.concat([length, body]);
  };
  const bytes = (text: string) => Buffer.from(text, "base64url");
  const integer = (body: Buffer) => ((body[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), body]) : body);
  if (kty === "RSA") return { name: "ssh-rsa", bytes: Buffer.concat([part("ssh-rsa"), part(integer(bytes(e))), part(integer(bytes(n)))]) };
  if (kty === "OKP") return { name: "ssh-ed25519", bytes: Buffer.concat([part("ssh-ed25519"), part(bytes(x))]) };
  const curve = `nistp${crv.replace("P-", "")}`;
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  return { name: `ecdsa-sha2-${curve}`, bytes: Buffer.concat([part(`ecdsa-sha2-${curve}`), part(curve), part(point)]) };
}

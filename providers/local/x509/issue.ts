import { randomBytes, webcrypto } from "node:crypto";
import { ResourceError } from "../resources/kind.ts";
import { parsePrivateKey, publicKeyOf, signatureOf } from "./keys.ts";
import { x509 } from "./library.ts";

interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A root certificate: it may sign leaves, and one level of authorities below it. */
export async function issueRoot(commonName: string, privateKeyPem: string, validity: Validity): Promise<string> {
  const keys = await keyPair(privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: subject(commonName),
      ...validity,
      keys,
      extensions: [
        new x509.BasicConstraintsExtension(true, 1, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
        await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
      ],
    },
    webcrypto,
  );
  return pem(certificate);
}

/** What an authority may be told about one below it. */
export interface Intermediate extends Validity {
  readonly commonName: string;
  /** Where the root's revocation list is. */
  readonly crlUris: readonly string[];
  readonly privateKeyPem: string;
}

/** An authority below a root: it may sign leaves only. */
export async function issueIntermediate(wanted: Intermediate, rootPem: string, rootKeyPem: string): Promise<string> {
  const { publicKey } = await keyPair(wanted.privateKeyPem);
  const { privateKey: signingKey } = await keyPair(rootKeyPem);
  const root = new x509.X509Certificate(rootPem);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: subject(wanted.commonName),
      issuer: root.subjectName,
      notBefore: wanted.notBefore,
      notAfter: wanted.notAfter,
      publicKey,
      signingKey,
      signingAlgorithm: signatureOf(requireKey(rootKeyPem)) ?? signingKey.algorithm,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await authorityKeyIdentifier(root),
        ...(wanted.crlUris.length > 0 ? [new x509.CRLDistributionPointsExtension([...wanted.crlUris])] : []),
      ],
    },
    webcrypto,
  );
  return pem(certificate);
}

/** True when a root lets authorities stand below it. */
export function allowsIntermediate(rootPem: string): boolean {
  const constraints = new x509.X509Certificate(rootPem).getExtension(x509.BasicConstraintsExtension);
  return constraints?.ca === true && constraints.pathLength !== 0;
}

export interface Leaf extends Validity {
  readonly commonName: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly uris: readonly string[];
  readonly usages: readonly ("server" | "client")[];
  /** Where the authority's revocation list is. */
  readonly crlUris: readonly string[];
  /** ECDSA key of the leaf. */
  readonly privateKeyPem: string;
}

/** A leaf certificate signed by an authority. @param authorityPem the signing certificate alone */
export async function issueLeaf(leaf: Leaf, authorityPem: string, authorityKeyPem: string): Promise<string> {
  const { publicKey } = await keyPair(leaf.privateKeyPem);
  const { privateKey: signingKey } = await keyPair(authorityKeyPem);
  const authority = new x509.X509Certificate(authorityPem);
  const names: x509.JsonGeneralNames = [
    ...leaf.dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...leaf.ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...leaf.uris.map((value) => ({ type: "url" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject: subject(leaf.commonName),
      issuer: authority.subjectName,
      notBefore: leaf.notBefore,
      notAfter: leaf.notAfter,
      publicKey,
      signingKey,
      signingAlgorithm: signingKey.algorithm.name === "ECDSA" ? signatureOf(requireKey(authorityKeyPem)) : undefined,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension(
          leaf.usages.map((usage) => (usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth)),
        ),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        await authorityKeyIdentifier(authority),
        ...(leaf.crlUris.length > 0 ? [new x509.CRLDistributionPointsExtension([...leaf.crlUris])] : []),
        ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
      ],
    },
    webcrypto,
  );
  return pem(certificate);
}

/** The identifier the authority gives its own key, which need not be the hash we would have made of it. */
export async function authorityKeyIdentifier(authority: x509.X509Certificate) {
  const own = authority.getExtension(x509.SubjectKeyIdentifierExtension);
  return own ? new x509.AuthorityKeyIdentifierExtension(own.keyId) : x509.AuthorityKeyIdentifierExtension.create(authority.publicKey);
}

export async function keyPair(privateKeyPem: string): Promise<{ privateKey: webcrypto.CryptoKey; publicKey: webcrypto.CryptoKey }> {
  const key = requireKey(privateKeyPem);
  const algorithm = signatureOf(key);
  if (algorithm === undefined) throw new ResourceError("Certificates are signed only with ECDSA P-256, ECDSA P-384 and RSA keys");
  return {
    privateKey: key.toCryptoKey(algorithm, false, ["sign"]),
    publicKey: publicKeyOf(key).toCryptoKey(algorithm, true, ["verify"]),
  };
}

function requireKey(pemText: string) {
  const key = parsePrivateKey(pemText);
  if (key === undefined) throw new ResourceError("A private key in the stack's state is not PEM text of an unencrypted key");
  return key;
}

const subject = (commonName: string): x509.JsonName => [{ CN: [commonName] }];

/** 128 random bits below a leading 01, so that the number is positive and its length fixed. */
const serialNumber = () => `01${randomBytes(16).toString("hex")}`;

const pem = (certificate: x509.X509Certificate) => `${certificate.toString("pem")}\n`;

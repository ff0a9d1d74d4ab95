import { createHash, createPublicKey } from "node:crypto";
import forge from "node-forge";

/** Certificates for documents: made once per process, RSA because Azure's PFX takes no other. */
export interface TestCertificates {
  /** PEM of two authorities. */
  readonly authorities: readonly string[];
  /** Full chain for every host name of the documents; its key is the secret `front-key`. */
  readonly front: string;
  /** A self-signed backend certificate. */
  readonly pinned: string;
  /** A client certificate; its key is the secret `client-key`. */
  readonly client: string;
  /** Fingerprints of client certificates. */
  readonly hashes: readonly string[];
  /** JWKS with one public key, JSON text. */
  readonly jwks: string;
  readonly secrets: Readonly<Record<string, string>>;
}

const DAY = 86_400_000;
const HOSTS = ["api.shop.example.com", "gw.example.org", "edge.api.example.net"];

let made: TestCertificates | undefined;

export function testCertificates(): TestCertificates {
  made ??= make();
  return made;
}

function make(): TestCertificates {
  const [rootKeys, leafKeys] = [forge.pki.rsa.generateKeyPair(2048), forge.pki.rsa.generateKeyPair(2048)];
  const root = (name: string) =>
    issue(name, rootKeys, rootKeys, name, [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ]);
  const authorities = [root("Proof root A"), root("Proof root B")];
  const leaf = (name: string, dns: readonly string[], usage: "serverAuth" | "clientAuth", issuer: string, signer: forge.pki.rsa.KeyPair) =>
    issue(name, leafKeys, signer, issuer, [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", [usage]: true },
      { name: "subjectAltName", altNames: dns.map((value) => ({ type: 2, value })) },
    ]);
  const client = leaf("partner", ["partner.example.com"], "clientAuth", "Proof root A", rootKeys);
  const privateKey = forge.pki.privateKeyToPem(leafKeys.privateKey);
  const { n, e } = createPublicKey(privateKey).export({ format: "jwk" });
  return {
    authorities,
    front: `${leaf("front", HOSTS, "serverAuth", "Proof root A", rootKeys)}${authorities[0]}`,
    pinned: leaf("core.internal.example.com", ["core.internal.example.com"], "serverAuth", "core.internal.example.com", leafKeys),
    client,
    hashes: [client, authorities[1] as string].map(hash),
    jwks: JSON.stringify({ keys: [{ kty: "RSA", use: "sig", alg: "RS256", kid: "proof-1", n, e }] }),
    secrets: { "front-key": privateKey, "client-key": privateKey },
  };
}

let serial = 1;

function issue(name: string, keys: forge.pki.rsa.KeyPair, signer: forge.pki.rsa.KeyPair, issuer: string, extensions: unknown[]): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  serial += 1;
  certificate.serialNumber = serial.toString(16).padStart(4, "0");
  certificate.validity.notBefore = new Date(Date.now() - DAY);
  certificate.validity.notAfter = new Date(Date.now() + 300 * DAY);
  certificate.setSubject([{ name: "commonName", value: name }]);
  certificate.setIssuer([{ name: "commonName", value: issuer }]);
  certificate.setExtensions(extensions as never[]);
  certificate.sign(signer.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate).replaceAll("\r\n", "\n");
}

function hash(pem: string): string {
  return createHash("sha256")
    .update(Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64"))
    .digest("hex");
}

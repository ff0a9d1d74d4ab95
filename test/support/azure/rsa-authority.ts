import { generateKeyPairSync, randomBytes } from "node:crypto";
import forge from "node-forge";

/** A certificate for an RSA key, with everything above it. */
export interface RsaPair {
  /** Leaf and root. */
  readonly chain: string;
  readonly privateKey: string;
}

const DAY = 86_400_000;

/** An authority with RSA keys, which is what API Management takes. */
export class RsaAuthority {
  readonly root: string;
  readonly #key = newKey();
  readonly #name = [{ name: "commonName", value: "Test RSA Root" }];

  constructor() {
    const root = certificate(this.#key, this.#name, new Date(Date.now() + 365 * DAY));
    root.setIssuer(this.#name);
    root.setExtensions([
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      { name: "subjectKeyIdentifier" },
    ]);
    root.sign(forge.pki.privateKeyFromPem(this.#key), forge.md.sha256.create());
    this.root = forge.pki.certificateToPem(root);
  }

  issue(dnsNames: readonly string[], days = 90, usage: "serverAuth" | "clientAuth" = "serverAuth"): RsaPair {
    const privateKey = newKey();
    const leaf = certificate(privateKey, [{ name: "commonName", value: dnsNames[0] ?? "leaf" }], new Date(Date.now() + days * DAY));
    leaf.setIssuer(this.#name);
    leaf.setExtensions([
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", [usage]: true },
      { name: "subjectAltName", altNames: dnsNames.map((value) => ({ type: 2, value })) },
    ]);
    leaf.sign(forge.pki.privateKeyFromPem(this.#key), forge.md.sha256.create());
    return { chain: `${forge.pki.certificateToPem(leaf)}${this.root}`, privateKey };
  }
}

const newKey = (): string =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "pem", type: "pkcs1" }).toString();

function certificate(privateKey: string, subject: forge.pki.CertificateField[], notAfter: Date): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  const key = forge.pki.privateKeyFromPem(privateKey);
  made.publicKey = forge.pki.setRsaPublicKey(key.n, key.e);
  made.serialNumber = `01${randomBytes(8).toString("hex")}`;
  made.validity.notBefore = new Date(Date.now() - DAY);
  made.validity.notAfter = notAfter;
  made.setSubject(subject);
  return made;
}

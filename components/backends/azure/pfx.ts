import forge from "node-forge";
import { parseChain } from "../../pki/chain.ts";
import { seeded } from "../../pki/seeded.ts";

/**
 * Builds a PFX (PKCS #12) of a chain, leaf first, and its RSA key, encrypted with 3DES-CBC as Windows and API Management read it.
 * The same content always gives the same file, so that a deployment without a change changes nothing.
 *
 * @param password Empty for Key Vault, which keeps certificates without one.
 * @returns The file in base64.
 */
export function pfx(chain: string, privateKey: string, password: string): string {
  const key = forge.pki.privateKeyFromPem(privateKey);
  const certificates = parseChain(chain).map((certificate) => forge.pki.certificateFromPem(certificate.toString()));
  return seeded(privateKey, chain, () => {
    const file = forge.pkcs12.toPkcs12Asn1(key, certificates, password, { algorithm: "3des", generateLocalKeyId: true });
    return Buffer.from(forge.asn1.toDer(file).getBytes(), "binary").toString("base64");
  });
}

/** A certificate as API Management's stores take it: DER in base64, which is its PEM form without the frame. */
export const encoded = (pem: string): string => pem.replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, "");

import { createHmac } from "node:crypto";
import forge from "node-forge";
import { parseChain } from "../../pki/chain.ts";

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

/**
 * Salts need not be secret, only different for different content; here they follow from the key and the content. node-forge takes them from
 * its process-wide generator, which is put back before anything else runs.
 */
function seeded<T>(key: string, content: string, work: () => T): T {
  const { getBytes, getBytesSync } = forge.random;
  let block = 0;
  const bytes = (count: number): string => {
    let text = "";
    while (text.length < count) text += createHmac("sha256", key).update(`${block++} ${content}`).digest("binary");
    return text.slice(0, count);
  };
  try {
    forge.random.getBytes = bytes as typeof getBytes;
    forge.random.getBytesSync = bytes;
    return work();
  } finally {
    forge.random.getBytes = getBytes;
    forge.random.getBytesSync = getBytesSync;
  }
}

/** A certificate as API Management's stores take it: DER in base64, which is its PEM form without the frame. */
export const encoded = (pem: string): string => pem.replace(/-----(BEGIN|END) CERTIFICATE-----|\s/g, "");

import { X509Certificate } from "node:crypto";
import { parsePrivateKey, signatureOf } from "./keys.ts";
import { certificateBlocks } from "./pem.ts";

/** What is wrong with the certificate of a signing authority; undefined when nothing is. */
export function certificateFault(pem: string, now: number): string | undefined {
  const certificate = parseCertificate(pem);
  if (certificate === undefined) return "is not a certificate: give PEM text that starts with the certificate that signs";
  if (!certificate.ca) return `is the certificate of "${certificate.subject}", which is not an authority: give a certificate with CA:TRUE`;
  if (now >= certificate.validToDate.getTime())
    return `expired at ${certificate.validToDate.toISOString()}: give the certificate of an authority that is still valid`;
  return undefined;
}

/** What is wrong with the key of a signing authority; undefined when nothing is. */
export function keyFault(keyPem: string, certificatePem: string): string | undefined {
  const key = parsePrivateKey(keyPem);
  if (key === undefined) return "is not a private key: give PEM text, PKCS#8, not encrypted";
  if (signatureOf(key) === undefined) return "is of a kind that does not sign here: give an ECDSA P-256, ECDSA P-384 or RSA key";
  const certificate = parseCertificate(certificatePem);
  if (certificate !== undefined && !certificate.checkPrivateKey(key))
    return "does not belong to the authority's certificate: give the key of the certificate that signs";
  return undefined;
}

/** The first certificate in the text; undefined when there is none. */
export function parseCertificate(text: string): X509Certificate | undefined {
  const [first] = certificateBlocks(text);
  try {
    return first === undefined ? undefined : new X509Certificate(first);
  } catch {
    return undefined;
  }
}

/** True when it is signed by its own key: a root. */
export const isRoot = (certificate: X509Certificate): boolean =>
  certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);

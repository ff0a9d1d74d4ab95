import { X509Certificate } from "node:crypto";

/** The certificates in a text, in their order. @throws when a block is no certificate */
export function parseChain(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map((block) => new X509Certificate(block));
}

/** True when the names fit and the signature is by the issuer's key, whatever else is wrong with the issuer. */
export function signedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.issuer === issuer.subject && certificate.verify(issuer.publicKey);
}

/** True for a root, and for every other certificate signed by its own key. */
export const isSelfSigned = (certificate: X509Certificate): boolean => signedBy(certificate, certificate);

/** DNS names of a certificate. */
export const namesOf = (certificate: X509Certificate): string[] => alternatives(certificate, "DNS:");

/** IP addresses of a certificate, as it writes them. */
export const addressesOf = (certificate: X509Certificate): string[] => alternatives(certificate, "IP Address:");

const alternatives = ({ subjectAltName }: X509Certificate, prefix: string) =>
  (subjectAltName ?? "").split(", ").flatMap((entry) => (entry.startsWith(prefix) ? [unquoted(entry.slice(prefix.length))] : []));

/** Node quotes names with characters of its own separators in them. */
function unquoted(name: string): string {
  return name.startsWith('"') && name.endsWith('"') ? (JSON.parse(name) as string) : name;
}

/** CN of a distinguished name, else the whole name on one line. */
export const commonName = (name: string | undefined): string =>
  /(?:^|\n)CN=([^\n]+)/.exec(name ?? "")?.[1] ?? (name ?? "").replaceAll("\n", ", ");

/** How messages call a certificate: its common name, else its first DNS name, else its serial number. */
export const nameOf = (certificate: X509Certificate): string =>
  commonName(certificate.subject) || namesOf(certificate)[0] || certificate.serialNumber;

/** Whole days until a certificate ends, negative afterwards. */
export const daysLeft = (certificate: X509Certificate, now: Date): number =>
  Math.floor((certificate.validToDate.getTime() - now.getTime()) / 86_400_000);

/** Year, month and day in UTC. */
export const day = (date: Date): string => date.toISOString().slice(0, 10);

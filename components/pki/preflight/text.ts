import { X509Certificate } from "node:crypto";
import { type Problem, refused } from "./problem.ts";

/** The certificates of a text, and what else stands there. */
export interface CertificateText {
  readonly certificates: readonly X509Certificate[];
  readonly problems: readonly Problem[];
}

const WHOLE = "give text with -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----";

/** Things people give instead of certificates, by the label of their PEM block. */
const MISTAKEN: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  "CERTIFICATE REQUEST": ["holds a certificate request", "give the certificate that the authority made from the request"],
  "NEW CERTIFICATE REQUEST": ["holds a certificate request", "give the certificate that the authority made from the request"],
  "TRUSTED CERTIFICATE": [
    "holds a certificate in OpenSSL's own TRUSTED form",
    "write it in the common form: openssl x509 -in <file> -out certificate.pem",
  ],
  "X509 CRL": [
    "holds a certificate revocation list",
    "give the certificates; revocation lists are fetched from where the authority publishes them",
  ],
  "PUBLIC KEY": ["holds a bare public key", "give the certificate that was issued for the key"],
  PKCS7: ["holds a PKCS #7 bundle", "take the certificates out: openssl pkcs7 -print_certs -in <file> -out fullchain.pem"],
};

/** Reads PEM text. Nothing stops at the first problem, and what can be read is returned. */
export function readText(text: string): CertificateText {
  if (/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text))
    return only(
      "private-key-in-the-open",
      "holds a private key",
      "keep keys in the stack's configuration (pulumi config set --secret) and name them with { secret: name }; replace this key, it has been written in the open",
    );
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  const label = [...text.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].find(([, found = ""]) => found in MISTAKEN)?.[1];
  const mistaken = MISTAKEN[label ?? ""];
  if (mistaken) return only("not-a-certificate", ...mistaken);
  if (blocks.length === 0) return only("no-certificate", ...absent(text));
  const problems: Problem[] = [];
  const started = text.match(/-----BEGIN /g)?.length ?? 0;
  if (started > blocks.length)
    problems.push(
      refused(
        "torn",
        `holds ${started} PEM blocks, of which ${blocks.length} are whole certificates`,
        "give whole certificates only, each from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----",
      ),
    );
  const certificates = blocks.flatMap((block, index) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      problems.push(
        refused(
          "unparseable",
          `certificate ${index + 1} of ${blocks.length} cannot be parsed`,
          "give X.509 certificates in PEM form, unchanged as the authority issued them",
        ),
      );
      return [];
    }
  });
  return { certificates, problems };
}

const only = (rule: string, message: string, remedy: string): CertificateText => ({
  certificates: [],
  problems: [refused(rule, message, remedy)],
});

/** Binary forms start with an ASN.1 SEQUENCE; a PKCS #12 file goes on with the version number 3. */
function absent(text: string): [message: string, remedy: string] {
  if (!/^0[^\n\x20-\x7e]/.test(text)) return ["holds no PEM certificate", WHOLE];
  return text.slice(2, 9).includes("\u0002\u0001\u0003")
    ? [
        "is a PKCS #12 (PFX) file, which holds the private key as well",
        "take the certificates out (openssl pkcs12 -in <file> -nokeys -out fullchain.pem), and store the key as a secret (openssl pkcs12 -in <file> -nocerts -noenc | openssl pkey | npx gateway secret <name> -s <stack>)",
      ]
    : ["is a certificate in binary form (DER)", "write it as PEM: openssl x509 -inform der -in <file> -out certificate.pem"];
}

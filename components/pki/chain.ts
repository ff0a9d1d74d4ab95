import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";

/** Checks of certificates that are given as PEM. Public material only; keys are compared where their secret value is at hand. */

export interface ChainProblem {
  readonly message: string;
  readonly remedy: string;
}

export interface ChainExpectation {
  /** Name the leaf must cover. */
  readonly hostname: string;
  readonly now: Date;
  /** A leaf or intermediate that ends within this many days is a problem. */
  readonly windowDays: number;
  /** Extended key usage the leaf needs when it has any. @default serverAuth */
  readonly usage?: "serverAuth" | "clientAuth";
}

const USAGES = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" } as const;
const DAY_MS = 86_400_000;

/** Leaf first, then the others in the order given. @throws when a block is no certificate */
export function parseChain(pem: string): X509Certificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map((block) => new X509Certificate(block));
}

/** A full chain as services want it: the leaf, and what has to be served with it; a root at the end is left out. */
export function splitChain(pem: string): { readonly leaf: string; readonly chain: string } {
  const [leaf, ...rest] = parseChain(pem);
  return {
    leaf: leaf?.toString() ?? "",
    chain: rest
      .filter((certificate) => !isSelfSigned(certificate))
      .map((certificate) => certificate.toString())
      .join(""),
  };
}

/** Everything wrong with a chain, or nothing. */
export function chainProblems(pem: string, expected: ChainExpectation): ChainProblem[] {
  const certificates = parseChain(pem);
  const [leaf] = certificates;
  if (leaf === undefined) return [{ message: "holds no certificate", remedy: "give the leaf certificate followed by its intermediates" }];
  return [
    ...leafProblems(leaf, expected),
    ...orderProblems(certificates),
    ...certificates.flatMap((certificate) => validityProblems(certificate, expected)),
  ];
}

function leafProblems(leaf: X509Certificate, { hostname, usage = "serverAuth" }: ChainExpectation): ChainProblem[] {
  const problems: ChainProblem[] = [];
  if (leaf.ca)
    problems.push({
      message: `the first certificate, "${nameOf(leaf)}", is an authority's`,
      remedy: "put the leaf first, then the intermediates from the leaf's issuer upwards",
    });
  else if (leaf.checkHost(hostname, { subject: "never" }) === undefined)
    problems.push({
      message: `the certificate is for ${namesOf(leaf).join(", ") || "no name"}, not for ${hostname}`,
      remedy: `use a certificate whose subject alternative names cover ${hostname}`,
    });
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(USAGES[usage]))
    problems.push({ message: `the certificate is not for ${usage}`, remedy: `have it issued with the extended key usage ${usage}` });
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  if (asymmetricKeyType === "rsa" && (asymmetricKeyDetails?.modulusLength ?? 0) < 2048)
    problems.push({
      message: `the RSA key has ${asymmetricKeyDetails?.modulusLength} bits`,
      remedy: "use RSA with 2048 bits or more, or ECDSA P-256",
    });
  return problems;
}

function orderProblems(certificates: readonly X509Certificate[]): ChainProblem[] {
  for (const [index, certificate] of certificates.entries()) {
    const next = certificates[index + 1];
    if (next === undefined) return topProblems(certificate);
    if (issued(certificate, next)) continue;
    const elsewhere = certificates.findIndex((candidate, at) => at !== index && issued(certificate, candidate));
    return [
      elsewhere >= 0
        ? {
            message: `certificate ${index + 2}, "${nameOf(next)}", did not sign "${nameOf(certificate)}"; certificate ${elsewhere + 1} did`,
            remedy: "put the certificates in order: each is signed by the next",
          }
        : missing(certificate),
    ];
  }
  return [];
}

/** The last one is complete when it is a root, or signed by a root that clients have. */
function topProblems(last: X509Certificate): ChainProblem[] {
  if (isSelfSigned(last) || publicRoots().some((root) => issued(last, root))) return [];
  return [missing(last)];
}

const missing = (certificate: X509Certificate): ChainProblem => ({
  message: `the chain ends at "${nameOf(certificate)}", whose issuer "${commonName(certificate.issuer)}" is missing`,
  remedy: `append the certificate of "${commonName(certificate.issuer)}"${fetchHint(certificate)}`,
});

function validityProblems(certificate: X509Certificate, { now, windowDays }: ChainExpectation): ChainProblem[] {
  const remedy = "replace it by a current certificate";
  if (now < certificate.validFromDate)
    return [
      {
        message: `"${nameOf(certificate)}" is not valid before ${day(certificate.validFromDate)}`,
        remedy: "wait, or replace it by a current certificate",
      },
    ];
  if (now >= certificate.validToDate) return [{ message: `"${nameOf(certificate)}" ended on ${day(certificate.validToDate)}`, remedy }];
  const left = daysLeft(certificate, now);
  return left < windowDays
    ? [
        {
          message: `"${nameOf(certificate)}" ends on ${day(certificate.validToDate)}, in ${left} days`,
          remedy: `${remedy}; ${windowDays} days or more must be left`,
        },
      ]
    : [];
}

/** Whole days until a certificate ends. */
export const daysLeft = (certificate: X509Certificate, now: Date): number =>
  Math.floor((certificate.validToDate.getTime() - now.getTime()) / DAY_MS);

/** True when a private key (PEM) belongs to the first certificate of a chain. @throws when the key cannot be read */
export function keyBelongsTo(chain: string, privateKey: string): boolean {
  const [leaf] = parseChain(chain);
  const spki = { type: "spki", format: "der" } as const;
  return leaf?.publicKey.export(spki).equals(createPublicKey(createPrivateKey(privateKey)).export(spki)) ?? false;
}

/** DNS names of a certificate. */
export const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? "").split(", ").flatMap((entry) => (entry.startsWith("DNS:") ? [entry.slice(4)] : []));

const issued = (certificate: X509Certificate, issuer: X509Certificate) =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);

/** True for a root, or any other certificate signed by its own key. */
export const isSelfSigned = (certificate: X509Certificate) => issued(certificate, certificate);

const nameOf = (certificate: X509Certificate) => commonName(certificate.subject) || namesOf(certificate)[0] || certificate.serialNumber;

/** CN of a distinguished name, else the whole name on one line. */
export const commonName = (name: string | undefined): string =>
  /(?:^|\n)CN=([^\n]+)/.exec(name ?? "")?.[1] ?? (name ?? "").replaceAll("\n", ", ");

function fetchHint(certificate: X509Certificate): string {
  const address = /CA Issuers - URI:(\S+)/.exec(certificate.infoAccess ?? "")?.[1];
  return address === undefined ? "" : `, published at ${address}`;
}

const day = (date: Date) => date.toISOString().slice(0, 10);

let roots: X509Certificate[] | undefined;

function publicRoots(): X509Certificate[] {
  roots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return roots;
}

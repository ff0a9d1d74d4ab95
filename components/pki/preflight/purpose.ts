import type { X509Certificate } from "node:crypto";
import { isSelfSigned, nameOf } from "../certificate.ts";
import { type Details, detailsOf } from "./details.ts";
import { info, type Problem, refused, type Usage, warning } from "./problem.ts";

const USAGES = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" } as const;
const USAGE_NAMES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
  "1.3.6.1.5.5.7.3.3": "codeSigning",
  "1.3.6.1.5.5.7.3.4": "emailProtection",
  "1.3.6.1.5.5.7.3.8": "timeStamping",
  "1.3.6.1.5.5.7.3.9": "OCSPSigning",
  "2.5.29.37.0": "anyExtendedKeyUsage",
};
/** Marks a precertificate (RFC 6962), which is made for logs and is refused by everybody else. */
const POISON = "1.3.6.1.4.1.11129.2.4.3";
const SHORT_LIVED_MS = 10 * 86_400_000;

/** What a leaf may be used for. */
export function purposeProblems(leaf: X509Certificate, usage: Usage): Problem[] {
  const details = detailsOf(leaf);
  return [
    ...extendedUsage(leaf, usage),
    ...keyUsage(leaf, details),
    ...unknownExtensions(leaf, details),
    ...(usage === "serverAuth" ? [...stapling(leaf, details), ...revocation(leaf, details)] : []),
  ];
}

/** @returns a problem when the certificate is limited to other usages. For an authority the limit is handed down to what it signs. */
export function extendedUsage(certificate: X509Certificate, usage: Usage): Problem[] {
  const usages = certificate.keyUsage as readonly string[] | undefined;
  if (usages === undefined || usages.includes(USAGES[usage])) return [];
  const given = usages.map((oid) => USAGE_NAMES[oid] ?? oid).join(", ");
  return [
    refused(
      "extended-key-usage",
      certificate.ca
        ? `the authority "${nameOf(certificate)}" may sign for ${given} only, not for ${usage}`
        : `the certificate is for ${given || "nothing"}, not for ${usage}`,
      certificate.ca ? `use a certificate from an authority for ${usage}` : `have it issued with the extended key usage ${usage}`,
    ),
  ];
}

function keyUsage(leaf: X509Certificate, { keyUsage: usages }: Details): Problem[] {
  if (usages === undefined) return [];
  const problems: Problem[] = [];
  if (!usages.includes("digitalSignature"))
    problems.push(
      refused(
        "key-usage",
        `the key of "${nameOf(leaf)}" may be used for ${usages.join(", ") || "nothing"} only, and TLS needs it to sign`,
        "have it issued with the key usage digitalSignature",
      ),
    );
  if (usages.includes("keyCertSign") && !leaf.ca)
    problems.push(
      warning(
        "key-usage-authority",
        `"${nameOf(leaf)}" is no authority's, and its key usage says that it signs certificates`,
        "have it issued without the key usage keyCertSign",
      ),
    );
  return problems;
}

/** Critical extensions that stop every verifier that does not know them. */
export function unknownExtensions(certificate: X509Certificate, { unknownCritical }: Details): Problem[] {
  return unknownCritical.map((oid) =>
    oid === POISON
      ? refused(
          "precertificate",
          `"${nameOf(certificate)}" is a precertificate, made for transparency logs only`,
          "give the certificate itself",
        )
      : refused(
          "unknown-critical",
          `"${nameOf(certificate)}" has the critical extension ${oid}, which clients do not know and therefore refuse`,
          "have it issued without the extension, or with one that is not critical",
        ),
  );
}

function stapling(leaf: X509Certificate, { mustStaple }: Details): Problem[] {
  return mustStaple
    ? [
        warning(
          "must-staple",
          `"${nameOf(leaf)}" asks for a stapled OCSP response, which the gateway does not send; Firefox then refuses it`,
          "have it issued without OCSP must-staple",
        ),
      ]
    : [];
}

/** A certificate that is used for long and whose key is lost has to be revoked, which only helps when clients can learn of it. */
function revocation(leaf: X509Certificate, { crls, ocsp }: Details): Problem[] {
  const problems: Problem[] = [];
  const unreachable = [...crls, ...ocsp].filter((address) => !/^http:\/\//i.test(address));
  if (unreachable.length > 0)
    problems.push(
      info(
        "revocation-address",
        `"${nameOf(leaf)}" says at ${unreachable.join(", ")} whether it is revoked, where most clients do not look`,
        "have it issued with an http:// address, as RFC 5280 advises",
      ),
    );
  const lifetime = leaf.validToDate.getTime() - leaf.validFromDate.getTime();
  if (crls.length + ocsp.length === 0 && lifetime > SHORT_LIVED_MS && !isSelfSigned(leaf))
    problems.push(
      info(
        "revocation-missing",
        `"${nameOf(leaf)}" names neither a revocation list nor an OCSP responder: if its key is lost, clients cannot learn of it`,
        "have it issued with one, or for a few days only",
      ),
    );
  return problems;
}

import type { X509Certificate } from "node:crypto";
import { isSelfSigned, nameOf } from "../certificate.ts";
import { type Problem, refused, warning } from "./problem.ts";

const CURVES: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
const STRONG = "RSA with 2048 bits or more, or ECDSA on P-256";

/** Whether a certificate's key is strong, and of a kind that TLS clients and proxies take. */
export function keyStrengthProblems(certificate: X509Certificate): Problem[] {
  const name = `"${nameOf(certificate)}"`;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = certificate.publicKey;
  const no = (message: string) => [refused("key", message, `have it issued for a key of ${STRONG}`)];
  if (type === "rsa") {
    const bits = details.modulusLength ?? 0;
    if (bits < 2048) return no(`${name} has an RSA key of ${bits} bits`);
    if ((details.publicExponent ?? 65_537n) < 3n) return no(`${name} has an RSA key with the public exponent ${details.publicExponent}`);
    return bits > 4096
      ? [
          warning(
            "key-slow",
            `${name} has an RSA key of ${bits} bits, which makes every handshake slow and which some clouds do not take`,
            "use RSA with 2048 to 4096 bits, or ECDSA on P-256",
          ),
        ]
      : [];
  }
  if (type === "ec")
    return details.namedCurve !== undefined && details.namedCurve in CURVES
      ? []
      : no(`${name} has a key on the curve ${details.namedCurve ?? "of its own"}; TLS peers take ${Object.values(CURVES).join(", ")}`);
  return no(`${name} has a key of the type ${type ?? "unknown"}, which browsers and proxies do not take`);
}

/** Whether a signature can be forged. A root's own signature is not looked at by anybody. */
export function signatureProblems(certificate: X509Certificate): Problem[] {
  const algorithm = certificate.signatureAlgorithm ?? "";
  if (!/sha-?1(?!\d)|md[245]/i.test(algorithm) || isSelfSigned(certificate)) return [];
  return [
    refused(
      "signature",
      `"${nameOf(certificate)}" is signed with ${algorithm}, which can be forged`,
      "have it issued anew, signed with SHA-256",
    ),
  ];
}

import { createPrivateKey, X509Certificate } from "node:crypto";
import forge from "node-forge";
import { faultsOf, is, like, Matcher, type Shape } from "../shape.ts";

const FRAME = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** What a service finds, and a file of the same certificates and key, which the password beside it opens. */
export function withFile(files: Readonly<Record<string, Shape>>, chain: string, key: string): Shape {
  const password = like(/^[A-Za-z0-9_-]{43}$/);
  const certificates = chain.match(FRAME) ?? [];
  // Most clouds' plans have no certificate to put into a file.
  if (certificates.length === 0) return { ...files, "tls.p12": "(PKCS #12)", "tls.p12.password": password };
  const held = [
    ...certificates.map((pem) => new X509Certificate(pem).raw),
    createPrivateKey(key).export({ format: "der", type: "pkcs8" }),
  ].map((der) => der.toString("base64"));
  return new Matcher((value, at) => {
    const word = typeof value === "object" && value !== null ? (value as Record<string, unknown>)["tls.p12.password"] : undefined;
    const file = is("a file of the certificates and the key", (found) => String(opened(String(found), String(word))) === String(held));
    return faultsOf({ ...files, "tls.p12": file, "tls.p12.password": password }, value, at);
  });
}

/** Files opened before: deriving their keys takes long on purpose. */
const known = new Map<string, readonly string[] | undefined>();

/** Certificates in their order and the key of a file, DER in base64 each; undefined where the password does not open it. */
function opened(file: string, password: string): readonly string[] | undefined {
  const name = `${password} ${file}`;
  if (!known.has(name)) known.set(name, open(file, password));
  return known.get(name);
}

function open(file: string, password: string): readonly string[] | undefined {
  const bytes = Buffer.from(file, "base64");
  if (bytes.toString("base64") !== file) return undefined;
  try {
    const found = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(bytes.toString("binary")), true, password);
    // Keys on elliptic curves are left as they stand.
    return found.safeContents
      .flatMap(({ safeBags }) => safeBags)
      .map(({ cert, asn1 }) => forge.asn1.toDer(cert ? forge.pki.certificateToAsn1(cert) : asn1).getBytes())
      .map((der) => Buffer.from(der, "binary").toString("base64"));
  } catch {
    return undefined;
  }
}

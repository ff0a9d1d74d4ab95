import { X509Certificate } from "node:crypto";
import { certificateFault, isRoot, keyFault } from "../x509/authority.ts";
import { parsePrivateKey, toPem } from "../x509/keys.ts";
import { certificateBlocks, privateKeyBlocks } from "../x509/pem.ts";
import { rfc3339 } from "../x509/validity.ts";
import type { CertificateInputs, CertificateOutputs } from "./certificate.ts";
import { newId } from "./identifier.ts";
import { importedText } from "./import-file.ts";
import { ResourceError } from "./kind.ts";

/** Takes over a certificate made elsewhere. @param path a PEM file: the leaf and its key, then the authority's certificate and its key */
export async function importCertificate(
  path: string,
  now: number,
): Promise<{ id: string; inputs: CertificateInputs; outputs: CertificateOutputs }> {
  const text = importedText(path, "a PEM file with the leaf and its key, followed by the authority's certificate and its key");
  const [chainPem = "", ...authorities] = certificateBlocks(text);
  const [leafKey = "", authorityKey = ""] = privateKeyBlocks(text);
  const fault = importFault(chainPem, leafKey, authorities.join(""), authorityKey, now);
  if (fault !== undefined) throw new ResourceError(`${path}: ${fault}`);
  const leaf = new X509Certificate(chainPem);
  const key = parsePrivateKey(leafKey);
  if (key === undefined) throw new ResourceError(`${path}: the first private key cannot be read`);
  const intermediates = authorities.filter((pem) => !isRoot(new X509Certificate(pem)));
  return {
    id: newId("certificate"),
    inputs: {
      authorityCertificatePem: authorities.join(""),
      authorityPrivateKeyPem: authorityKey,
      commonName: /^CN=(.+)$/m.exec(leaf.subject)?.[1] ?? "",
      ...namesOf(leaf),
      usages: usagesOf(leaf),
      validityMs: leaf.validToDate.getTime() - leaf.validFromDate.getTime(),
      keyGeneration: 1,
      issueGeneration: 1,
      crlUris: await crlUrisOf(chainPem),
    },
    outputs: {
      chainPem: [chainPem, ...intermediates].join(""),
      privateKeyPem: toPem(key),
      notBefore: rfc3339(leaf.validFromDate),
      notAfter: rfc3339(leaf.validToDate),
    },
  };
}

function importFault(leafPem: string, leafKey: string, authorityPem: string, authorityKey: string, now: number): string | undefined {
  if (leafPem === "") return "there is no certificate: the leaf comes first";
  const key = parsePrivateKey(leafKey);
  const leaf = new X509Certificate(leafPem);
  if (key === undefined || !leaf.checkPrivateKey(key))
    return "the first private key does not belong to the first certificate: the leaf and its key come first";
  const fault = certificateFault(authorityPem, now);
  if (fault !== undefined) return `what follows the leaf ${fault}`;
  const unfit = keyFault(authorityKey, authorityPem);
  if (unfit !== undefined) return `the second private key ${unfit}`;
  return leaf.checkIssued(new X509Certificate(authorityPem)) ? undefined : "the authority that follows the leaf has not issued it";
}

/** `DNS:a.example, IP Address:127.0.0.1, URI:spiffe://…`, as Node prints it. */
function namesOf(leaf: X509Certificate) {
  const entries = (leaf.subjectAltName ?? "").split(", ");
  const of = (prefix: string) => entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
  return { dnsNames: of("DNS:"), ipAddresses: of("IP Address:"), uris: of("URI:") };
}

async function crlUrisOf(leafPem: string): Promise<string[]> {
  const { x509 } = await import("../x509/library.ts");
  // The library's own lists would go on making lists of their kind.
  const points = [...(new x509.X509Certificate(leafPem).getExtension(x509.CRLDistributionPointsExtension)?.distributionPoints ?? [])];
  return points.flatMap(({ distributionPoint }) =>
    [...(distributionPoint?.fullName ?? [])].flatMap(({ uniformResourceIdentifier: found }) => found ?? []),
  );
}

function usagesOf(leaf: X509Certificate): ("server" | "client")[] {
  const usages = { "1.3.6.1.5.5.7.3.1": "server", "1.3.6.1.5.5.7.3.2": "client" } as const;
  return Object.entries(usages).flatMap(([oid, usage]) => (leaf.keyUsage?.includes(oid) ? [usage] : []));
}

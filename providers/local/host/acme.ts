import { createHash, X509Certificate } from "node:crypto";
import { join } from "node:path";
import * as z from "zod";
import { readIfThere, readJson, writeAtomic } from "../machine/files.ts";
import { certificateBlocks } from "../x509/pem.ts";
import { LAYOUT } from "./layout.ts";
import { renderFiles } from "./render.ts";

/** Settings of the certificate of the front door where an ACME authority issues it. They hold no secret. */
export const acmeInputs = z.strictObject({
  directoryUrl: z.url({ protocol: /^https$/, error: "an https URL" }).meta({ description: "The authority's directory (RFC 8555)." }),
  email: z.string().min(1).meta({ description: "Contact address of the account." }),
  names: z.array(z.string()).min(1, "at least one host name").meta({ description: "Host names of the certificate." }),
  keyType: z
    .enum(["P256", "P384", "RSA2048", "RSA4096"])
    .meta({ description: "Key of the certificate; every certificate gets a new one." }),
  caCertificates: z.array(z.string()).meta({ description: "Roots to trust when talking to the directory; empty: the public ones." }),
  issue: z.int().min(1).default(1).meta({ description: "Raise by one for a new certificate before the one in use is due." }),
});

export type AcmeSettings = z.infer<typeof acmeInputs>;

/** A certificate obtained, as it is kept. Secret. */
export interface AcmeCertificate {
  /** What it was asked for with; another one of these is another certificate. */
  readonly identity: string;
  readonly issue: number;
  /** Milliseconds since 1970. */
  readonly obtainedAt: number;
  /** Leaf first; without a root. */
  readonly chainPem: string;
  readonly privateKeyPem: string;
}

/** Name of the secret in Envoy's configuration. */
const SECRET = "front";

/** Digest of what makes a certificate the one that is wanted. */
export const identityOf = ({ directoryUrl, names, keyType }: AcmeSettings): string =>
  createHash("sha256")
    .update(JSON.stringify([directoryUrl, [...names].sort(), keyType]))
    .digest("hex")
    .slice(0, 16);

/** @returns undefined when none was obtained yet */
export function readCertificate(directory: string, identity: string): AcmeCertificate | undefined {
  const found = readJson<AcmeCertificate>(join(directory, LAYOUT.acmeCertificate(identity)));
  return found?.identity === identity && certificateBlocks(found.chainPem).length > 0 ? found : undefined;
}

/** Keeps a certificate, has Envoy serve it, and leaves its public part where others may read it. */
export function keepCertificate(directory: string, certificate: AcmeCertificate): void {
  writeAtomic(join(directory, LAYOUT.acmeCertificate(certificate.identity)), JSON.stringify(certificate));
  serve(directory, certificate);
}

/** Has Envoy serve a certificate, unless it does. */
export function serve(directory: string, { chainPem, privateKeyPem }: Pick<AcmeCertificate, "chainPem" | "privateKeyPem">): void {
  const content = secretFile(chainPem, privateKeyPem);
  if (readIfThere(join(directory, LAYOUT.acmeSecret)) !== content) writeAtomic(join(directory, LAYOUT.acmeSecret), content);
  if (readIfThere(join(directory, LAYOUT.acmeChain)) !== chainPem) writeAtomic(join(directory, LAYOUT.acmeChain), chainPem);
}

/** The chain that is served, PEM; empty while there is none. */
export function servedChain(directory: string): string {
  const chain = readIfThere(join(directory, LAYOUT.acmeChain)) ?? "";
  return isPlaceholder(chain) ? "" : chain;
}

/**
 * Makes sure that there is something to serve: the certificate wanted, else what is served now, else a placeholder that nobody trusts. Handshakes fail
 * with it until the authority has issued the first certificate.
 */
export async function prepareSecret(directory: string, settings: AcmeSettings): Promise<void> {
  const certificate = readCertificate(directory, identityOf(settings));
  if (certificate !== undefined) return serve(directory, certificate);
  if (readIfThere(join(directory, LAYOUT.acmeSecret)) !== undefined) return;
  serve(directory, await placeholder());
}

const PLACEHOLDER = "no certificate yet";

async function placeholder() {
  const [{ issueLeaf, issueRoot }, { newPrivateKey }] = await Promise.all([import("../x509/issue.ts"), import("../x509/keys.ts")]);
  const [authorityKey, privateKeyPem] = await Promise.all([newPrivateKey("P-256"), newPrivateKey("P-256")]);
  const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
  const validity = { notBefore, notAfter: new Date(notBefore.getTime() + 86_400_000) };
  const names = { commonName: PLACEHOLDER, dnsNames: [], ipAddresses: [], uris: [], crlUris: [] };
  const root = await issueRoot(PLACEHOLDER, authorityKey, validity);
  const chainPem = await issueLeaf({ ...names, ...validity, usages: ["server"], privateKeyPem }, root, authorityKey);
  return { chainPem, privateKeyPem };
}

function isPlaceholder(chain: string): boolean {
  const [leaf] = certificateBlocks(chain);
  return leaf !== undefined && new X509Certificate(leaf).subject === `CN=${PLACEHOLDER}`;
}

function secretFile(chain: string, key: string): string {
  const type = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";
  const certificate = { certificate_chain: { inline_string: chain }, private_key: { inline_string: key } };
  const text = JSON.stringify({ resources: [{ "@type": type, name: SECRET, tls_certificate: certificate }] });
  return renderFiles({ [LAYOUT.acmeSecret]: text }).get(LAYOUT.acmeSecret)?.content as string;
}

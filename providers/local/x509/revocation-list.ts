import { webcrypto } from "node:crypto";
import { authorityKeyIdentifier, keyPair } from "./issue.ts";
import { parsePrivateKey, signatureOf } from "./keys.ts";
import { x509 } from "./library.ts";

/** Validity of a revocation list. It is signed anew in its second half. */
const VALIDITY_MS = 90 * 24 * 60 * 60 * 1000;

/** True when a list that is valid until `nextUpdate` (RFC 3339) is to be signed anew, and where there is none. */
export const isListDue = (nextUpdate: string | undefined, now: number): boolean =>
  nextUpdate === undefined || now >= Date.parse(nextUpdate) - VALIDITY_MS / 2;

/**
 * The authority's revocation list (RFC 5280, version 2): it names no certificate, because what this authority has issued is replaced where it runs and
 * forgotten.
 *
 * @param now milliseconds since 1970
 */
export async function signRevocationList(
  authorityPem: string,
  authorityKeyPem: string,
  now: number,
): Promise<{ pem: string; nextUpdate: Date }> {
  const { privateKey: signingKey } = await keyPair(authorityKeyPem);
  const key = parsePrivateKey(authorityKeyPem);
  const authority = new x509.X509Certificate(authorityPem);
  const thisUpdate = new Date(Math.floor(now / 1000) * 1000);
  const nextUpdate = new Date(thisUpdate.getTime() + VALIDITY_MS);
  const list = await x509.X509CrlGenerator.create(
    {
      issuer: authority.subjectName,
      thisUpdate,
      nextUpdate,
      signingKey,
      signingAlgorithm: (key && signatureOf(key)) ?? signingKey.algorithm,
      extensions: [await authorityKeyIdentifier(authority), new x509.Extension(CRL_NUMBER, false, derInteger(now))],
    },
    webcrypto,
  );
  // RFC 7468 calls it so; the library's own label is another.
  return { pem: `${x509.PemConverter.encode(list.rawData, "X509 CRL")}\n`, nextUpdate };
}

const CRL_NUMBER = "2.5.29.20";

/** Milliseconds as the number of a list, so that a later one has a higher number. */
function derInteger(value: number): Buffer {
  const whole = Buffer.alloc(8);
  whole.writeBigUInt64BE(BigInt(value));
  // DER: as few bytes as possible, the first bit 0. Times of this age have 41 bits.
  const bytes = whole.subarray(whole.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.from([2, bytes.length]), bytes]);
}

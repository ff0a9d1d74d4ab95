import { createECDH, createPrivateKey, type KeyObject } from "node:crypto";
import "reflect-metadata/lite";
import * as x509 from "@peculiar/x509";
import { type CertificateTerms, issue } from "../../core/pki.ts";
import { hex } from "../../core/values.ts";

const SIGNING = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;

/** A certificate authority behind one ACME directory: leaves are signed by the intermediate, which the root signed. */
export interface AcmeAuthority {
  /** PEM; what a client has to trust. */
  readonly root: string;
  /** PEM; what a server has to send with the leaf. */
  readonly intermediate: string;
  readonly intermediateKey: KeyObject;
}

const known = new Map<string, Promise<AcmeAuthority>>();

/** The authority of a directory: its keys follow from the directory's URL, so that every process knows the same one. */
export function authorityOf(directoryUrl: string): Promise<AcmeAuthority> {
  const authority = known.get(directoryUrl) ?? make(directoryUrl);
  known.set(directoryUrl, authority);
  return authority;
}

async function make(directoryUrl: string): Promise<AcmeAuthority> {
  const [rootKey, intermediateKey] = [keyFrom(directoryUrl, "root"), keyFrom(directoryUrl, "intermediate")];
  const { hostname } = new URL(directoryUrl);
  const root = await issue({ request: { subject: `CN=Simulated root of ${hostname}` }, key: rootKey }, authorityTerms("01", 2046));
  const intermediate = await issue(
    { request: { subject: `CN=Simulated intermediate of ${hostname}` }, key: intermediateKey },
    authorityTerms("02", 2041, 0),
    { certificatePem: root, key: rootKey },
  );
  return { root, intermediate, intermediateKey };
}

const authorityTerms = (serial: string, untilYear: number, pathLength?: number): CertificateTerms => ({
  serial,
  notBefore: new Date("2021-01-01T00:00:00Z"),
  notAfter: new Date(`${untilYear}-01-01T00:00:00Z`),
  isCa: true,
  ...(pathLength === undefined ? {} : { pathLength }),
  keyUsages: SIGNING,
  extendedKeyUsages: [],
  subjectKeyId: true,
  authorityKeyId: true,
});

/** A key on P-256 whose private number follows from the words; any number below 2^255 is a valid one. */
function keyFrom(...words: readonly string[]): KeyObject {
  const d = Buffer.from(`0${hex(63, "simulated authority", ...words)}`, "hex");
  const curve = createECDH("prime256v1");
  curve.setPrivateKey(d);
  const point = curve.getPublicKey();
  const part = (bytes: Buffer) => bytes.toString("base64url");
  return createPrivateKey({
    format: "jwk",
    key: { kty: "EC", crv: "P-256", d: part(d), x: part(point.subarray(1, 33)), y: part(point.subarray(33)) },
  });
}

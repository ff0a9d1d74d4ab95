import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import { commonName, isSelfSigned, nameOf, signedBy } from "../certificate.ts";
import { type Problem, refused } from "./problem.ts";

/** Where a chain's last certificate leads. */
export type Top = "public" | "private" | "self-signed" | "missing";

/** The part of the given certificates that makes a chain, and what is wrong with the rest. */
export interface Order {
  /** Leaf first, each signed by the next. */
  readonly chain: readonly X509Certificate[];
  readonly top: Top;
  readonly problems: readonly Problem[];
}

/** Finds the chain from the first certificate upwards. @param roots What clients trust on their own */
export function orderOf(certificates: readonly X509Certificate[], roots: readonly X509Certificate[] = publicRoots()): Order {
  const problems = duplicates(certificates);
  const distinct = certificates.filter((one, index) => certificates.findIndex((other) => same(one, other)) === index);
  const chain: X509Certificate[] = distinct.slice(0, 1);
  let misplaced = false;
  for (let last = chain[0]; last !== undefined && !isSelfSigned(last); ) {
    const current: X509Certificate = last;
    const issuers = distinct.filter((candidate) => !chain.includes(candidate) && signedBy(current, candidate));
    const next: X509Certificate | undefined = distinct[chain.length];
    const issuer = next !== undefined && issuers.includes(next) ? next : issuers[0];
    if (issuer === undefined) break;
    if (issuer !== next && next !== undefined && !misplaced) {
      misplaced = true;
      problems.push(
        refused(
          "chain-order",
          `certificate ${1 + certificates.indexOf(next)}, "${nameOf(next)}", did not sign "${nameOf(current)}"; certificate ${1 + certificates.indexOf(issuer)} did`,
          "put the certificates in order: each is signed by the next",
        ),
      );
    }
    chain.push(issuer);
    last = issuer;
  }
  const top = topOf(chain, roots);
  const last = chain.at(-1);
  if (top === "missing" && last !== undefined) problems.push(missing(last, distinct));
  else if (!misplaced) problems.push(...unused(certificates, chain));
  return { chain, top, problems };
}

function topOf(chain: readonly X509Certificate[], roots: readonly X509Certificate[]): Top {
  const last = chain.at(-1);
  if (last === undefined) return "missing";
  if (roots.some((root) => last.subject === root.subject && sameKey(last, root))) return "public";
  if (isSelfSigned(last)) return chain.length === 1 ? "self-signed" : "private";
  return roots.some((root) => signedBy(last, root)) ? "public" : "missing";
}

function missing(last: X509Certificate, given: readonly X509Certificate[]): Problem {
  const issuer = commonName(last.issuer);
  const namesake = given.find((candidate) => candidate !== last && candidate.subject === last.issuer);
  if (namesake)
    return refused(
      "chain-impostor",
      `"${issuer}" is given with another key than the one that signed "${nameOf(last)}"`,
      `replace it by the certificate of "${issuer}" that signed "${nameOf(last)}"${published(last)}`,
    );
  return refused(
    "chain-incomplete",
    `the chain ends at "${nameOf(last)}", whose issuer "${issuer}" is missing`,
    `append the certificate of "${issuer}"${published(last)}`,
  );
}

function published(certificate: X509Certificate): string {
  const address = /CA Issuers - URI:(\S+)/.exec(certificate.infoAccess ?? "")?.[1];
  return address === undefined ? "" : `, published at ${address}`;
}

function duplicates(certificates: readonly X509Certificate[]): Problem[] {
  return certificates.flatMap((certificate, index) => {
    const first = certificates.findIndex((other) => same(other, certificate));
    return first === index
      ? []
      : [
          refused(
            "duplicate",
            `certificate ${index + 1}, "${nameOf(certificate)}", is certificate ${first + 1} again`,
            "give each certificate once",
          ),
        ];
  });
}

function unused(certificates: readonly X509Certificate[], chain: readonly X509Certificate[]): Problem[] {
  return certificates.flatMap((certificate, index) =>
    chain.some((member) => same(member, certificate))
      ? []
      : [
          refused(
            "unused",
            `certificate ${index + 1}, "${nameOf(certificate)}", is not part of the chain of "${chain[0] ? nameOf(chain[0]) : ""}"`,
            "leave it out",
          ),
        ],
  );
}

const same = (one: X509Certificate, other: X509Certificate) => one.fingerprint256 === other.fingerprint256;

const sameKey = (one: X509Certificate, other: X509Certificate) => {
  const spki = { type: "spki", format: "der" } as const;
  return one.publicKey.export(spki).equals(other.publicKey.export(spki));
};

let known: X509Certificate[] | undefined;

/** The roots that clients on the Internet trust: Mozilla's list, as Node carries it. */
export function publicRoots(): readonly X509Certificate[] {
  known ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return known;
}

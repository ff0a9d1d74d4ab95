import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { isSelfSigned, nameOf, namesOf } from "../certificate.ts";
import { authorityProblems, constraintProblems } from "./authority.ts";
import { detailsOf } from "./details.ts";
import { nameProblems } from "./names.ts";
import { type Order, orderOf } from "./order.ts";
import { type Clock, type Problem, refused, warning } from "./problem.ts";
import { purposeProblems } from "./purpose.ts";
import { keyStrengthProblems, signatureProblems } from "./strength.ts";
import { readText } from "./text.ts";
import { lifetimeProblems, outlivesProblems, validityProblems } from "./validity.ts";

export interface ChainExpectation extends Clock {
  /** Server: the name clients ask for. Client: undefined, for the name is the peer's business. */
  readonly host: string | undefined;
  /** Roots that clients trust on their own. @default Mozilla's list, as Node carries it */
  readonly publicRoots?: readonly X509Certificate[];
}

/** Everything wrong with a chain that is to be shown to others: leaf first, each certificate signed by the next. */
export function inspectChain(pem: string, expected: ChainExpectation): Problem[] {
  const { certificates, problems } = readText(pem);
  const [leaf] = certificates;
  if (leaf === undefined || problems.length > 0) return [...problems];
  const illegible = certificates.flatMap(legibility);
  if (illegible.length > 0) return illegible;
  const selfSigned = isSelfSigned(leaf);
  if (leaf.ca && !(selfSigned && certificates.length === 1)) return [authorityFirst(leaf, certificates, expected)];
  return selfSigned ? selfSignedProblems(leaf, expected) : chainProblems(leaf, certificates, expected);
}

function chainProblems(leaf: X509Certificate, certificates: readonly X509Certificate[], expected: ChainExpectation): Problem[] {
  const order = orderOf(certificates, expected.publicRoots);
  const { chain } = order;
  const usage = expected.host === undefined ? "clientAuth" : "serverAuth";
  const authorities = chain.slice(1);
  return [
    ...(expected.host === undefined ? [] : [...nameProblems(leaf, expected.host), ...lifetimeProblems(leaf)]),
    ...purposeProblems(leaf, usage),
    ...(expected.host === undefined ? forClient(order) : [...order.problems, ...trustProblems(order, expected.host)]),
    ...authorities.flatMap((authority) => authorityProblems(authority, usage)),
    ...constraintProblems(chain),
    ...chain.flatMap((certificate) => [
      ...validityProblems(certificate, expected),
      ...keyStrengthProblems(certificate),
      ...signatureProblems(certificate),
    ]),
    ...chain.flatMap((certificate, index) => {
      const issuer = chain[index + 1];
      return issuer === undefined ? [] : outlivesProblems(certificate, issuer);
    }),
  ];
}

/** @returns a problem when an extension cannot be read, so that nothing can be said about the certificate. */
export function legibility(certificate: X509Certificate): Problem[] {
  try {
    detailsOf(certificate);
    return [];
  } catch {
    return [
      refused(
        "malformed",
        `"${nameOf(certificate)}" has an extension that is not what its standard says`,
        "have it issued anew; strict clients refuse it",
      ),
    ];
  }
}

function authorityFirst(first: X509Certificate, certificates: readonly X509Certificate[], { host }: ChainExpectation): Problem {
  const leaf = certificates.findIndex((certificate) => !certificate.ca);
  const message = `the first certificate, "${nameOf(first)}", is an authority's`;
  if (leaf > 0)
    return refused(
      "leaf-first",
      `${message}; the leaf is certificate ${leaf + 1}`,
      "put the leaf first, then the intermediates from the leaf's issuer upwards",
    );
  return refused(
    "leaf-missing",
    message,
    `give the certificate that was issued for ${host ?? "the client"} first, then the intermediates from its issuer upwards`,
  );
}

function selfSignedProblems(leaf: X509Certificate, expected: ChainExpectation): Problem[] {
  const { host } = expected;
  const problems = [...validityProblems(leaf, expected), ...keyStrengthProblems(leaf)];
  if (host === undefined)
    return [
      ...problems,
      warning(
        "self-signed",
        `"${nameOf(leaf)}" is self-signed: the backend has to know this very certificate`,
        "use a certificate from an authority the backend trusts, or clientCertificate: internal",
      ),
    ];
  return [
    refused(
      "self-signed",
      `"${nameOf(leaf)}" is self-signed: no authority vouches for it, and clients refuse it`,
      "use a certificate from an authority (source: managed or acme get one), or source: internal, whose authority clients can be given",
    ),
    ...nameProblems(leaf, host),
    ...problems,
  ];
}

/** A backend may know the intermediate, or the root, that a client's chain ends below. */
const forClient = ({ problems }: Order): Problem[] =>
  problems.map((problem) =>
    problem.rule === "chain-incomplete"
      ? {
          ...problem,
          severity: "warning",
          remedy: `${problem.remedy}, unless the backend trusts it directly`,
        }
      : problem,
  );

/** Names no public authority issues for (RFC 2606, 6761, 6762, 8375, 9476), addresses of private networks aside. */
const PRIVATE_NAME = /(^|\.)(test|example|invalid|localhost|local|internal|alt|onion|home\.arpa|example\.(com|net|org))$/;

function trustProblems({ chain, top }: Order, host: string): Problem[] {
  const root = chain.at(-1);
  if (top !== "private" || root === undefined || isIP(host) !== 0 || PRIVATE_NAME.test(host)) return [];
  return [
    warning(
      "private-root",
      `the chain of ${namesOf(chain[0] ?? root).join(", ")} ends at "${nameOf(root)}", which browsers and operating systems do not trust`,
      "give the root to every client, or use a certificate from a public authority",
    ),
  ];
}

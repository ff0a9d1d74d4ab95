import type { X509Certificate } from "node:crypto";
import { isSelfSigned, nameOf, signedBy } from "../certificate.ts";
import { authorityProblems } from "./authority.ts";
import { legibility } from "./chain.ts";
import { publicRoots } from "./order.ts";
import { type Clock, info, type Problem, refused, type Usage, warning } from "./problem.ts";
import { keyStrengthProblems, signatureProblems } from "./strength.ts";
import { readText } from "./text.ts";
import { validityProblems } from "./validity.ts";

export interface BundleExpectation extends Clock {
  /** What the authorities' certificates are accepted for. */
  readonly usage: Usage;
  /** True when names or fingerprints narrow down which of the authorities' certificates are accepted. */
  readonly narrowed: boolean;
  /** @default Mozilla's list, as Node carries it */
  readonly publicRoots?: readonly X509Certificate[];
}

/** Everything wrong with a set of authorities whose certificates are to be accepted. */
export function inspectBundle(pem: string, expected: BundleExpectation): Problem[] {
  const { certificates, problems } = readText(pem);
  if (problems.length > 0) return [...problems];
  const distinct = certificates.filter((one, index) => certificates.findIndex((other) => equal(one, other)) === index);
  const illegible = distinct.flatMap(legibility);
  if (illegible.length > 0) return illegible;
  return [
    ...repeated(certificates),
    ...distinct.flatMap((certificate) => [
      ...authorityProblems(certificate, expected.usage),
      ...keyStrengthProblems(certificate),
      ...signatureProblems(certificate),
      ...anchorProblems(certificate, distinct),
    ]),
    ...times(distinct, expected),
    ...tooWide(distinct, expected),
  ];
}

/** An authority that has ended verifies nothing any more; as long as another one is valid, that is only untidy. */
function times(certificates: readonly X509Certificate[], expected: Clock): Problem[] {
  const judged = certificates.map((certificate) => validityProblems(certificate, { ...expected, windowDays: 0 }));
  const dead = (problems: readonly Problem[]) => problems.some(({ severity }) => severity === "refused");
  if (judged.every(dead)) return judged.flat();
  return judged
    .flat()
    .map((problem) =>
      problem.rule === "expired"
        ? { ...problem, severity: "warning", remedy: "take it out of the list" }
        : problem.rule === "not-yet-valid"
          ? { ...problem, severity: "info", remedy: "nothing, when it is there for a coming rotation" }
          : problem.rule === "certificate-ends"
            ? { ...problem, remedy: "add its successor to the list before that day" }
            : { ...problem, severity: "warning" },
    );
}

function anchorProblems(certificate: X509Certificate, all: readonly X509Certificate[]): Problem[] {
  if (isSelfSigned(certificate) || !certificate.ca || all.some((other) => signedBy(certificate, other))) return [];
  return [
    warning(
      "intermediate-anchor",
      `"${nameOf(certificate)}" is an intermediate, and its issuer is not in the list: some verifiers accept nothing below it`,
      "add the root it leads to",
    ),
  ];
}

function repeated(certificates: readonly X509Certificate[]): Problem[] {
  const twice = certificates.filter((one, index) => certificates.findIndex((other) => equal(one, other)) !== index);
  return twice.map((certificate) => info("duplicate", `"${nameOf(certificate)}" is given more than once`, "give it once"));
}

/** Who may get a certificate of a public authority? Everybody. */
function tooWide(
  certificates: readonly X509Certificate[],
  { usage, narrowed, publicRoots: roots = publicRoots() }: BundleExpectation,
): Problem[] {
  if (usage !== "clientAuth" || narrowed) return [];
  return certificates.flatMap((certificate) =>
    roots.some((root) => equal(root, certificate))
      ? [
          refused(
            "public-authority",
            `"${nameOf(certificate)}" is a public authority: whoever gets a certificate there would be let in`,
            "use an authority of your own, or name the accepted clients in subjectAltNames or certificateHashes",
          ),
        ]
      : [],
  );
}

const equal = (one: X509Certificate, other: X509Certificate) => one.fingerprint256 === other.fingerprint256;

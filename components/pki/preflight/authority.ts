import type { X509Certificate } from "node:crypto";
import { nameOf, namesOf } from "../certificate.ts";
import { type Details, detailsOf } from "./details.ts";
import { type Problem, refused, type Usage } from "./problem.ts";
import { extendedUsage, unknownExtensions } from "./purpose.ts";

/** Whether a certificate may sign others at all. */
export function authorityProblems(certificate: X509Certificate, usage: Usage): Problem[] {
  const details = detailsOf(certificate);
  const name = `"${nameOf(certificate)}"`;
  if (!details.authority)
    return [
      refused(
        "not-an-authority",
        `${name} is no authority's certificate: its basic constraints do not say CA`,
        "give the certificate of the authority, with CA:TRUE in its basic constraints",
      ),
    ];
  return [
    ...(details.keyUsage !== undefined && !details.keyUsage.includes("keyCertSign")
      ? [
          refused(
            "authority-key-usage",
            `the key of the authority ${name} may not sign certificates: its key usage is ${details.keyUsage.join(", ") || "empty"}`,
            "have the authority's certificate issued with the key usage keyCertSign",
          ),
        ]
      : []),
    ...extendedUsage(certificate, usage),
    ...unknownExtensions(certificate, details),
  ];
}

/** What the authorities of a chain forbid to be below them. The chain is in order, leaf first. */
export function constraintProblems(chain: readonly X509Certificate[]): Problem[] {
  const [leaf] = chain;
  if (leaf === undefined) return [];
  return chain.slice(1).flatMap((authority, index) => {
    const details = detailsOf(authority);
    return [...pathLength(authority, details, index), ...constrainedNames(authority, details, leaf)];
  });
}

/** @param below Authorities between this one and the leaf */
function pathLength(authority: X509Certificate, { pathLength: most }: Details, below: number): Problem[] {
  return most !== undefined && below > most
    ? [
        refused(
          "path-length",
          `"${nameOf(authority)}" allows ${most} ${most === 1 ? "authority" : "authorities"} below it, and ${below} follow`,
          "have the leaf issued by an authority that is allowed to, or the upper one with a larger path length",
        ),
      ]
    : [];
}

function constrainedNames(authority: X509Certificate, { nameConstraints }: Details, leaf: X509Certificate): Problem[] {
  if (nameConstraints === undefined) return [];
  const { permittedDns, excludedDns } = nameConstraints;
  const within = (name: string) => (subtree: string) => {
    const base = subtree.replace(/^\./, "");
    return base === "" || name === base || name.endsWith(`.${base}`);
  };
  return namesOf(leaf).flatMap((given) => {
    const name = given.toLowerCase().replace(/^\*\./, "");
    const excluded = excludedDns.find(within(name));
    if (excluded === undefined && (permittedDns?.some(within(name)) ?? true)) return [];
    return [
      refused(
        "name-constraints",
        excluded === undefined
          ? `"${nameOf(authority)}" may sign names below ${permittedDns?.join(", ")} only, not ${given}`
          : `"${nameOf(authority)}" must not sign names below ${excluded}, such as ${given}`,
        `have ${given} issued by an authority that may sign it`,
      ),
    ];
  });
}

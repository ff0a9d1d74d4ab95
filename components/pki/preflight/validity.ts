import type { X509Certificate } from "node:crypto";
import { day, daysLeft, nameOf } from "../certificate.ts";
import { type Clock, type Problem, refused, warning } from "./problem.ts";

const DAY_MS = 86_400_000;
const WARN_DAYS = 30;
/** Apple's systems refuse server certificates that live longer, whoever issued them. */
const LONGEST_DAYS = 825;

/** The time a certificate is for. */
export function validityProblems(certificate: X509Certificate, { now, windowDays, warnDays = WARN_DAYS }: Clock): Problem[] {
  const name = `"${nameOf(certificate)}"`;
  const { validFromDate: from, validToDate: to } = certificate;
  const remedy = "replace it by a current certificate";
  if (to <= from)
    return [
      refused("validity", `${name} ends on ${day(to)}, before it begins on ${day(from)}`, "have it issued anew, with dates in order"),
    ];
  if (now < from) return [refused("not-yet-valid", `${name} is not valid before ${day(from)}`, `wait, or ${remedy}`)];
  if (now >= to) return [refused("expired", `${name} ended on ${day(to)}`, remedy)];
  const left = daysLeft(certificate, now);
  const message = `${name} ends on ${day(to)}, in ${left === 1 ? "1 day" : `${left} days`}`;
  if (left < windowDays) return [refused("ends-soon", message, `${remedy}; ${windowDays} days or more must be left`)];
  return left < warnDays ? [warning("certificate-ends", message, "renew it and deploy the new one")] : [];
}

/** What clients of today accept as the life of a server's certificate. */
export function lifetimeProblems(leaf: X509Certificate): Problem[] {
  const days = Math.round((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / DAY_MS);
  return days > LONGEST_DAYS
    ? [
        warning(
          "lifetime",
          `"${nameOf(leaf)}" is valid for ${days} days, and Apple's systems refuse server certificates valid for more than ${LONGEST_DAYS}`,
          "have it issued for a year or less",
        ),
      ]
    : [];
}

/** A certificate that is still valid when what signed it has ended is worth nothing from then on. */
export function outlivesProblems(certificate: X509Certificate, issuer: X509Certificate): Problem[] {
  return certificate.validToDate > issuer.validToDate
    ? [
        warning(
          "outlives-issuer",
          `"${nameOf(certificate)}" is valid until ${day(certificate.validToDate)}, its issuer "${nameOf(issuer)}" only until ${day(issuer.validToDate)}`,
          `renew both before ${day(issuer.validToDate)}`,
        ),
      ]
    : [];
}

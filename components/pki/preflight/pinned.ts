import { legibility } from "./chain.ts";
import { detailsOf } from "./details.ts";
import type { Clock, Problem } from "./problem.ts";
import { extendedUsage, unknownExtensions } from "./purpose.ts";
import { keyStrengthProblems } from "./strength.ts";
import { readText } from "./text.ts";
import { validityProblems } from "./validity.ts";

/** Everything wrong with the one certificate a backend is known by. Who signed it does not matter: its fingerprint is compared. */
export function inspectPinned(pem: string, clock: Clock): Problem[] {
  const { certificates, problems } = readText(pem);
  const [certificate] = certificates;
  if (certificate === undefined || problems.length > 0) return [...problems];
  const illegible = legibility(certificate);
  if (illegible.length > 0) return illegible;
  return [
    ...(certificate.ca ? [] : extendedUsage(certificate, "serverAuth")),
    ...unknownExtensions(certificate, detailsOf(certificate)),
    ...keyStrengthProblems(certificate),
    ...validityProblems(certificate, { ...clock, windowDays: 0 }),
  ];
}

import { X509Certificate } from "node:crypto";

/** How far back a certificate's validity starts, for clients whose clock is behind. */
const BACKDATE_MS = 5 * 60_000;

/** From when to when a certificate made now is valid; a short-lived one starts at most a hundredth of its validity in the past. */
export function validityFrom(now: number, validityMs: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: wholeSecond(now - Math.min(BACKDATE_MS, validityMs / 100)), notAfter: wholeSecond(now + validityMs) };
}

/** True in the last third of a certificate's validity, and ever after. */
export function isDue(certificatePem: string, now: number): boolean {
  const { validFromDate, validToDate } = new X509Certificate(certificatePem);
  return now >= validToDate.getTime() - (validToDate.getTime() - validFromDate.getTime()) / 3;
}

export const isExpired = (certificatePem: string, now: number): boolean => now >= new X509Certificate(certificatePem).validToDate.getTime();

/** As outputs show it: RFC 3339, whole seconds, UTC. */
export const rfc3339 = (date: Date): string => date.toISOString().replace(".000Z", "Z");

/** Certificates know only whole seconds. */
const wholeSecond = (milliseconds: number) => new Date(Math.floor(milliseconds / 1000) * 1000);

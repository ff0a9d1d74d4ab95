import { X509Certificate } from "node:crypto";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Waiting after the first failure; four failures fall into the first hour, below Let's Encrypt's five failed validations. */
export const FIRST_RETRY_MS = MINUTE;
const MOST_RETRY_MS = 12 * HOUR;

/** How long to wait after so many failures in a row: from a minute on four times as long each time, up to twelve hours, and up to a tenth more. */
export function retryDelay(failures: number, random: number, first = FIRST_RETRY_MS): number {
  return Math.min(MOST_RETRY_MS, first * 4 ** Math.min(failures - 1, 10)) * (1 + random / 10);
}

/** When the authority wants a certificate renewed (RFC 9773). */
export interface RenewalWindow {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** The moment within it chosen by lot, once for each window. */
  readonly at: number;
}

/** The window an authority suggests; the lot falls anew only when the window is another. @returns undefined when it is none */
export function chooseWindow(start: number, end: number, before: RenewalWindow | undefined, random: number): RenewalWindow | undefined {
  if (!Number.isFinite(start) || !Number.isFinite(end) || end <= start) return undefined;
  if (before?.start === start && before.end === end) return before;
  return { start, end, at: start + random * (end - start) };
}

/** When a certificate is to be renewed: as its authority suggests, else at a third of its life before its end. Never after its end. */
export function renewAt(leafPem: string, window: RenewalWindow | undefined): number {
  const { validFromDate, validToDate } = new X509Certificate(leafPem);
  const [from, until] = [validFromDate.getTime(), validToDate.getTime()];
  return window !== undefined && window.at < until ? window.at : until - (until - from) / 3;
}

/** When to ask again for the window: as the authority says, at least a minute and at most a day from now; six hours where it does not. */
export const nextLook = (now: number, heldUntil: number | undefined): number =>
  Math.min(now + DAY, Math.max(now + MINUTE, heldUntil ?? now + 6 * HOUR));

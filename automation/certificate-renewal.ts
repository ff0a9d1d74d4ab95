import type { X509Certificate } from "node:crypto";

/** Who replaces a certificate, and from when on. */
export interface Renewal {
  /** `up` renews by itself when it is run, `cloud` and `gateway` (its agent, on this machine) need nobody, `issuer` comes along with what it signed, `you` have to bring a new one. */
  readonly by: "up" | "cloud" | "gateway" | "issuer" | "you";
  /** RFC 3339, from when on it is renewed; empty where nobody but the cloud or the issuer decides. */
  readonly from: string;
}

/** The gateway on this machine; its state holds a certificate only where its agent obtains one. */
export const HOST = "localgateway:index:Host";

const HOUR = 3_600_000;
/** What @pulumiverse/acme does where `minDaysRemaining` is not given. */
const ACME_DAYS = 30;

/** How the resource that made a certificate renews it. @param inputs of that resource, as its state has them */
export function renewalOf(type: string, inputs: Readonly<Record<string, unknown>>, leaf: X509Certificate): Renewal {
  const until = leaf.validToDate.getTime();
  const up = (before: number): Renewal => ({ by: "up", from: new Date(until - before).toISOString() });
  // Of an ACME authority, looked after by the agent, which also follows what the authority suggests.
  if (type === HOST) return { ...up((until - leaf.validFromDate.getTime()) / 3), by: "gateway" };
  // The provider of this repository renews in the last third.
  if (type.startsWith("localgateway:")) return up((until - leaf.validFromDate.getTime()) / 3);
  if (/^tls:.*(SelfSignedCert|LocallySignedCert)$/.test(type) && typeof inputs.earlyRenewalHours === "number")
    return up(inputs.earlyRenewalHours * HOUR);
  if (type.startsWith("acme:")) return up((typeof inputs.minDaysRemaining === "number" ? inputs.minDaysRemaining : ACME_DAYS) * 24 * HOUR);
  return { by: "you", from: "" };
}

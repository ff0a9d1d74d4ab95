import { isIP } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import type { LeafRequest } from "./issuer.ts";

/** Longest common name, RFC 5280 appendix A. */
const LONGEST_COMMON_NAME = 64;

/** A lifetime with the part at its end in which a deployment renews. Hours. */
export interface Lifetime {
  readonly validityHours: number;
  readonly earlyRenewalHours: number;
}

/** A third of a life, as everything here renews unless told otherwise. */
export const thirdOf = (hours: number): number => Math.floor(hours / 3);

/**
 * A lifetime that is one.
 *
 * @param what How the message calls it, such as `"root"`
 * @throws RunError when a certificate would be due the moment it is issued, and so be replaced by every deployment
 */
export function lifetime(what: string, validityHours: number, earlyRenewalHours = thirdOf(validityHours)): Lifetime {
  if (!Number.isInteger(validityHours) || validityHours < 1)
    throw new pulumi.RunError(`"validityHours" of ${what} is ${validityHours}; give a whole number of hours, 1 or more`);
  if (!Number.isInteger(earlyRenewalHours) || earlyRenewalHours < 0)
    throw new pulumi.RunError(`"earlyRenewalHours" of ${what} is ${earlyRenewalHours}; give a whole number of hours, 0 or more`);
  if (earlyRenewalHours >= validityHours)
    throw new pulumi.RunError(
      `"earlyRenewalHours" of ${what} is ${earlyRenewalHours} and its "validityHours" ${validityHours}: it would be due as soon as it is issued, and every deployment would replace it; give less than ${validityHours}`,
    );
  return { validityHours, earlyRenewalHours };
}

/**
 * Whether an authority lives on whenever it signs something.
 *
 * @throws RunError when a certificate issued on the last day before the authority's renewal would outlive the authority
 */
export function outlives(authority: string, own: Lifetime, issued: string, validityHours: number): void {
  if (own.earlyRenewalHours < validityHours)
    throw new pulumi.RunError(
      `"earlyRenewalHours" of ${authority} is ${own.earlyRenewalHours} and "validityHours" of ${issued} ${validityHours}: what is issued just before the renewal would outlive its issuer; give ${authority} an "earlyRenewalHours" of ${validityHours} or more`,
    );
}

/** @throws RunError when it is no generation */
export function generation(what: string, value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 1_000_000)
    throw new pulumi.RunError(
      `the generation of ${what} is ${value}; give a whole number from 1 to 1000000, and raise it by one for a new key`,
    );
  return value;
}

/** @throws RunError when names are missing, malformed or too long */
export function checkLeaf(suffix: string, { commonName, dnsNames = [], ipAddresses = [], uris = [], usages }: LeafRequest): void {
  const refuse = (reason: string) => {
    throw new pulumi.RunError(`The certificate "${suffix}": ${reason}`);
  };
  if (commonName.length < 1 || commonName.length > LONGEST_COMMON_NAME)
    refuse(`"commonName" has ${commonName.length} characters; give 1 to ${LONGEST_COMMON_NAME}`);
  if (dnsNames.length + ipAddresses.length + uris.length === 0)
    refuse(`it has no subject alternative name, and nobody looks at common names; give "dnsNames", "ipAddresses" or "uris"`);
  if (usages.includes("server") && dnsNames.length + ipAddresses.length === 0)
    refuse(`a server is found by its names; give "dnsNames" or "ipAddresses"`);
  for (const name of dnsNames)
    if (name.length > 253 || !DNS_NAME.test(name))
      refuse(`"${name}" in "dnsNames" is no host name; give one in lower case, whose first label alone may be *`);
  for (const address of ipAddresses) if (isIP(address) === 0) refuse(`"${address}" in "ipAddresses" is no IP address`);
  for (const uri of uris) if (!URL.canParse(uri) || !/^[\x21-\x7e]+$/.test(uri)) refuse(`"${uri}" in "uris" is no absolute URI in ASCII`);
}

const DNS_NAME = /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

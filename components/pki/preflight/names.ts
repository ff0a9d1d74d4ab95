import type { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { domainToASCII } from "node:url";
import { addressesOf, commonName, namesOf } from "../certificate.ts";
import { type Problem, refused, warning } from "./problem.ts";

/** Whether a server's certificate is for the host clients ask for, by RFC 9525: only subject alternative names count. */
export function nameProblems(leaf: X509Certificate, host: string): Problem[] {
  const names = namesOf(leaf);
  const shown = [...names, ...addressesOf(leaf)];
  const problems = names.flatMap((name) => malformed(name));
  if (covers(leaf, host)) return problems;
  if (shown.length === 0) return [...problems, nameless(leaf, host)];
  const use = `use a certificate whose subject alternative names cover ${host}`;
  const message = `the certificate is for ${shown.join(", ")}, not for ${host}`;
  return [...problems, refused("name", `${message}${reason(names, host)}`, use)];
}

function covers(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined;
  return leaf.checkHost(domainToASCII(host), { subject: "never", partialWildcards: false }) !== undefined;
}

function nameless(leaf: X509Certificate, host: string): Problem {
  const common = commonName(leaf.subject);
  return refused(
    "name-missing",
    `the certificate has no subject alternative name${common === "" ? "" : `; clients do not look at its common name, "${common}"`}`,
    `have it issued with the subject alternative name ${isIP(host) === 0 ? "DNS" : "IP"}:${host}`,
  );
}

/** Why a name that looks right is not. */
function reason(names: readonly string[], host: string): string {
  if (isIP(host) !== 0) return names.includes(host) ? "; the address stands there as a DNS name, and clients look for an IP address" : "";
  for (const name of names) {
    const base = name.startsWith("*.") ? name.slice(2).toLowerCase() : undefined;
    if (base === undefined) continue;
    if (host === base) return `; ${name} does not cover ${base} itself`;
    if (host.endsWith(`.${base}`)) return `; the * of ${name} stands for one label only`;
  }
  return "";
}

/** Names that clients never match, each for its own reason. */
function malformed(name: string): Problem[] {
  const wrong = (what: string, remedy: string) => [warning("name-malformed", `"${name}" covers nothing: ${what}`, remedy)];
  if (/[^\x20-\x7e]/.test(name))
    return wrong(
      "clients compare international names in their ASCII form",
      `have the certificate issued for ${domainToASCII(name) || "that form"}`,
    );
  if (/:\/\/|[/:]/.test(name)) return wrong("it is an address, not a host name", "have the certificate issued for the host name alone");
  if (isIP(name) !== 0) return wrong("an IP address is no DNS name", `have the certificate issued for IP:${name}`);
  if (name.endsWith("."))
    return wrong("names in certificates have no dot at the end", "have the certificate issued for the name without it");
  if (/^\*\.[^.]+$/.test(name)) return wrong("a wildcard needs two labels after it", "have the certificate issued for the names it serves");
  if (name.includes("*") && !/^\*\.[^*]+$/.test(name))
    return wrong("a * may only be the whole first label", "have the certificate issued for the names it serves");
  return [];
}

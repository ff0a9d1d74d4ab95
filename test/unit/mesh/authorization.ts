import type { Manifest } from "../../../components/mesh/manifests.ts";

/** A connection that asks to be let in. */
export interface Call {
  /** Identity of the caller without `spiffe://`; undefined without a client certificate. */
  readonly principal: string | undefined;
  readonly host: string;
  readonly port: number;
}

/** Where it arrives. */
export interface Workload {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Rule {
  readonly from?: readonly { readonly source: { readonly principals?: readonly string[] } }[];
  readonly to?: readonly { readonly operation: { readonly ports?: readonly string[]; readonly hosts?: readonly string[] } }[];
}

interface Spec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly action?: string;
  readonly rules?: readonly Rule[];
}

/**
 * Whether a workload lets a call in, from what Istio's reference of AuthorizationPolicy says and nothing of ours: a matching DENY denies; without any ALLOW
 * for the workload everything else is allowed; otherwise one ALLOW has to match. Reads the objects as they are sent.
 *
 * @throws for a field it does not know, rather than pass over it
 */
export function isAllowed(manifests: readonly Manifest[], workload: Workload, call: Call): boolean {
  const policies = manifests
    .filter(({ kind, metadata }) => kind === "AuthorizationPolicy" && metadata.namespace === workload.namespace)
    .map(({ spec }) => known(spec as Spec, ["selector", "action", "rules"]))
    .filter(({ selector }) => Object.entries(selector?.matchLabels ?? {}).every(([label, value]) => workload.labels[label] === value));
  const matching = (action: string) =>
    policies
      .filter((policy) => (policy.action ?? "ALLOW") === action)
      .map(({ rules = [] }) => rules.some((rule) => ruleMatches(rule, call)));
  if (matching("DENY").includes(true)) return false;
  const allowing = matching("ALLOW");
  return allowing.length === 0 || allowing.includes(true);
}

function ruleMatches(rule: Rule, { principal, host, port }: Call): boolean {
  const { from, to } = known(rule, ["from", "to"]);
  return (
    (from === undefined || from.some(({ source }) => listMatches(known(source, ["principals"]).principals, principal))) &&
    (to === undefined ||
      to.some(({ operation }) => {
        const { ports, hosts } = known(operation, ["ports", "hosts"]);
        return listMatches(ports, String(port)) && listMatches(hosts, host);
      }))
  );
}

/** A list that is not there matches everything; one that is there needs a value. */
const listMatches = (patterns: readonly string[] | undefined, value: string | undefined): boolean =>
  patterns === undefined || (value !== undefined && patterns.some((pattern) => textMatches(pattern, value)));

function textMatches(pattern: string, value: string): boolean {
  if (pattern === "*") return value !== "";
  if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
  return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : value === pattern;
}

function known<T extends object>(value: T, fields: readonly string[]): T {
  for (const field of Object.keys(value))
    if (!fields.includes(field)) throw new Error(`an authorization policy has "${field}", which this reader does not know`);
  return value;
}

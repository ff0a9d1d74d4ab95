import type { GatewayModel } from "../../spec/model.ts";
import { hoursOf } from "./hours.ts";
import type { KeyKind } from "./issuer.ts";
import type { Options } from "./keys.ts";
import { TlsIssuer } from "./tls-issuer.ts";

/** A year: what the gateway shows to backends where its cloud renews nothing by itself. */
const LONGEST_OF_GATEWAY = 365 * 24;
const TEN_YEARS = 10 * 365 * 24;

/** The authority of a stack as its document describes it. @param key Of its own keys. @default ECDSA P-256 */
export function stackIssuer(name: string, model: GatewayModel, opts: Options, key?: KeyKind): TlsIssuer {
  const given = model.internal?.authority;
  const leaf = longestLeaf(model);
  const intermediate = given?.intermediate && intermediateOf(given.intermediate, leaf);
  const longest = Math.max(leaf, intermediate?.validityHours ?? 0);
  const wanted = given === undefined ? TEN_YEARS : hoursOf(given.validityMs);
  const validityHours = Math.max(wanted, 2 * longest);
  return new TlsIssuer(
    name,
    {
      commonName: `${name} gateway authority`,
      ...(key === undefined ? {} : { key }),
      validityHours,
      // Renewed before anything it signs could outlive it.
      earlyRenewalHours: Math.max(Math.floor(validityHours / 5), longest),
      ...(given === undefined ? {} : { generation: given.generation, rollover: given.rollover }),
      ...(intermediate === undefined ? {} : { intermediate }),
    },
    opts,
  );
}

function longestLeaf(model: GatewayModel): number {
  const { certificate } = model.tls;
  return Math.max(
    LONGEST_OF_GATEWAY,
    certificate.source === "internal" ? hoursOf(certificate.validityMs) : 0,
    model.internal === undefined ? 0 : hoursOf(model.internal.validityMs),
  );
}

function intermediateOf({ validityMs, generation }: { validityMs: number; generation: number }, leaf: number) {
  const validityHours = Math.max(hoursOf(validityMs), 2 * leaf);
  return { generation, validityHours, earlyRenewalHours: Math.max(Math.floor(validityHours / 3), leaf) };
}

import ipaddr from "ipaddr.js";
import type { Requirement } from "../../../components/spec/model.ts";
import { impliesAny } from "./requirement.ts";

/**
 * How strong a control is, so that two of the same place can be compared. Plain data, because it is stored with what was deployed.
 *
 * - `atLeast`: a lower number is weaker. `atMost`: a higher number is weaker.
 * - `accepts`: what is let through; anything more is weaker, and everything (`undefined`) weakest.
 * - `covers`: what is refused or watched; anything less is weaker.
 * - `addresses`: CIDRs let through, compared by what they contain; none lets everything through.
 * - `blocked`: CIDRs refused, compared by what they contain.
 * - `requirement`: what a client must show.
 * - `level`: position in an order, higher is stronger.
 * - `signers`: whose certificates are believed: a higher rank is stronger; of one rank, `values` names them and more are weaker.
 * - `exact`: any other value counts as weaker, because nothing says which of two is stronger.
 * - `free`: changes do not weaken.
 */
export type Strength =
  | { readonly kind: "atLeast" | "atMost" | "level"; readonly value: number }
  | { readonly kind: "accepts"; readonly values: readonly string[] | undefined }
  | { readonly kind: "covers" | "addresses" | "blocked"; readonly values: readonly string[] }
  | { readonly kind: "signers"; readonly rank: number; readonly values: readonly string[] }
  | { readonly kind: "requirement"; readonly requirement: Requirement }
  | { readonly kind: "exact"; readonly value: string }
  | { readonly kind: "free" };

/** Whether the second is weaker than the first. Of different kinds it is: nobody can say that it is not. */
export function isWeaker(before: Strength, after: Strength): boolean {
  if (before.kind === "free" && after.kind === "free") return false;
  if (before.kind !== after.kind) return true;
  switch (after.kind) {
    case "atLeast":
    case "level":
      return after.value < (before as typeof after).value;
    case "atMost":
      return after.value > (before as typeof after).value;
    case "accepts": {
      const { values } = before as typeof after;
      return values !== undefined && !(after.values?.every((value) => values.includes(value)) ?? false);
    }
    case "covers":
      return !(before as typeof after).values.every((value) => after.values.includes(value));
    case "addresses": {
      const { values } = before as typeof after;
      return values.length > 0 && (after.values.length === 0 || !after.values.every((cidr) => within(cidr, values)));
    }
    case "blocked":
      return !(before as typeof after).values.every((cidr) => within(cidr, after.values));
    case "signers": {
      const { rank, values } = before as typeof after;
      return after.rank < rank || (after.rank === rank && !after.values.every((value) => values.includes(value)));
    }
    case "requirement":
      return !impliesAny(after.requirement, (before as typeof after).requirement);
    case "exact":
      return after.value !== (before as typeof after).value;
    default:
      return false;
  }
}

/** Whether one block of the list contains the block. */
function within(cidr: string, list: readonly string[]): boolean {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  return list.some((outer) => {
    const [base, prefix] = ipaddr.parseCIDR(outer);
    return base.kind() === address.kind() && prefix <= bits && address.match(base as never, prefix);
  });
}

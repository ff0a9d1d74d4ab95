import ipaddr from "ipaddr.js";
import type { Route } from "../components/spec/model.ts";

/** Ranges that are let in and that are kept out. */
export type Lists = Route["access"];

type Block = ReturnType<typeof ipaddr.parseCIDR>;
const addresses = new Map<string, ipaddr.IPv4 | ipaddr.IPv6>();
const blocks = new Map<string, Block>();

/** True when an address lies in a block; one of IPv4 never lies in one of IPv6. */
export function within(address: string, block: string): boolean {
  const one = kept(addresses, address, (text) => ipaddr.parse(text));
  const [base, bits] = kept(blocks, block, (text) =>
    text.includes("/") ? ipaddr.parseCIDR(text) : [ipaddr.parse(text), text.includes(":") ? 128 : 32],
  );
  return one.kind() === base.kind() && one.match(base, bits);
}

/** Documents name few blocks, and every request asks for them again. */
function kept<Value>(known: Map<string, Value>, text: string, parse: (text: string) => Value): Value {
  const before = known.get(text);
  if (before !== undefined) return before;
  const value = parse(text);
  known.set(text, value);
  return value;
}

/** What lists of a document say about an address: never where it is denied, and where some are allowed those alone. */
export function admits({ allowCidrs, denyCidrs }: Lists, address: string): boolean {
  const inside = (block: string) => within(address, block);
  return !denyCidrs.some(inside) && (allowCidrs.length === 0 || allowCidrs.some(inside));
}

/** First and last address of a block. */
export function edgesOf(block: string): string[] {
  const kind = block.includes(":") ? ipaddr.IPv6 : ipaddr.IPv4;
  return [...new Set([kind.networkAddressFromCIDR(block), kind.broadcastAddressFromCIDR(block)].map(String))];
}

/** An address all lists admit; undefined where there is none. */
export function admitted(...lists: readonly Lists[]): string | undefined {
  const candidates = ["192.0.2.200", "10.20.4.4", "2001:db8:77::1", ...lists.flatMap(({ allowCidrs }) => allowCidrs.flatMap(edgesOf))];
  return candidates.find((address) => lists.every((one) => admits(one, address)));
}

/** Addresses no list of a document names. */
export const STRANGERS = ["8.8.4.4", "2001:db8:ffff::1"] as const;

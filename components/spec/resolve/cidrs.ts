import ipaddr from "ipaddr.js";

/** An address block. */
export interface Block {
  readonly family: "ipv4" | "ipv6";
  readonly first: bigint;
  readonly bits: number;
}

/** A block as written, or why it is none. */
export type ParsedBlock =
  | { readonly block: Block; readonly canonical: string; readonly strict: boolean }
  | { readonly problem: string; readonly remedy: string };

const SHAPE_REMEDY = "give a block such as 192.0.2.0/24 or 2001:db8::/32";

/**
 * Reads a CIDR block. `strict` is false when address bits are set beyond the prefix.
 * Spellings that other readers take differently (010.1.1.1, 10.1, ::ffff:192.0.2.0/120) are not accepted.
 */
export function parseBlock(text: string): ParsedBlock {
  const none = { problem: "is not a CIDR block", remedy: SHAPE_REMEDY };
  if (ipaddr.isValid(text) && !text.includes("/"))
    return { ...none, remedy: `write a single address as ${text}${text.includes(":") ? "/128" : "/32"}` };
  const [address = "", prefix = "", ...more] = text.split("/");
  if (more.length > 0 || !/^(0|[1-9][0-9]{0,2})$/.test(prefix)) return none;
  const spelling = address.includes(":") ? /^[0-9a-fA-F:.]+$/ : /^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}$/;
  if (!spelling.test(address) || !ipaddr.isValid(address)) return none;
  const parsed = ipaddr.parse(address);
  const width = parsed.kind() === "ipv4" ? 32 : 128;
  const bits = Number(prefix);
  if (bits > width) return { problem: `has a prefix longer than ${width} bits`, remedy: SHAPE_REMEDY };
  if (parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress()) {
    const remedy =
      bits >= 96 ? `write it as the IPv4 block ${parsed.toIPv4Address().toString()}/${bits - 96}` : "write the IPv4 blocks you mean";
    return { problem: "is an IPv4 block in an IPv6 spelling, which no client address is compared with", remedy };
  }
  const block = { family: parsed.kind(), first: mask(toNumber(parsed), bits, width), bits } as const;
  const network = fromNumber(block.first, block.family);
  return { block, canonical: `${network}/${bits}`, strict: toNumber(parsed) === block.first };
}

/** True when every address of `inner` is in `outer`. */
export function contains(outer: Block, inner: Block): boolean {
  if (outer.family !== inner.family || outer.bits > inner.bits) return false;
  return mask(inner.first, outer.bits, outer.family === "ipv4" ? 32 : 128) === outer.first;
}

const mask = (value: bigint, bits: number, width: number): bigint => {
  const rest = BigInt(width - bits);
  return (value >> rest) << rest;
};

const toNumber = (address: ipaddr.IPv4 | ipaddr.IPv6): bigint =>
  address.toByteArray().reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

function fromNumber(value: bigint, family: Block["family"]): string {
  const length = family === "ipv4" ? 4 : 16;
  const bytes = Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 255n));
  return ipaddr.fromByteArray(bytes).toString();
}

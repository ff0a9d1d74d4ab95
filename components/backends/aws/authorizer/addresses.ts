import ipaddr from "ipaddr.js";

/** True when an address lies in one of the blocks; an address that cannot be read lies in none. */
export function inBlocks(address: string, blocks: readonly string[]): boolean {
  const parsed = parse(address);
  if (parsed === undefined) return false;
  return blocks.some((block) => {
    const [network, bits] = ipaddr.parseCIDR(block);
    return network.kind() === parsed.kind() && parsed.match(network, bits);
  });
}

/** What counts as one client: an IPv4 address, or the /64 an IPv6 client can choose addresses from at will. */
export function clientOf(address: string): string {
  const parsed = parse(address);
  if (parsed === undefined) return "unknown";
  if (parsed.kind() === "ipv4") return parsed.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${parsed.toString()}/64`).toString()}/64`;
}

function parse(address: string): ipaddr.IPv4 | ipaddr.IPv6 | undefined {
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}

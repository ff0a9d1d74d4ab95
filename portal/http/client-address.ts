import ipaddr from "ipaddr.js";

export type Network = ReturnType<typeof ipaddr.parseCIDR>;

/** Reads `10.0.0.0/8` or a single address. @throws Error with one sentence */
export function parseNetwork(text: string): Network {
  try {
    if (text.includes("/")) return ipaddr.parseCIDR(text);
    const address = ipaddr.process(text);
    return [address, address.kind() === "ipv4" ? 32 : 128];
  } catch {
    throw new Error(`"${text}" is neither an address nor a CIDR block`);
  }
}

/**
 * The client's address. `X-Forwarded-For` counts only where the connection comes from a trusted proxy: read from its end, the first address that is no trusted
 * proxy is the client's, because everything before it could have been written by the client.
 */
export function clientAddress(peer: string, forwarded: string | undefined, trusted: readonly Network[]): string {
  const normalized = normalize(peer) ?? peer;
  if (forwarded === undefined || !isIn(normalized, trusted)) return normalized;
  let last = normalized;
  for (const entry of forwarded.split(",").reverse()) {
    const address = normalize(entry.trim());
    if (address === undefined) return last;
    last = address;
    if (!isIn(address, trusted)) return address;
  }
  return last;
}

const normalize = (text: string) => (ipaddr.isValid(text) ? ipaddr.process(text).toString() : undefined);

function isIn(text: string, networks: readonly Network[]): boolean {
  if (!ipaddr.isValid(text)) return false;
  const address = ipaddr.process(text);
  return networks.some(([network, bits]) => address.kind() === network.kind() && address.match(network, bits));
}

/** Whether only this machine reaches a listener on the address. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, "$1");
  return bare === "localhost" || (ipaddr.isValid(bare) && ipaddr.process(bare).range() === "loopback");
}

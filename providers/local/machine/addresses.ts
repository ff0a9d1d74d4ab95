import { isIP } from "node:net";

/** A TCP address of this machine. */
export interface Address {
  /** IP address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `127.0.0.1:8443` or `[::1]:8443`. @returns undefined when it is neither */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const [, v6, v4, digits] = match;
  const [host, port] = [v6 ?? v4 ?? "", Number(digits)];
  const fits = v6 === undefined ? isIP(host) === 4 : isIP(host) === 6;
  return fits && port >= 1 && port <= 65535 ? { host, port } : undefined;
}

export const formatAddress = ({ host, port }: Address): string => (host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`);

/** Where to connect to in order to reach a listener: a wildcard address is reached by loopback. */
export const reachable = (host: string): string => ({ "0.0.0.0": "127.0.0.1", "::": "::1" })[host] ?? host;

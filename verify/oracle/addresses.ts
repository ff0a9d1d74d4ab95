import ipaddr from "ipaddr.js";
import type { AccessLists, GatewayModel } from "../../components/spec/model.ts";

/** Addresses that may be inside or outside of lists: the lists' own, and some of documentation and private networks. */
export const sampleAddresses = (cidrs: readonly string[]): string[] => [
  ...cidrs.map(firstAddress),
  ...["198.51.100.7", "203.0.113.7", "192.0.2.7", "10.20.30.40", "172.16.20.30", "192.168.30.40", "8.8.8.8"],
];

/** The first address of a CIDR. */
export const firstAddress = (cidr: string): string => cidr.split("/")[0] ?? "";

export function contains(cidrs: readonly string[], address: string): boolean {
  const parsed = ipaddr.process(address);
  return cidrs.some((cidr) => {
    const [network, length] = ipaddr.parseCIDR(cidr);
    return network.kind() === parsed.kind() && parsed.match(network, length);
  });
}

/** What the trusted proxies would write for a client of this address. */
export const forwardedFor = ({ clientIp }: GatewayModel, address: string): string =>
  [address, ...Array.from({ length: clientIp.trustedHops - 1 }, () => "192.0.2.200")].join(", ");

/** An address that every list of the gateway and its routes admits; undefined when there is none among the samples. */
export function admittedAddress(model: GatewayModel): string | undefined {
  const lists: AccessLists[] = [model.access, ...model.routes.map((route) => route.access)];
  const candidates = sampleAddresses(lists.flatMap(({ allowCidrs, denyCidrs }) => [...allowCidrs, ...denyCidrs]));
  const admits = ({ allowCidrs, denyCidrs }: AccessLists, address: string) =>
    !contains(denyCidrs, address) && (allowCidrs.length === 0 || contains(allowCidrs, address));
  return (
    candidates.find((address) => lists.every((list) => admits(list, address))) ??
    candidates.find((address) => admits(model.access, address))
  );
}

import { type Fault, fault } from "../../../spec/faults.ts";
import type { Backend, GatewayModel } from "../../../spec/model.ts";
import { parseBlock } from "../../../spec/resolve/cidrs.ts";
import { addressesOf, isIpv6, type Network } from "./network.ts";

/** What a load balancer takes as targets beyond its VPC (Elastic Load Balancing, "Target groups", target type ip). */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)/;

/** Addresses that a target group cannot have. */
export function addressFaults(backends: readonly Backend[]): Fault[] {
  return backends.flatMap((backend) => {
    const path = `backends.${backend.name}.network.addresses`;
    const addresses = addressesOf(backend);
    const beyond = backend.network.type === "onPremises" ? addresses : [];
    const ipv6 = beyond.find(isIpv6);
    if (ipv6 !== undefined)
      return [
        fault(path, `a load balancer reaches IPv6 addresses of its own VPC only, and not ${ipv6} on premises`, "give IPv4 addresses"),
      ];
    const outside = beyond.find((address) => !PRIVATE.test(address));
    if (outside !== undefined)
      return [
        fault(
          path,
          `a load balancer takes no public address as a target, and ${outside} is one`,
          "give addresses from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10",
        ),
      ];
    return addresses.some(isIpv6) && !addresses.every(isIpv6)
      ? [fault(path, "IPv4 and IPv6 addresses cannot be targets of one group", "keep one kind, or make two backends of it")]
      : [];
  });
}

/** Names that the chain's own target groups have. */
export const nameFaults = ({ bridge }: Network, backends: readonly Backend[]): Fault[] =>
  backends
    .filter(({ name }) => bridge === "nlb-alb" && /^balancer-\d+$/.test(name))
    .map(({ name }) => fault(`backends.${name}`, "has the name of a target group between the two load balancers", "choose another name"));

/** A line that nothing would use, or that AWS would not make as it is written. */
export function lineFaults({ line }: Network, { backends }: GatewayModel): Fault[] {
  if (line === "existing") return [];
  if (!Object.values(backends).some(({ network }) => network.type === "onPremises"))
    return [
      fault(
        "aws.network.line",
        "no backend is on premises, so that the line would not be made",
        "remove it, or set network.type: onPremises on a backend",
      ),
    ];
  if ("directConnect" in line) return isPrivateAsn(line.directConnect.amazonSideAsn) ? [] : [notPrivate(line.directConnect.amazonSideAsn)];
  return line.vpn.cidrs.flatMap((text, index) => {
    const path = `aws.network.line.vpn.cidrs[${index}]`;
    const parsed = parseBlock(text);
    if ("problem" in parsed) return [fault(path, `"${text}" ${parsed.problem}`, parsed.remedy)];
    if (parsed.block.family === "ipv6")
      return [fault(path, `"${text}" is IPv6, which a virtual private gateway carries over no VPN`, "give IPv4 blocks")];
    return parsed.strict ? [] : [fault(path, `"${text}" has address bits beyond its prefix`, `write ${parsed.canonical}`)];
  });
}

/** What AWS takes as its own side's number (Direct Connect API, CreateDirectConnectGateway). */
const isPrivateAsn = (asn: number) => (asn >= 64_512 && asn <= 65_534) || (asn >= 4_200_000_000 && asn <= 4_294_967_294);

const notPrivate = (asn: number) =>
  fault(
    "aws.network.line.directConnect.amazonSideAsn",
    `${asn} is no private number, and a Direct Connect gateway has no other`,
    "give one from 64512 to 65534 or from 4200000000 to 4294967294",
  );

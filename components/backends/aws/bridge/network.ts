import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type { Backend, GatewayModel } from "../../../spec/model.ts";
import type { AwsBuild } from "../build.ts";

export type Network = NonNullable<GatewayModel["aws"]["network"]>;

/** Addresses of a private or on-premises backend. */
export const addressesOf = (backend: Backend): readonly string[] => (backend.network.type === "public" ? [] : backend.network.addresses);

export const isIpv6 = (address: string): boolean => address.includes(":");

/** IP addresses of a load balancer: one with IPv6 targets needs IPv6 of its own, in subnets that have it. */
export const addressType = (backends: readonly Backend[]): { ipAddressType?: "dualstack" } =>
  backends.some((backend) => addressesOf(backend).some(isIpv6)) ? { ipAddressType: "dualstack" } : {};

/** Ports the bridge listens on. */
export const portsOf = (backends: readonly Backend[]): number[] =>
  [...new Set(backends.map((backend) => backend.port))].sort((a, b) => a - b);

/** A security group without any rule: nothing in, nothing out. */
export function securityGroup(b: AwsBuild, network: Network, suffix: string, description: string): SecurityGroup {
  return new SecurityGroup(
    `${b.name}-${suffix}`,
    { description, vpcId: network.vpcId, ingress: [], egress: [], tags: b.tags, ...b.inRegion },
    // Rules are resources of their own; the lists above only take away what AWS puts there.
    b.opts({ ignoreChanges: ["ingress", "egress"] }),
  );
}

/** Lets one group talk to another on a TCP port, and nothing else. */
export function allow(b: AwsBuild, suffix: string, from: SecurityGroup, to: SecurityGroup, port: number): void {
  const tcp = { ipProtocol: "tcp", fromPort: port, toPort: port, tags: b.tags, ...b.inRegion };
  new SecurityGroupEgressRule(
    `${b.name}-${suffix}-out-${port}`,
    { ...tcp, securityGroupId: from.id, referencedSecurityGroupId: to.id, description: "To the next hop" },
    b.opts(),
  );
  new SecurityGroupIngressRule(
    `${b.name}-${suffix}-in-${port}`,
    { ...tcp, securityGroupId: to.id, referencedSecurityGroupId: from.id, description: "From the hop before" },
    b.opts(),
  );
}

/** Lets a group reach the addresses of the backends on their ports, and nothing else. */
export function allowTargets(b: AwsBuild, from: SecurityGroup, backends: readonly Backend[]): void {
  for (const backend of backends) {
    for (const [index, address] of addressesOf(backend).entries()) {
      new SecurityGroupEgressRule(
        `${b.name}-to-${backend.name}-${index + 1}`,
        {
          securityGroupId: from.id,
          ipProtocol: "tcp",
          fromPort: backend.port,
          toPort: backend.port,
          ...(isIpv6(address) ? { cidrIpv6: `${address}/128` } : { cidrIpv4: `${address}/32` }),
          description: `To backend ${backend.name}`,
          tags: b.tags,
          ...b.inRegion,
        },
        b.opts(),
      );
    }
  }
}

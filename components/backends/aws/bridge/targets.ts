import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { TargetGroupAttachment } from "@pulumi/aws/lb/targetGroupAttachment.js";
import type { Backend } from "../../../spec/model.ts";
import { type AwsBuild, contentName } from "../build.ts";
import { addressesOf, isIpv6, type Network } from "./network.ts";

/** The addresses of one backend as targets. `HTTPS` behind an Application Load Balancer, `TCP` where TLS passes through. */
export function targets(b: AwsBuild, network: Network, backend: Backend, protocol: "HTTPS" | "TCP"): TargetGroup {
  const ipAddressType = addressesOf(backend).some(isIpv6) ? "ipv6" : "ipv4";
  const fixed = { port: backend.port, protocol, vpcId: network.vpcId, targetType: "ip", ipAddressType };
  const interval = (backend.healthCheck?.intervalMs ?? 10_000) / 1000;
  const group = new TargetGroup(
    `${b.name}-${backend.name}`,
    {
      ...fixed,
      // All of these replace a group; its successor needs another name.
      name: contentName(`${b.name}-${backend.name}`, fixed),
      healthCheck: {
        enabled: true,
        protocol: "HTTPS",
        port: "traffic-port",
        path: backend.healthCheck?.path ?? "/",
        matcher: backend.healthCheck ? "200" : "200-499",
        interval,
        timeout: Math.max(2, Math.min(10, interval - 1)),
        healthyThreshold: 2,
        unhealthyThreshold: 2,
      },
      deregistrationDelay: 30,
      ...(protocol === "HTTPS" ? { protocolVersion: "HTTP1" } : { preserveClientIp: "false" }),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  for (const [index, address] of addressesOf(backend).entries()) {
    new TargetGroupAttachment(
      `${b.name}-${backend.name}-${index + 1}`,
      {
        targetGroupArn: group.arn,
        targetId: address,
        port: backend.port,
        // Addresses beyond the VPC have no zone of their own.
        ...(backend.network.type === "onPremises" ? { availabilityZone: "all" } : {}),
        ...b.inRegion,
      },
      b.opts(),
    );
  }
  b.enforced.note(group, "backend.healthCheck", backend.network.type === "onPremises" ? "backend.onPremises" : "backend.private");
  return group;
}

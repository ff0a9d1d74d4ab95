import type { Backend } from "../../../../components/spec/model.ts";
import type { Expected } from "../../expected.ts";
import { between, like, prose, type Shape } from "../../shape.ts";
import type { Context } from "./context.ts";

/** Ends in a digest of what cannot be changed in place, so that a successor has another name and can stand before its predecessor goes. */
export const REPLACEABLE = like(/^(?!internal-)[A-Za-z0-9-]{1,23}-[0-9a-f]{8}$/);

/** What the bridge keeps. */
export type Control = "backend.onPremises" | "backend.private";

/** The backend's addresses, reachable on its port and watched. */
export function* targets(c: Context, backend: Backend, straight: boolean, control: Control): Generator<Expected> {
  const { name, port, healthCheck, network } = backend;
  const addresses = network.type === "public" ? [] : network.addresses;
  const interval = (healthCheck?.intervalMs ?? 10_000) / 1000;
  yield {
    type: "aws:lb/targetGroup:TargetGroup",
    suffix: name,
    control: healthCheck ? "backend.healthCheck" : control,
    inputs: {
      name: REPLACEABLE,
      port,
      protocol: straight ? "TCP" : "HTTPS",
      protocolVersion: straight ? undefined : "HTTP1",
      vpcId: c.model.aws.network?.vpcId,
      targetType: "ip",
      ipAddressType: addresses.some((address) => address.includes(":")) ? "ipv6" : "ipv4",
      healthCheck: {
        enabled: true,
        protocol: "HTTPS",
        port: "traffic-port",
        path: healthCheck?.path ?? "/",
        // Without a path of the document any answer shows that it lives.
        matcher: healthCheck ? "200" : "200-499",
        interval,
        timeout: between(2, Math.max(2, interval - 1)),
        healthyThreshold: between(2, 5),
        unhealthyThreshold: between(2, 5),
      },
      deregistrationDelay: between(1, 300),
      // The targets see the balancer's addresses, which the rules speak of.
      preserveClientIp: straight ? "false" : undefined,
      ...c.home,
    },
  };
  for (const [index, address] of addresses.entries()) {
    yield {
      type: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
      suffix: `${name}-${index + 1}`,
      control,
      inputs: {
        targetGroupArn: c.ref(name, "arn"),
        targetId: address,
        port,
        // Addresses beyond the VPC stand in no zone of it.
        availabilityZone: network.type === "onPremises" ? "all" : undefined,
        ...c.here,
      },
    };
    const block: Record<string, Shape> = address.includes(":") ? { cidrIpv6: `${address}/128` } : { cidrIpv4: `${address}/32` };
    yield {
      type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
      suffix: `to-${name}-${index + 1}`,
      control,
      inputs: {
        securityGroupId: c.ref("balancer-group", "id"),
        ipProtocol: "tcp",
        fromPort: port,
        toPort: port,
        ...block,
        description: prose,
        ...c.home,
      },
    };
  }
}

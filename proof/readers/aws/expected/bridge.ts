import type { Backend } from "../../../../components/spec/model.ts";
import { between, like, prose, type Shape } from "../../shape.ts";
import { issued } from "./certificates.ts";
import type { Context, Expected } from "./context.ts";

/** Ends in a digest of what cannot be changed in place, so that a successor has another name and can stand before its predecessor goes. */
const REPLACEABLE = like(/^[A-Za-z0-9-]{1,23}-[0-9a-f]{8}$/);

/**
 * The way into the VPC: a link, and an internal load balancer that terminates TLS (`alb`) or passes it through (`nlb`). The third chain,
 * both balancers in a row, and lines the stack makes itself are not read here; their resources are reported as unread.
 */
export function* bridge(c: Context): Generator<Expected> {
  const { network } = c.model.aws;
  const backends = Object.values(c.model.backends).filter((backend) => backend.network.type !== "public");
  if (network === undefined || backends.length === 0 || !c.rest) return;
  const control = backends.some((backend) => backend.network.type === "onPremises") ? "backend.onPremises" : "backend.private";
  const straight = network.bridge === "nlb";
  const ports = [...new Set(backends.map(({ port }) => port))];
  for (const suffix of ["balancer-group", "link-group"])
    yield {
      type: "aws:ec2/securityGroup:SecurityGroup",
      suffix,
      control,
      // Empty lists take away what AWS puts there; rules are resources of their own.
      inputs: { description: like(/./), vpcId: network.vpcId, ingress: [], egress: [], ...c.home },
    };
  yield {
    type: "aws:apigatewayv2/vpcLink:VpcLink",
    suffix: "link",
    control,
    inputs: { name: REPLACEABLE, subnetIds: network.subnetIds, securityGroupIds: [c.ref("link-group", "id")], ...c.home },
  };
  const common = {
    name: REPLACEABLE,
    internal: true,
    subnets: network.subnetIds,
    securityGroups: [c.ref("balancer-group", "id")],
    ...c.home,
  };
  const balancer = straight ? "network-balancer" : "balancer";
  const longest = Math.max(...c.model.routes.map(({ timeoutMs }) => timeoutMs)) / 1000;
  yield {
    type: "aws:lb/loadBalancer:LoadBalancer",
    suffix: balancer,
    control,
    inputs: straight
      ? {
          ...common,
          loadBalancerType: "network",
          // The rules of the group hold for the link too.
          enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: "on",
          enableCrossZoneLoadBalancing: true,
        }
      : {
          ...common,
          loadBalancerType: "application",
          dropInvalidHeaderFields: true,
          desyncMitigationMode: "strictest",
          // Longer than the longest route, so that API Gateway's timeout is the one clients see.
          idleTimeout: between(Math.ceil(longest), 4000),
        },
  };
  for (const port of ports) {
    yield* throughTheLink(c, port, control);
    if (!straight) yield terminating(c, port, control);
  }
  if (!straight) yield* balancerCertificate(c, backends);
  for (const [index, backend] of backends.sort((a, b) => (a.name < b.name ? -1 : 1)).entries()) {
    yield* targets(c, backend, straight, control);
    if (straight) continue;
    yield {
      type: "aws:lb/listenerRule:ListenerRule",
      suffix: `${backend.name}-rule`,
      control,
      inputs: {
        listenerArn: c.ref(`listener-${backend.port}`, "arn"),
        priority: index + 1,
        conditions: [{ hostHeader: { values: [backend.host] } }],
        actions: [{ type: "forward", targetGroupArn: c.ref(backend.name, "arn") }],
        ...c.home,
      },
    };
  }
  if (straight)
    for (const { name, port } of backends)
      yield {
        type: "aws:lb/listener:Listener",
        suffix: `network-listener-${port}`,
        control,
        inputs: {
          loadBalancerArn: c.ref(balancer, "arn"),
          port,
          protocol: "TCP",
          defaultActions: [{ type: "forward", targetGroupArn: c.ref(name, "arn") }],
          ...c.home,
        },
      };
}

type Control = "backend.onPremises" | "backend.private";

/** From the link's group to the balancer's on one port, written on both sides. */
function* throughTheLink(c: Context, port: number, control: Control): Generator<Expected> {
  const tcp = { ipProtocol: "tcp", fromPort: port, toPort: port, description: prose, ...c.home };
  const [link, balancer] = [c.ref("link-group", "id"), c.ref("balancer-group", "id")];
  yield {
    type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    suffix: `link-out-${port}`,
    control,
    inputs: { ...tcp, securityGroupId: link, referencedSecurityGroupId: balancer },
  };
  yield {
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    suffix: `link-in-${port}`,
    control,
    inputs: { ...tcp, securityGroupId: balancer, referencedSecurityGroupId: link },
  };
}

/** A listener that ends TLS, knows hosts of backends only and writes the headers of their answers. */
function terminating(c: Context, port: number, control: Control): Expected {
  const cors = c.model.routes.find((route) => route.cors)?.cors;
  return {
    type: "aws:lb/listener:Listener",
    suffix: `listener-${port}`,
    control,
    inputs: {
      loadBalancerArn: c.ref("balancer", "arn"),
      port,
      protocol: "HTTPS",
      sslPolicy: like(/^ELBSecurityPolicy-TLS13-1-[23](-Res)?-20\d\d-\d\d$/),
      certificateArn: c.ref("bridge-certificate", "arn"),
      defaultActions: [{ type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: prose } }],
      routingHttpResponseServerEnabled: false,
      routingHttpResponseStrictTransportSecurityHeaderValue: c.hsts,
      routingHttpResponseAccessControlAllowOriginHeaderValue: cors && (cors.anyOrigin ? "*" : cors.allowOrigins[0]),
      routingHttpResponseAccessControlAllowCredentialsHeaderValue: cors?.allowCredentials ? "true" : undefined,
      routingHttpResponseAccessControlExposeHeadersHeaderValue:
        cors && cors.exposeHeaders.length > 0 ? cors.exposeHeaders.join(",") : undefined,
      ...c.home,
    },
  };
}

/** The certificate API Gateway verifies: for the hosts of the backends' URLs. */
function* balancerCertificate(c: Context, backends: readonly Backend[]): Generator<Expected> {
  const [first, ...more] = [...new Set(backends.map(({ host }) => host))].sort();
  yield {
    type: "aws:acm/certificate:Certificate",
    suffix: "bridge-certificate",
    control: "backend.tls.public",
    inputs: {
      domainName: first,
      subjectAlternativeNames: more.length > 0 ? more : undefined,
      validationMethod: "DNS",
      ...c.home,
    },
  };
  yield* issued(c, "bridge-certificate", c.here, more.length);
}

/** The backend's addresses, reachable on its port and watched. */
function* targets(c: Context, backend: Backend, straight: boolean, control: Control): Generator<Expected> {
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

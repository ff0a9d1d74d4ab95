import type { Backend } from "../../../../components/spec/model.ts";
import type { Expected } from "../../expected.ts";
import { between, like, prose, type Shape } from "../../shape.ts";
import { issued } from "./certificates.ts";
import type { Context } from "./context.ts";
import { type Control, REPLACEABLE, targets } from "./targets.ts";

/**
 * The way into the VPC: a link, and an internal load balancer that terminates TLS (`alb`), passes it through (`nlb`), or passes it on to
 * the one that terminates it (`nlb-alb`).
 */
export function* bridge(c: Context): Generator<Expected> {
  const { network } = c.model.aws;
  const backends = c.behind;
  if (network === undefined || backends.length === 0 || !c.rest) return;
  const control = backends.some((backend) => backend.network.type === "onPremises") ? "backend.onPremises" : "backend.private";
  const straight = network.bridge === "nlb";
  yield group(c, "balancer-group", control);
  if (straight) yield networkBalancer(c, "balancer-group", backends, control);
  else yield* terminated(c, backends, control);
  for (const backend of backends) yield* targets(c, backend, straight, control);
  if (straight) for (const { name, port } of backends) yield passing(c, port, name, control);
  if (network.bridge === "nlb-alb") yield* inBetween(c, backends, control);
  else yield* link(c, backends, control);
}

const portsOf = (backends: readonly Backend[]): number[] => [...new Set(backends.map(({ port }) => port))];
const hasIpv6 = (backends: readonly Backend[]): boolean =>
  backends.some(({ network }) => network.type !== "public" && network.addresses.some((address) => address.includes(":")));

/** Empty lists take away what AWS puts there; rules are resources of their own. */
const group = (c: Context, suffix: string, control: Control): Expected => ({
  type: "aws:ec2/securityGroup:SecurityGroup",
  suffix,
  control,
  inputs: { description: like(/./), vpcId: c.model.aws.network?.vpcId, ingress: [], egress: [], ...c.home },
});

/** A link of the second kind: interfaces in the subnets, behind a group that leads to the balancer. */
function* link(c: Context, backends: readonly Backend[], control: Control): Generator<Expected> {
  yield group(c, "link-group", control);
  yield {
    type: "aws:apigatewayv2/vpcLink:VpcLink",
    suffix: "link",
    control,
    inputs: { name: REPLACEABLE, subnetIds: c.model.aws.network?.subnetIds, securityGroupIds: [c.ref("link-group", "id")], ...c.home },
  };
  for (const port of portsOf(backends)) yield* openTo(c, "link", "link-group", port, control);
}

/** A link of the first kind: a Network Load Balancer, whose targets are the balancer that terminates TLS. */
function* inBetween(c: Context, backends: readonly Backend[], control: Control): Generator<Expected> {
  yield group(c, "network-balancer-group", control);
  // Its targets are the other one's IPv4 addresses.
  yield networkBalancer(c, "network-balancer-group", [], control);
  yield {
    type: "aws:apigateway/vpcLink:VpcLink",
    suffix: "link",
    control,
    inputs: { name: REPLACEABLE, targetArn: c.ref("network-balancer", "arn"), ...c.home },
  };
  for (const port of portsOf(backends)) {
    const suffix = `balancer-${port}`;
    yield* openTo(c, "balancer", "network-balancer-group", port, control);
    yield passing(c, port, suffix, control);
    yield {
      type: "aws:lb/targetGroup:TargetGroup",
      suffix,
      control,
      inputs: {
        name: REPLACEABLE,
        port,
        protocol: "TCP",
        vpcId: c.model.aws.network?.vpcId,
        targetType: "alb",
        // Without a backend's host the other balancer answers 404, which shows that it lives.
        healthCheck: { enabled: true, protocol: "HTTPS", path: "/", matcher: "200-499" },
        ...c.home,
      },
    };
    yield {
      type: "aws:lb/targetGroupAttachment:TargetGroupAttachment",
      suffix: `${suffix}-target`,
      control,
      inputs: { targetGroupArn: c.ref(suffix, "arn"), targetId: c.ref("balancer", "arn"), port, ...c.here },
      // AWS takes it as a target only once it listens on the port.
      after: [`listener-${port}`],
    };
  }
  // The hosts of the backends lead to the link's balancer.
  for (const host of new Set(backends.map((backend) => backend.host)))
    yield {
      type: "aws:route53/record:Record",
      suffix: `host-${host}-a`,
      control,
      inputs: {
        zoneId: c.zone,
        name: host,
        type: "A",
        aliases: [{ name: c.ref("network-balancer", "dnsName"), zoneId: c.ref("network-balancer", "zoneId"), evaluateTargetHealth: false }],
      },
    };
}

/** From one group to the balancer's on one port, written on both sides. */
function* openTo(c: Context, suffix: string, from: string, port: number, control: Control): Generator<Expected> {
  const tcp = { ipProtocol: "tcp", fromPort: port, toPort: port, description: prose, ...c.home };
  const [outer, balancer] = [c.ref(from, "id"), c.ref("balancer-group", "id")];
  yield {
    type: "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule",
    suffix: `${suffix}-out-${port}`,
    control,
    inputs: { ...tcp, securityGroupId: outer, referencedSecurityGroupId: balancer },
  };
  yield {
    type: "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    suffix: `${suffix}-in-${port}`,
    control,
    inputs: { ...tcp, securityGroupId: balancer, referencedSecurityGroupId: outer },
  };
}

/** What every internal balancer says; one with IPv6 targets has IPv6 itself. */
const internal = (c: Context, group: string, backends: readonly Backend[]): Record<string, Shape> => ({
  name: REPLACEABLE,
  internal: true,
  subnets: c.model.aws.network?.subnetIds,
  securityGroups: [c.ref(group, "id")],
  ipAddressType: hasIpv6(backends) ? "dualstack" : undefined,
  ...c.home,
});

function networkBalancer(c: Context, group: string, backends: readonly Backend[], control: Control): Expected {
  return {
    type: "aws:lb/loadBalancer:LoadBalancer",
    suffix: "network-balancer",
    control,
    inputs: {
      ...internal(c, group, backends),
      loadBalancerType: "network",
      // A link of the second kind comes from its own group. One of the first comes from addresses of AWS that no rule could name: it alone is let past
      // the group, which lets nobody else in.
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: c.model.aws.network?.bridge === "nlb" ? "on" : "off",
      enableCrossZoneLoadBalancing: true,
    },
  };
}

/** A listener that passes on what comes. */
const passing = (c: Context, port: number, targetGroup: string, control: Control): Expected => ({
  type: "aws:lb/listener:Listener",
  suffix: `network-listener-${port}`,
  control,
  inputs: {
    loadBalancerArn: c.ref("network-balancer", "arn"),
    port,
    protocol: "TCP",
    defaultActions: [{ type: "forward", targetGroupArn: c.ref(targetGroup, "arn") }],
    ...c.home,
  },
});

/** The balancer that terminates TLS, its certificate, and a rule for each backend's host. */
function* terminated(c: Context, backends: readonly Backend[], control: Control): Generator<Expected> {
  const longest = Math.max(...c.model.routes.map(({ timeoutMs }) => timeoutMs)) / 1000;
  yield {
    type: "aws:lb/loadBalancer:LoadBalancer",
    suffix: "balancer",
    control,
    inputs: {
      ...internal(c, "balancer-group", backends),
      loadBalancerType: "application",
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "strictest",
      // Longer than the longest route, so that API Gateway's timeout is the one clients see.
      idleTimeout: between(Math.ceil(longest), 4000),
    },
  };
  for (const port of portsOf(backends)) yield terminating(c, port, control);
  yield* balancerCertificate(c, backends);
  for (const [index, backend] of backends.entries())
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
      defaultActions: [
        { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "Not Found" } },
      ],
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

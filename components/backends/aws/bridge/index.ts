import { VpcLink as RestVpcLink } from "@pulumi/aws/apigateway/vpcLink.js";
import { VpcLink } from "@pulumi/aws/apigatewayv2/vpcLink.js";
import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import { TargetGroupAttachment } from "@pulumi/aws/lb/targetGroupAttachment.js";
import * as pulumi from "@pulumi/pulumi";
import type { Backend } from "../../../spec/model.ts";
import type { BridgeSummary } from "../../contract.ts";
import { type AwsBuild, contentName } from "../build.ts";
import { validated } from "../certificate.ts";
import type { Connection } from "../definition/integration.ts";
import { aliasRecords, type Zone } from "../dns.ts";
import { type ApplicationBalancer, applicationBalancer } from "./application.ts";
import { line } from "./line.ts";
import { addressType, allow, allowTargets, type Network, portsOf, securityGroup } from "./network.ts";
import { targets } from "./targets.ts";

/** Where the health of one hop's targets is measured. */
export interface TargetHealth {
  /** Part of the names of what watches it. */
  readonly name: string;
  /** For people, such as `backend core`. */
  readonly what: string;
  readonly namespace: "AWS/ApplicationELB" | "AWS/NetworkELB";
  readonly targetGroup: pulumi.Output<string>;
  readonly loadBalancer: pulumi.Output<string>;
}

/**
 * The way from API Gateway into a VPC and on to private and on-premises backends. Three chains, chosen by `aws.network.bridge`:
 * VPC link → Application Load Balancer; VPC link → Network Load Balancer → Application Load Balancer; VPC link → Network Load Balancer.
 */
export class Bridge extends pulumi.ComponentResource {
  /** How each backend is connected, by its name. */
  readonly connections: Record<string, pulumi.Input<Connection>> = {};
  readonly health: readonly TargetHealth[];
  readonly summary: pulumi.Output<BridgeSummary>;

  constructor(b: AwsBuild, network: Network, backends: readonly Backend[], zone: Zone | undefined, opts: pulumi.ComponentResourceOptions) {
    super("secure-gateway:aws:Bridge", `${b.name}-bridge`, {}, opts);
    const own = b.under(this);
    const via = backends.some((backend) => backend.network.type === "onPremises") ? line(own, network) : "the VPC";
    this.health = network.bridge === "nlb" ? this.#passThrough(own, network, backends) : this.#terminated(own, network, backends, zone);
    this.summary = pulumi.all(this.health.map((entry) => entry.targetGroup)).apply((groups) => ({
      backends: backends.map((backend, index) => ({
        name: backend.name,
        addresses: backend.network.type === "public" ? [] : backend.network.addresses,
        via: `${CHAINS[network.bridge]}, ${via}`,
        health: `CloudWatch ${this.health[index]?.namespace} UnHealthyHostCount of ${groups[index]}`,
      })),
    }));
    this.registerOutputs({ summary: this.summary });
  }

  /** TLS ends at an Application Load Balancer, which opens its own to the targets. */
  #terminated(b: AwsBuild, network: Network, backends: readonly Backend[], zone: Zone | undefined): TargetHealth[] {
    const inner = securityGroup(b, network, "balancer-group", "Internal load balancer of the gateway");
    const [first = "", ...more] = [...new Set(backends.map((backend) => backend.host))].sort();
    const certificate = validated(b, "bridge-certificate", first, more, zone, b.inRegion);
    const alb = applicationBalancer(b, network, backends, inner, certificate.arn);
    allowTargets(b, inner, backends);
    if (network.bridge === "alb") this.#linkTo(b, network, backends, alb.balancer, inner);
    // The hops before the balancer that have targets of their own.
    const before = network.bridge === "nlb-alb" ? this.#throughNetworkBalancer(b, network, backends, alb, inner, zone) : [];
    return [
      ...backends.map((backend) => health(backend, "AWS/ApplicationELB", alb.groups.get(backend.name) as TargetGroup, alb.balancer)),
      ...before,
    ];
  }

  /** TLS passes through to the targets; API Gateway verifies what they show. */
  #passThrough(b: AwsBuild, network: Network, backends: readonly Backend[]): TargetHealth[] {
    const group = securityGroup(b, network, "balancer-group", "Internal load balancer of the gateway");
    const balancer = networkBalancer(b, network, group, addressType(backends));
    allowTargets(b, group, backends);
    const groups = backends.map((backend) => {
      const target = targets(b, network, backend, "TCP");
      tcpListener(b, balancer, backend.port, target);
      b.enforced.note(target, "backend.tls.public");
      return health(backend, "AWS/NetworkELB", target, balancer);
    });
    this.#linkTo(b, network, backends, balancer, group);
    return groups;
  }

  /** A VPC link of the second kind: its interfaces stand in the subnets, behind a security group. */
  #linkTo(b: AwsBuild, network: Network, backends: readonly Backend[], balancer: LoadBalancer, target: SecurityGroup): void {
    const outer = securityGroup(b, network, "link-group", "VPC link of the gateway");
    for (const port of portsOf(backends)) allow(b, "link", outer, target, port);
    const link = new VpcLink(
      `${b.name}-link`,
      {
        // Immutable: other subnets are another link, made before this one goes.
        name: contentName(`${b.name}-link`, network.subnetIds),
        subnetIds: [...network.subnetIds],
        securityGroupIds: [outer.id],
        tags: b.tags,
        ...b.inRegion,
      },
      b.opts(),
    );
    this.#connect(b, backends, link, { type: "VPC_LINK", linkId: link.id, target: balancer.arn });
  }

  /** The longer chain: a VPC link of the first kind, whose Network Load Balancer has the Application Load Balancer as its target. */
  #throughNetworkBalancer(
    b: AwsBuild,
    network: Network,
    backends: readonly Backend[],
    alb: ApplicationBalancer,
    inner: SecurityGroup,
    zone: Zone | undefined,
  ): TargetHealth[] {
    const hops: TargetHealth[] = [];
    const outer = securityGroup(b, network, "network-balancer-group", "Network Load Balancer of the gateway");
    // Its targets are the other balancer's IPv4 addresses.
    const balancer = networkBalancer(b, network, outer, {});
    for (const port of portsOf(backends)) {
      allow(b, "balancer", outer, inner, port);
      const fixed = { port, protocol: "TCP", vpcId: network.vpcId, targetType: "alb" };
      const group = new TargetGroup(
        `${b.name}-balancer-${port}`,
        {
          ...fixed,
          name: contentName(`${b.name}-alb-${port}`, fixed),
          healthCheck: { enabled: true, protocol: "HTTPS", path: "/", matcher: "200-499" },
          tags: b.tags,
          ...b.inRegion,
        },
        b.opts(),
      );
      const listener = alb.listeners.get(port);
      new TargetGroupAttachment(
        `${b.name}-balancer-${port}-target`,
        { targetGroupArn: group.arn, targetId: alb.balancer.arn, port, ...b.inRegion },
        // A load balancer can be a target only once it listens on the port.
        b.opts({ dependsOn: listener ? [listener] : [] }),
      );
      tcpListener(b, balancer, port, group);
      hops.push({
        name: `balancer-${port}`,
        what: `the load balancer behind the VPC link, port ${port},`,
        namespace: "AWS/NetworkELB",
        targetGroup: group.arnSuffix,
        loadBalancer: balancer.arnSuffix,
      });
    }
    const link = new RestVpcLink(
      `${b.name}-link`,
      { name: contentName(`${b.name}-link`, network.subnetIds), targetArn: balancer.arn, tags: b.tags, ...b.inRegion },
      b.opts(),
    );
    this.#connect(b, backends, link, { type: "VPC_LINK", linkId: link.id });
    if (zone !== undefined) {
      for (const host of new Set(backends.map((backend) => backend.host))) {
        const [a] = aliasRecords(b, `host-${host}`, zone, host, { name: balancer.dnsName, zoneId: balancer.zoneId }, ["A"]);
        if (a) b.enforced.note(a, "backend.onPremises");
      }
    }
    return hops;
  }

  #connect(
    b: AwsBuild,
    backends: readonly Backend[],
    link: pulumi.Resource,
    connection: { type: "VPC_LINK"; linkId: pulumi.Input<string>; target?: pulumi.Input<string> },
  ): void {
    b.enforced.note(link, "backend.private", "backend.onPremises");
    for (const backend of backends) this.connections[backend.name] = pulumi.output(connection) as pulumi.Output<Connection>;
  }
}

const CHAINS = {
  alb: "VPC link, Application Load Balancer",
  "nlb-alb": "VPC link, Network Load Balancer, Application Load Balancer",
  nlb: "VPC link, Network Load Balancer",
} as const;

function networkBalancer(b: AwsBuild, network: Network, group: SecurityGroup, addresses: { ipAddressType?: "dualstack" }): LoadBalancer {
  return new LoadBalancer(
    `${b.name}-network-balancer`,
    {
      name: contentName(`${b.name}-nlb`, network.subnetIds),
      internal: true,
      loadBalancerType: "network",
      ...addresses,
      subnets: [...network.subnetIds],
      securityGroups: [group.id],
      // The only other way in than the group's rules is the VPC link itself.
      enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: network.bridge === "nlb-alb" ? "off" : "on",
      enableCrossZoneLoadBalancing: true,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
}

function tcpListener(b: AwsBuild, balancer: LoadBalancer, port: number, group: TargetGroup): Listener {
  return new Listener(
    `${b.name}-network-listener-${port}`,
    {
      loadBalancerArn: balancer.arn,
      port,
      protocol: "TCP",
      defaultActions: [{ type: "forward", targetGroupArn: group.arn }],
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
}

function health(backend: Backend, namespace: TargetHealth["namespace"], group: TargetGroup, balancer: LoadBalancer): TargetHealth {
  return { name: backend.name, what: `backend ${backend.name}`, namespace, targetGroup: group.arnSuffix, loadBalancer: balancer.arnSuffix };
}

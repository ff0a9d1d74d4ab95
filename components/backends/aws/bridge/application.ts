import type { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Listener } from "@pulumi/aws/lb/listener.js";
import { ListenerRule } from "@pulumi/aws/lb/listenerRule.js";
import { LoadBalancer } from "@pulumi/aws/lb/loadBalancer.js";
import type { TargetGroup } from "@pulumi/aws/lb/targetGroup.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Backend, Cors } from "../../../spec/model.ts";
import { type AwsBuild, contentName } from "../build.ts";
import { strictTransportSecurity } from "../needs.ts";
import { addressType, type Network, portsOf } from "./network.ts";
import { targets } from "./targets.ts";

export interface ApplicationBalancer {
  readonly balancer: LoadBalancer;
  readonly listeners: ReadonlyMap<number, Listener>;
  readonly groups: ReadonlyMap<string, TargetGroup>;
}

/** TLS 1.2 and 1.3 with forward secrecy and authenticated encryption. */
const TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06";

/** The internal Application Load Balancer: it holds the certificate for the hosts of the backends' URLs and writes the response headers. */
export function applicationBalancer(
  b: AwsBuild,
  network: Network,
  backends: readonly Backend[],
  group: SecurityGroup,
  certificateArn: pulumi.Output<string>,
): ApplicationBalancer {
  const longest = Math.max(...b.model.routes.map((route) => route.timeoutMs));
  const balancer = new LoadBalancer(
    `${b.name}-balancer`,
    {
      name: contentName(`${b.name}-alb`, network.subnetIds),
      internal: true,
      loadBalancerType: "application",
      ...addressType(backends),
      subnets: [...network.subnetIds],
      securityGroups: [group.id],
      dropInvalidHeaderFields: true,
      desyncMitigationMode: "strictest",
      // API Gateway's timeout comes first, so that it is the one clients see.
      idleTimeout: Math.ceil(longest / 1000) + 5,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  const groups = new Map(backends.map((backend) => [backend.name, targets(b, network, backend, "HTTPS")]));
  const listeners = new Map(portsOf(backends).map((port) => [port, listener(b, balancer, port, certificateArn)]));
  backends.forEach((backend, index) => {
    const rule = new ListenerRule(
      `${b.name}-${backend.name}-rule`,
      {
        listenerArn: (listeners.get(backend.port) as Listener).arn,
        priority: index + 1,
        conditions: [{ hostHeader: { values: [backend.host] } }],
        actions: [{ type: "forward", targetGroupArn: (groups.get(backend.name) as TargetGroup).arn }],
        tags: b.tags,
        ...b.inRegion,
      },
      b.opts(),
    );
    b.enforced.note(rule, "backend.tls.unverified");
  });
  return { balancer, listeners, groups };
}

function listener(b: AwsBuild, balancer: LoadBalancer, port: number, certificateArn: pulumi.Output<string>): Listener {
  const cors = b.model.routes.find((route) => route.cors)?.cors;
  const made = new Listener(
    `${b.name}-listener-${port}`,
    {
      loadBalancerArn: balancer.arn,
      port,
      protocol: "HTTPS",
      sslPolicy: TLS_POLICY,
      certificateArn,
      defaultActions: [
        { type: "fixed-response", fixedResponse: { contentType: "text/plain", statusCode: "404", messageBody: "Not Found" } },
      ],
      routingHttpResponseServerEnabled: false,
      routingHttpResponseStrictTransportSecurityHeaderValue: strictTransportSecurity(b.model.tls),
      ...(cors ? corsHeaders(cors) : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(made, "tls.hsts", "cors");
  return made;
}

function corsHeaders(cors: Cors) {
  return {
    routingHttpResponseAccessControlAllowOriginHeaderValue: cors.anyOrigin ? "*" : (cors.allowOrigins[0] ?? ""),
    ...(cors.allowCredentials ? { routingHttpResponseAccessControlAllowCredentialsHeaderValue: "true" } : {}),
    ...(cors.exposeHeaders.length > 0 ? { routingHttpResponseAccessControlExposeHeadersHeaderValue: cors.exposeHeaders.join(",") } : {}),
  };
}

import * as cloudfront from "@pulumi/aws/cloudfront/index.js";
import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as lb from "@pulumi/aws/lb/index.js";
import * as vpc from "@pulumi/aws/vpc/index.js";
import * as wafv2 from "@pulumi/aws/wafv2/index.js";
import type { Stack } from "../record.ts";

/** CloudFront, a firewall and a load balancer, each with the defaults of another decade. */
export const edge: Stack = {
  name: "an edge, a firewall and a load balancer",
  program() {
    const acl = new wafv2.WebAcl("counts", {
      scope: "CLOUDFRONT",
      defaultAction: { allow: {} },
      visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "counts", sampledRequestsEnabled: true },
      rules: [
        {
          name: "bad-inputs",
          priority: 1,
          overrideAction: { count: {} },
          statement: { managedRuleGroupStatement: { vendorName: "AWS", name: "AWSManagedRulesKnownBadInputsRuleSet" } },
          visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "bad-inputs", sampledRequestsEnabled: true },
        },
      ],
    });
    const unlogged = new wafv2.WebAcl("unlogged", {
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "unlogged", sampledRequestsEnabled: true },
    });
    const logs = new cloudwatch.LogGroup("aws-waf-logs-counts", { retentionInDays: 0, kmsKeyId: "arn:aws:kms:eu-west-1:1:key/1" });
    new wafv2.WebAclLoggingConfiguration("counts", {
      resourceArn: acl.arn,
      logDestinationConfigs: [logs.arn],
      redactedFields: [{ singleHeader: { name: "cookie" } }],
    });
    new cloudfront.Distribution("edge", {
      enabled: true,
      origins: [
        {
          originId: "shop",
          domainName: "origin.example.com",
          customOriginConfig: {
            httpPort: 80,
            httpsPort: 443,
            originProtocolPolicy: "match-viewer",
            originSslProtocols: ["TLSv1", "TLSv1.2"],
          },
        },
      ],
      defaultCacheBehavior: { targetOriginId: "shop", viewerProtocolPolicy: "allow-all", allowedMethods: ["GET"], cachedMethods: ["GET"] },
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: { cloudfrontDefaultCertificate: true },
    });
    const group = new ec2.SecurityGroup("front", {
      vpcId: "vpc-1",
      ingress: [
        { protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"] },
        { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] },
      ],
    });
    new ec2.SecurityGroupRule("postgres", {
      securityGroupId: group.id,
      type: "ingress",
      protocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      cidrBlocks: ["0.0.0.0/0"],
    });
    new ec2.SecurityGroupRule("out", {
      securityGroupId: group.id,
      type: "egress",
      protocol: "-1",
      fromPort: 0,
      toPort: 0,
      cidrBlocks: ["0.0.0.0/0"],
    });
    new vpc.SecurityGroupIngressRule("everything", { securityGroupId: group.id, ipProtocol: "-1", cidrIpv6: "::/0" });
    const balancer = new lb.LoadBalancer("front", { securityGroups: [group.id], subnets: ["subnet-1", "subnet-2"] });
    const targets = new lb.TargetGroup("shop", { vpcId: "vpc-1", port: 8080, protocol: "HTTP", targetType: "ip" });
    const on = { loadBalancerArn: balancer.arn, defaultActions: [{ type: "forward", targetGroupArn: targets.arn }] };
    new lb.Listener("plain", { ...on, port: 80, protocol: "HTTP" });
    new lb.Listener("old", {
      ...on,
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-2016-08",
      certificateArn: "arn:aws:acm:eu-west-1:1:certificate/1",
    });
    new wafv2.WebAclAssociation("front", { webAclArn: unlogged.arn, resourceArn: balancer.arn });
  },
  findings: [
    "aws-cloudfront-firewall edge",
    "aws-cloudfront-origin-https edge",
    "aws-cloudfront-viewer-https edge",
    "aws-cloudfront-viewer-tls edge",
    "aws-lb-invalid-headers front",
    "aws-lb-listener-tls old",
    "aws-lb-listener-tls plain",
    "aws-lb-target-tls shop",
    "aws-log-retention aws-waf-logs-counts",
    "aws-security-group-open everything",
    "aws-security-group-open front",
    "aws-security-group-open postgres",
    "aws-waf-known-bad-inputs counts",
    "aws-waf-known-bad-inputs unlogged",
    "aws-waf-log-redaction counts",
    "aws-waf-logging unlogged",
  ],
};

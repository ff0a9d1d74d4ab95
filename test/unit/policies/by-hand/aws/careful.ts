import * as acm from "@pulumi/aws/acm/index.js";
import * as apigateway from "@pulumi/aws/apigateway/index.js";
import * as apigatewayv2 from "@pulumi/aws/apigatewayv2/index.js";
import * as cloudfront from "@pulumi/aws/cloudfront/index.js";
import * as cloudwatch from "@pulumi/aws/cloudwatch/index.js";
import * as ec2 from "@pulumi/aws/ec2/index.js";
import * as iam from "@pulumi/aws/iam/index.js";
import * as kms from "@pulumi/aws/kms/index.js";
import * as lambda from "@pulumi/aws/lambda/index.js";
import * as lb from "@pulumi/aws/lb/index.js";
import * as s3 from "@pulumi/aws/s3/index.js";
import * as vpc from "@pulumi/aws/vpc/index.js";
import * as wafv2 from "@pulumi/aws/wafv2/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../record.ts";
import { ASSUME, allow, code } from "./shared.ts";

/** The same things by hand, with care: nothing to find. */
export const careful: Stack = {
  name: "with care",
  program() {
    const key = new kms.Key("logs", { enableKeyRotation: true });
    const logs = new cloudwatch.LogGroup("access", { retentionInDays: 90, kmsKeyId: key.arn });
    const role = new iam.Role("authorizer-role", { assumeRolePolicy: ASSUME });
    new iam.RolePolicyAttachment("authorizer-logs", {
      role: role.name,
      policyArn: "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    });
    new iam.RolePolicy("authorizer-keys", {
      role: role.id,
      policy: allow(["secretsmanager:GetSecretValue"], "arn:aws:secretsmanager:eu-west-1:1:secret:keys"),
    });
    const decides = new lambda.Function("decides", {
      role: role.arn,
      runtime: "nodejs22.x",
      handler: "index.handler",
      code: code(),
      reservedConcurrentExecutions: 50,
    });
    const api = new apigateway.RestApi("orders", { disableExecuteApiEndpoint: true, endpointConfiguration: { types: "REGIONAL" } });
    const authorizer = new apigateway.Authorizer("tokens", { restApi: api.id, type: "REQUEST", authorizerUri: decides.invokeArn });
    const orders = new apigateway.Resource("orders", { restApi: api.id, parentId: api.rootResourceId, pathPart: "orders" });
    const on = { restApi: api.id, resourceId: orders.id };
    const read = new apigateway.Method("read", { ...on, httpMethod: "GET", authorization: "CUSTOM", authorizerId: authorizer.id });
    new apigateway.Method("partner", { ...on, httpMethod: "POST", authorization: "NONE", apiKeyRequired: true });
    new apigateway.Integration("read", {
      ...on,
      httpMethod: read.httpMethod,
      type: "HTTP_PROXY",
      integrationHttpMethod: "GET",
      uri: "https://orders.example.com/orders",
    });
    const deployment = new apigateway.Deployment("live", { restApi: api.id });
    const shown = new apigateway.ClientCertificate("shown", {});
    const stage = new apigateway.Stage("live", {
      restApi: api.id,
      deployment: deployment.id,
      stageName: "live",
      clientCertificateId: shown.id,
      xrayTracingEnabled: true,
      accessLogSettings: {
        destinationArn: logs.arn,
        format: "$context.requestId $context.identity.apiKeyId $context.authorizer.principalId $context.status",
      },
    });
    new apigateway.MethodSettings("all", {
      restApi: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      settings: { metricsEnabled: true },
    });
    const acl = new wafv2.WebAcl("front", {
      scope: "REGIONAL",
      defaultAction: { allow: {} },
      visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "front", sampledRequestsEnabled: true },
      rules: [
        {
          name: "bad-inputs",
          priority: 1,
          overrideAction: { none: {} },
          statement: { managedRuleGroupStatement: { vendorName: "AWS", name: "AWSManagedRulesKnownBadInputsRuleSet" } },
          visibilityConfig: { cloudwatchMetricsEnabled: true, metricName: "bad-inputs", sampledRequestsEnabled: true },
        },
      ],
    });
    new wafv2.WebAclAssociation("front", { webAclArn: acl.arn, resourceArn: stage.arn });
    new wafv2.WebAclLoggingConfiguration("front", {
      resourceArn: acl.arn,
      logDestinationConfigs: [logs.arn],
      redactedFields: [
        { singleHeader: { name: "authorization" } },
        { singleHeader: { name: "cookie" } },
        { singleHeader: { name: "x-api-key" } },
      ],
    });
    const certificate = new acm.Certificate("name", {
      domainName: "orders.example.com",
      validationMethod: "DNS",
      keyAlgorithm: "EC_prime256v1",
    });
    new apigateway.DomainName("name", {
      domainName: "orders.example.com",
      regionalCertificateArn: certificate.arn,
      securityPolicy: "TLS_1_2",
    });
    const web = new apigatewayv2.Api("web", { protocolType: "HTTP", disableExecuteApiEndpoint: true });
    const jwt = new apigatewayv2.Authorizer("login", {
      apiId: web.id,
      authorizerType: "JWT",
      identitySources: ["$request.header.Authorization"],
      jwtConfiguration: { issuer: "https://login.example.com", audiences: ["shop"] },
    });
    new apigatewayv2.Route("stock", { apiId: web.id, routeKey: "GET /stock", authorizationType: "JWT", authorizerId: jwt.id });
    new apigatewayv2.Stage("web", {
      apiId: web.id,
      accessLogSettings: { destinationArn: logs.arn, format: "$context.requestId $context.status" },
    });
    const group = new ec2.SecurityGroup("front", {
      vpcId: "vpc-1",
      ingress: [{ protocol: "tcp", fromPort: 443, toPort: 443, cidrBlocks: ["0.0.0.0/0"], ipv6CidrBlocks: ["::/0"] }],
      egress: [{ protocol: "-1", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] }],
    });
    new vpc.SecurityGroupIngressRule("web", {
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: 443,
      toPort: 443,
      cidrIpv4: "0.0.0.0/0",
    });
    new vpc.SecurityGroupIngressRule("office", {
      securityGroupId: group.id,
      ipProtocol: "tcp",
      fromPort: 22,
      toPort: 22,
      cidrIpv4: "198.51.100.0/24",
    });
    new ec2.SecurityGroupRule("inner", {
      securityGroupId: group.id,
      type: "ingress",
      protocol: "tcp",
      fromPort: 5432,
      toPort: 5432,
      self: true,
    });
    const balancer = new lb.LoadBalancer("front", {
      securityGroups: [group.id],
      subnets: ["subnet-1", "subnet-2"],
      dropInvalidHeaderFields: true,
    });
    const targets = new lb.TargetGroup("shop", { vpcId: "vpc-1", port: 8443, protocol: "HTTPS", targetType: "ip" });
    new lb.Listener("plain", {
      loadBalancerArn: balancer.arn,
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS", port: "443", statusCode: "HTTP_301" } }],
    });
    new lb.Listener("tls", {
      loadBalancerArn: balancer.arn,
      port: 443,
      protocol: "HTTPS",
      sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
      certificateArn: certificate.arn,
      defaultActions: [{ type: "forward", targetGroupArn: targets.arn }],
    });
    const bucket = new s3.Bucket("truststore", {});
    new s3.BucketPublicAccessBlock("truststore", {
      bucket: bucket.id,
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    new cloudfront.Distribution("edge", {
      enabled: true,
      webAclId: "arn:aws:wafv2:us-east-1:1:global/webacl/edge/1",
      origins: [
        {
          originId: "shop",
          domainName: "origin.example.com",
          customOriginConfig: { httpPort: 80, httpsPort: 443, originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] },
        },
      ],
      defaultCacheBehavior: { targetOriginId: "shop", viewerProtocolPolicy: "https-only", allowedMethods: ["GET"], cachedMethods: ["GET"] },
      restrictions: { geoRestriction: { restrictionType: "none" } },
      viewerCertificate: { acmCertificateArn: certificate.arn, sslSupportMethod: "sni-only", minimumProtocolVersion: "TLSv1.2_2021" },
    });
    new acm.Certificate("pasted", {
      certificateBody: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      privateKey: pulumi.secret("-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----"),
    });
  },
  findings: [],
};

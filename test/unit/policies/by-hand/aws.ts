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
import type { Stack } from "./record.ts";

const ASSUME = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: "lambda.amazonaws.com" } }],
});
const allow = (Action: string | string[], Resource: string | string[]) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] });
const code = () => new pulumi.asset.AssetArchive({ "index.mjs": new pulumi.asset.StringAsset("export const handler = async () => ({});") });

/** A REST API as it comes out of an afternoon with the console and a tutorial. */
const restApi: Stack = {
  name: "a REST API, resource by resource",
  program() {
    const api = new apigateway.RestApi("orders", { name: "orders" });
    const role = new iam.Role("authorizer-role", { assumeRolePolicy: ASSUME });
    new iam.RolePolicyAttachment("authorizer-admin", { role: role.name, policyArn: "arn:aws:iam::aws:policy/AdministratorAccess" });
    const decides = new lambda.Function("decides", { role: role.arn, runtime: "nodejs22.x", handler: "index.handler", code: code() });
    const authorizer = new apigateway.Authorizer("tokens", {
      restApi: api.id,
      type: "REQUEST",
      identitySource: "",
      authorizerUri: decides.invokeArn,
    });
    const orders = new apigateway.Resource("orders", { restApi: api.id, parentId: api.rootResourceId, pathPart: "orders" });
    const on = { restApi: api.id, resourceId: orders.id };
    const read = new apigateway.Method("read", { ...on, httpMethod: "GET", authorization: "NONE" });
    const write = new apigateway.Method("write", { ...on, httpMethod: "POST", authorization: "CUSTOM", authorizerId: authorizer.id });
    const ask = new apigateway.Method("preflight", { ...on, httpMethod: "OPTIONS", authorization: "NONE" });
    const to = (uri: string) => ({ ...on, type: "HTTP_PROXY", integrationHttpMethod: "ANY", uri });
    new apigateway.Integration("read", { ...to("http://orders.example.com/orders"), httpMethod: read.httpMethod });
    new apigateway.Integration("write", {
      ...to("https://orders.example.com/orders"),
      httpMethod: write.httpMethod,
      tlsConfig: { insecureSkipVerification: true },
    });
    new apigateway.Integration("preflight", { ...on, httpMethod: ask.httpMethod, type: "MOCK" });
    const deployment = new apigateway.Deployment("live", { restApi: api.id });
    const logs = new cloudwatch.LogGroup("access", {});
    const stage = new apigateway.Stage("live", {
      restApi: api.id,
      deployment: deployment.id,
      stageName: "live",
      accessLogSettings: { destinationArn: logs.arn, format: "$context.requestId $context.identity.apiKey $context.status" },
    });
    new apigateway.MethodSettings("all", {
      restApi: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      settings: { cachingEnabled: true, dataTraceEnabled: true, loggingLevel: "INFO" },
    });
    const certificate = new acm.Certificate("name", {
      domainName: "orders.example.com",
      validationMethod: "EMAIL",
      keyAlgorithm: "RSA_1024",
      options: { certificateTransparencyLoggingPreference: "DISABLED" },
    });
    new apigateway.DomainName("name", {
      domainName: "orders.example.com",
      regionalCertificateArn: certificate.arn,
      securityPolicy: "TLS_1_0",
    });
  },
  findings: [
    "aws-acm-dns-validation name",
    "aws-acm-key-length name",
    "aws-acm-transparency name",
    "aws-api-access-log-secrets live",
    "aws-api-default-endpoint orders",
    "aws-api-domain-tls name",
    "aws-api-integration-tls read",
    "aws-api-integration-tls write",
    "aws-authorizer-cache-key tokens",
    "aws-iam-least-privilege authorizer-admin",
    "aws-lambda-concurrency decides",
    "aws-log-encryption access",
    "aws-log-retention access",
    "aws-rest-cache-encrypted all",
    "aws-rest-client-certificate live",
    "aws-rest-data-trace all",
    "aws-rest-firewall live",
    "aws-rest-method-authorization read",
    "aws-rest-tracing live",
  ],
};

/** APIs that are imported: from an OpenAPI document, private, and an HTTP API. */
const imported: Stack = {
  name: "imported APIs and an HTTP API",
  program() {
    const paths = (uri: string) => ({
      "/stock": { get: { "x-amazon-apigateway-integration": { type: "http_proxy", httpMethod: "GET", uri } } },
    });
    new apigateway.RestApi("inner", {
      body: JSON.stringify({ openapi: "3.0.1", info: { title: "inner", version: "1" }, paths: paths("http://stock.internal/stock") }),
      disableExecuteApiEndpoint: true,
      endpointConfiguration: { types: "PRIVATE" },
    });
    const api = new apigatewayv2.Api("web", { protocolType: "HTTP", corsConfiguration: { allowOrigins: ["*"] } });
    const integration = new apigatewayv2.Integration("stock", {
      apiId: api.id,
      integrationType: "HTTP_PROXY",
      integrationMethod: "ANY",
      integrationUri: "http://stock.example.com",
    });
    const target = pulumi.interpolate`integrations/${integration.id}`;
    new apigatewayv2.Route("everything", { apiId: api.id, routeKey: "$default", target });
    new apigatewayv2.Route("health", { apiId: api.id, routeKey: "OPTIONS /stock", target });
    new apigatewayv2.Stage("web", { apiId: api.id, autoDeploy: true });
    new apigatewayv2.DomainName("web", {
      domainName: "stock.example.com",
      domainNameConfiguration: {
        certificateArn: "arn:aws:acm:eu-west-1:1:certificate/1",
        endpointType: "REGIONAL",
        securityPolicy: "TLS_1_0",
      },
    });
  },
  findings: [
    "aws-api-access-log web",
    "aws-api-body-integration-tls inner",
    "aws-api-default-endpoint web",
    "aws-api-integration-tls stock",
    "aws-http-api-domain-tls web",
    "aws-http-route-authorization everything",
    "aws-rest-private-policy inner",
  ],
};

/** CloudFront, a firewall and a load balancer, each with the defaults of another decade. */
const edge: Stack = {
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

/** What stands around a gateway. */
const platform: Stack = {
  name: "keys, buckets and rights",
  program() {
    new kms.Key("logs", { description: "encrypts logs" });
    new kms.Key("signs", { keyUsage: "SIGN_VERIFY", customerMasterKeySpec: "ECC_NIST_P256" });
    new s3.Bucket("truststore", {});
    const half = new s3.Bucket("half", {});
    new s3.BucketPublicAccessBlock("half", { bucket: half.id, blockPublicAcls: true, blockPublicPolicy: true });
    new iam.Policy("everything", { policy: allow("*", "*") });
    new iam.Policy("storage", { policy: allow(["s3:*"], "*") });
    new iam.Role("inline", { assumeRolePolicy: ASSUME, inlinePolicies: [{ name: "all", policy: allow("*", "*") }] });
    new iam.Role("managed", { assumeRolePolicy: ASSUME, managedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] });
    new iam.Policy("but", {
      policy: JSON.stringify({ Version: "2012-10-17", Statement: { Effect: "Allow", NotAction: "iam:*", Resource: "*" } }),
    });
    new acm.Certificate("pasted", {
      certificateBody: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
      privateKey: "-----BEGIN EC PRIVATE KEY-----\nMHcC\n-----END EC PRIVATE KEY-----",
    });
    new lambda.Function("with-key", {
      role: "arn:aws:iam::1:role/x",
      runtime: "nodejs22.x",
      handler: "index.handler",
      code: code(),
      reservedConcurrentExecutions: 10,
      environment: { variables: { SIGNING_KEY: "-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----" } },
    });
  },
  findings: [
    "aws-bucket-public-access half",
    "aws-bucket-public-access truststore",
    "aws-iam-least-privilege but",
    "aws-iam-least-privilege everything",
    "aws-iam-least-privilege inline",
    "aws-iam-least-privilege managed",
    "aws-iam-least-privilege storage",
    "aws-kms-rotation logs",
    "private-key-in-plaintext with-key",
  ],
};

/** The same things by hand, with care: nothing to find. */
const careful: Stack = {
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

export const awsStacks: readonly Stack[] = [restApi, imported, edge, platform, careful];

import { LATER, type RuleCases, ref } from "./cases.ts";

const settings = (settings: Record<string, unknown>) => ({ props: { settings } });
const statement = (...Statement: Record<string, unknown>[]) => ({
  props: { policy: JSON.stringify({ Version: "2012-10-17", Statement }) },
});
const body = (integration: Record<string, unknown>) => ({
  props: { body: JSON.stringify({ paths: { "/a": { get: { "x-amazon-apigateway-integration": integration } } } }) },
});
const rules = (...names: string[]) =>
  names.map((name) => ({ name, overrideAction: { none: {} }, statement: { managedRuleGroupStatement: { name } } }));
const ingress = (fromPort: unknown, toPort: unknown, cidrBlocks: unknown, ipv6CidrBlocks?: unknown) => ({
  props: { ingress: [{ fromPort, toPort, protocol: "tcp", cidrBlocks, ipv6CidrBlocks }] },
});
const log = { destinationArn: ref("logs.arn"), format: "$context.requestId" };
const closed = { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true };
const ROLE = "aws:iam/role:Role";
const ATTACHED = "aws:iam/rolePolicyAttachment:RolePolicyAttachment";
const MANAGED = "arn:aws:iam::aws:policy";
const RULE = "aws:ec2/securityGroupRule:SecurityGroupRule";
const INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule";
const BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock";

export const awsCases: Record<string, RuleCases> = {
  "aws-api-default-endpoint": {
    pass: [{ props: { disableExecuteApiEndpoint: true } }],
    fail: [{ props: {} }, { props: { disableExecuteApiEndpoint: false } }],
    undefined: [{ props: { disableExecuteApiEndpoint: LATER } }],
  },
  "aws-api-domain-tls": {
    pass: [{ props: { securityPolicy: "TLS_1_2" } }, { props: { securityPolicy: "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09" } }],
    fail: [{ props: {} }, { props: { securityPolicy: "TLS_1_0" } }],
    undefined: [{ props: { securityPolicy: LATER } }],
  },
  "aws-http-api-domain-tls": {
    pass: [{ props: { domainNameConfiguration: { securityPolicy: "TLS_1_2" } } }],
    fail: [{ props: { domainNameConfiguration: {} } }],
    undefined: [{ props: { domainNameConfiguration: LATER } }],
  },
  "aws-api-access-log": {
    pass: [{ props: { accessLogSettings: log } }],
    fail: [{ props: {} }, { props: { accessLogSettings: { destinationArn: ref("logs.arn") } } }],
    undefined: [],
  },
  "aws-api-access-log-secrets": {
    pass: [
      { props: { accessLogSettings: log } },
      { props: {} },
      { props: { accessLogSettings: { format: "$context.identity.apiKeyId" } } },
    ],
    fail: [
      { props: { accessLogSettings: { format: "$context.identity.apiKey" } } },
      { props: { accessLogSettings: { format: '{"a":"$request.header.Authorization"}' } } },
    ],
    undefined: [{ props: { accessLogSettings: { format: LATER } } }],
  },
  "aws-rest-client-certificate": {
    pass: [{ props: { clientCertificateId: ref("certificate.id") } }],
    fail: [{ props: {} }],
    undefined: [],
  },
  "aws-rest-cache-encrypted": {
    pass: [settings({}), settings({ cachingEnabled: true, cacheDataEncrypted: true })],
    fail: [settings({ cachingEnabled: true })],
    undefined: [settings({ cachingEnabled: LATER })],
  },
  "aws-rest-data-trace": {
    pass: [settings({}), settings({ dataTraceEnabled: false })],
    fail: [settings({ dataTraceEnabled: true })],
    undefined: [settings({ dataTraceEnabled: LATER })],
  },
  "aws-rest-firewall": {
    pass: [{ props: {}, beside: [{ type: "aws:wafv2/webAclAssociation:WebAclAssociation", uses: true }] }],
    fail: [{ props: {} }, { props: {}, beside: [{ type: "aws:wafv2/webAclAssociation:WebAclAssociation" }] }],
    undefined: [],
  },
  "aws-rest-method-authorization": {
    pass: [
      { props: { httpMethod: "GET", authorization: "CUSTOM" } },
      { props: { httpMethod: "OPTIONS", authorization: "NONE" } },
      { props: { httpMethod: "GET", authorization: "NONE", apiKeyRequired: true } },
    ],
    fail: [{ props: { httpMethod: "GET", authorization: "NONE" } }],
    undefined: [{ props: { httpMethod: LATER, authorization: "NONE" } }],
  },
  "aws-http-route-authorization": {
    pass: [{ props: { routeKey: "GET /a", authorizationType: "JWT" } }, { props: { routeKey: "OPTIONS /{proxy+}" } }],
    fail: [{ props: { routeKey: "$default" } }, { props: { routeKey: "GET /a", authorizationType: "NONE" } }],
    undefined: [{ props: { routeKey: "GET /a", authorizationType: LATER } }, { props: { routeKey: LATER } }],
  },
  "aws-api-integration-tls": {
    pass: [{ props: { uri: "https://a.example" } }],
    fail: [
      { props: { uri: "http://a.example" } },
      { props: { uri: "https://a.example", tlsConfig: { insecureSkipVerification: true } } },
      { props: { integrationUri: "HTTP://a.example" }, type: "aws:apigatewayv2/integration:Integration" },
    ],
    undefined: [
      { props: { uri: LATER } },
      { props: { integrationUri: ref("listener.arn") }, type: "aws:apigatewayv2/integration:Integration" },
    ],
  },
  "aws-api-body-integration-tls": {
    pass: [{ props: {} }, body({ uri: "https://a.example/{id}" }), { props: { body: "no json" } }],
    fail: [body({ uri: "http://a.example" }), body({ uri: "https://a.example", tlsConfig: { insecureSkipVerification: true } })],
    undefined: [{ props: { body: LATER } }],
  },
  "aws-authorizer-cache-key": {
    pass: [
      { props: { type: "REQUEST", authorizerResultTtlInSeconds: 0 } },
      { props: { type: "REQUEST", authorizerResultTtlInSeconds: 60, identitySource: "method.request.header.Authorization" } },
      { props: { type: "REQUEST", authorizerResultTtlInSeconds: 60 } },
      { props: { type: "TOKEN" } },
    ],
    fail: [{ props: { type: "REQUEST", authorizerResultTtlInSeconds: 60, identitySource: "" } }],
    undefined: [{ props: { type: "REQUEST", authorizerResultTtlInSeconds: LATER } }],
  },
  "aws-rest-private-policy": {
    pass: [
      { props: { endpointConfiguration: { types: "REGIONAL" } } },
      { props: { endpointConfiguration: { types: ["PRIVATE"] }, policy: "{}" } },
    ],
    fail: [{ props: { endpointConfiguration: { types: "PRIVATE" } } }],
    undefined: [{ props: { endpointConfiguration: LATER } }],
  },
  "aws-rest-tracing": {
    pass: [{ props: { xrayTracingEnabled: true } }],
    fail: [{ props: {} }],
    undefined: [{ props: { xrayTracingEnabled: LATER } }],
  },
  "aws-cloudfront-viewer-https": {
    pass: [
      {
        props: {
          defaultCacheBehavior: { viewerProtocolPolicy: "redirect-to-https" },
          orderedCacheBehaviors: [{ viewerProtocolPolicy: "https-only" }],
        },
      },
    ],
    fail: [
      { props: { defaultCacheBehavior: { viewerProtocolPolicy: "allow-all" } } },
      {
        props: {
          defaultCacheBehavior: { viewerProtocolPolicy: "https-only" },
          orderedCacheBehaviors: [{ viewerProtocolPolicy: "allow-all" }],
        },
      },
    ],
    undefined: [{ props: { defaultCacheBehavior: LATER } }],
  },
  "aws-cloudfront-viewer-tls": {
    pass: [{ props: { viewerCertificate: { minimumProtocolVersion: "TLSv1.2_2021" } } }],
    fail: [
      { props: { viewerCertificate: { cloudfrontDefaultCertificate: true } } },
      { props: { viewerCertificate: { minimumProtocolVersion: "TLSv1" } } },
    ],
    undefined: [{ props: { viewerCertificate: LATER } }],
  },
  "aws-cloudfront-origin-https": {
    pass: [
      { props: { origins: [{ customOriginConfig: { originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1.2"] } }] } },
      { props: { origins: [{ s3OriginConfig: {} }] } },
    ],
    fail: [
      { props: { origins: [{ customOriginConfig: { originProtocolPolicy: "match-viewer", originSslProtocols: ["TLSv1.2"] } }] } },
      { props: { origins: [{ customOriginConfig: { originProtocolPolicy: "https-only", originSslProtocols: ["TLSv1", "TLSv1.2"] } }] } },
    ],
    undefined: [{ props: { origins: [{ customOriginConfig: LATER }] } }],
  },
  "aws-cloudfront-firewall": {
    pass: [{ props: { webAclId: ref("acl.arn") } }],
    fail: [{ props: {} }],
    undefined: [],
  },
  "aws-waf-known-bad-inputs": {
    pass: [
      { props: { defaultAction: { allow: {} }, rules: rules("Other", "AWSManagedRulesKnownBadInputsRuleSet") } },
      { props: { defaultAction: { block: {} } } },
    ],
    fail: [
      { props: { defaultAction: { allow: {} }, rules: rules("AWSManagedRulesCommonRuleSet") } },
      {
        props: {
          rules: [
            { overrideAction: { count: {} }, statement: { managedRuleGroupStatement: { name: "AWSManagedRulesKnownBadInputsRuleSet" } } },
          ],
        },
      },
    ],
    undefined: [{ props: { rules: LATER } }],
  },
  "aws-waf-logging": {
    pass: [{ props: {}, beside: [{ type: "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", uses: true }] }],
    fail: [{ props: {} }],
    undefined: [],
  },
  "aws-waf-log-redaction": {
    pass: [{ props: { redactedFields: [{ singleHeader: { name: "authorization" } }, { singleHeader: { name: "cookie" } }] } }],
    fail: [{ props: {} }, { props: { redactedFields: [{ singleHeader: { name: "authorization" } }] } }],
    undefined: [{ props: { redactedFields: LATER } }],
  },
  "aws-acm-transparency": {
    pass: [{ props: {} }, { props: { options: { certificateTransparencyLoggingPreference: "ENABLED" } } }],
    fail: [{ props: { options: { certificateTransparencyLoggingPreference: "DISABLED" } } }],
    undefined: [{ props: { options: LATER } }],
  },
  "aws-acm-dns-validation": {
    pass: [{ props: { validationMethod: "DNS" } }, { props: {} }],
    fail: [{ props: { validationMethod: "EMAIL" } }],
    undefined: [{ props: { validationMethod: LATER } }],
  },
  "aws-acm-key-length": {
    pass: [{ props: { keyAlgorithm: "EC_prime256v1" } }, { props: {} }],
    fail: [{ props: { keyAlgorithm: "RSA_1024" } }],
    undefined: [{ props: { keyAlgorithm: LATER } }],
  },
  "aws-log-retention": {
    pass: [{ props: { retentionInDays: 30 } }],
    fail: [{ props: {} }, { props: { retentionInDays: 0 } }],
    undefined: [{ props: { retentionInDays: LATER } }],
  },
  "aws-log-encryption": { pass: [{ props: { kmsKeyId: ref("key.arn") } }], fail: [{ props: {} }], undefined: [] },
  "aws-kms-rotation": {
    pass: [{ props: { enableKeyRotation: true } }, { props: { customerMasterKeySpec: "ECC_NIST_P256" } }],
    fail: [{ props: {} }],
    undefined: [{ props: { customerMasterKeySpec: LATER } }],
  },
  "aws-lambda-concurrency": {
    pass: [{ props: { reservedConcurrentExecutions: 50 } }],
    fail: [{ props: {} }, { props: { reservedConcurrentExecutions: -1 } }],
    undefined: [{ props: { reservedConcurrentExecutions: LATER } }],
  },
  "aws-iam-least-privilege": {
    pass: [
      statement({ Effect: "Allow", Action: ["logs:PutLogEvents"], Resource: "*" }),
      statement({ Effect: "Deny", Action: "*", Resource: "*" }),
      statement({ Effect: "Allow", Action: "s3:*", Resource: `${ref("bucket.arn")}/*` }),
      { type: ROLE, props: { managedPolicyArns: [`${MANAGED}/service-role/AWSLambdaBasicExecutionRole`] } },
      { type: ATTACHED, props: { policyArn: `${MANAGED}/ReadOnlyAccess` } },
    ],
    fail: [
      statement({ Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::a" }),
      statement({ Effect: "Allow", Action: ["s3:GetObject", "s3:*"], Resource: ["*"] }),
      statement({ Effect: "Allow", NotAction: "iam:*", Resource: "*" }),
      { type: ROLE, props: { inlinePolicies: [{}, statement({ Effect: "Allow", Action: "*", Resource: "*" }).props] } },
      { type: ROLE, props: { managedPolicyArns: [`${MANAGED}/AdministratorAccess`] } },
      { type: ATTACHED, props: { policyArn: "arn:aws-cn:iam::aws:policy/PowerUserAccess" } },
    ],
    undefined: [
      { props: { policy: LATER } },
      { type: ATTACHED, props: { policyArn: LATER } },
      { type: ROLE, props: { inlinePolicies: LATER } },
    ],
  },
  "aws-bucket-public-access": {
    pass: [{ props: {}, beside: [{ type: BLOCK, uses: true, props: closed }] }],
    fail: [{ props: {} }, { props: {}, beside: [{ type: BLOCK, uses: true, props: { ...closed, blockPublicPolicy: false } }] }],
    undefined: [{ props: {}, beside: [{ type: BLOCK, uses: true, props: { ...closed, blockPublicAcls: LATER } }] }],
  },
  "aws-lb-listener-tls": {
    pass: [
      { props: { protocol: "HTTPS", sslPolicy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09" } },
      { props: { protocol: "TCP" } },
      { props: { protocol: "HTTP", defaultActions: [{ type: "redirect", redirect: { protocol: "HTTPS" } }] } },
    ],
    fail: [
      { props: { protocol: "HTTPS" } },
      { props: { protocol: "HTTPS", sslPolicy: "ELBSecurityPolicy-2016-08" } },
      { props: { protocol: "HTTP", defaultActions: [{ type: "forward" }] } },
      { props: { protocol: "UDP" } },
    ],
    undefined: [{ props: { protocol: LATER } }],
  },
  "aws-lb-target-tls": {
    pass: [{ props: { protocol: "HTTPS" } }, { props: { protocol: "TCP" } }],
    fail: [{ props: { protocol: "HTTP" } }, { props: {} }],
    undefined: [{ props: { protocol: LATER } }],
  },
  "aws-lb-invalid-headers": {
    pass: [{ props: { dropInvalidHeaderFields: true } }, { props: { loadBalancerType: "network" } }],
    fail: [{ props: {} }],
    undefined: [{ props: { loadBalancerType: LATER } }],
  },
  "aws-security-group-open": {
    pass: [
      ingress(443, 443, ["0.0.0.0/0"]),
      ingress(22, 22, ["10.0.0.0/8"]),
      { type: RULE, props: { type: "egress", fromPort: 0, toPort: 0, cidrBlocks: ["0.0.0.0/0"] } },
      { type: INGRESS, props: { fromPort: 443, toPort: 443, cidrIpv4: "0.0.0.0/0" } },
    ],
    fail: [
      { type: RULE, props: { type: "ingress", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] } },
      { type: INGRESS, props: { ipProtocol: "-1", cidrIpv6: "::/0" } },
      ingress(22, 22, ["0.0.0.0/0"]),
      ingress(0, 65535, ["0.0.0.0/0"]),
      ingress(8443, 8443, undefined, ["::/0"]),
    ],
    undefined: [ingress(LATER, 22, ["0.0.0.0/0"]), { type: RULE, props: { type: LATER } }, { type: INGRESS, props: { cidrIpv4: LATER } }],
  },
};

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, describe, it } from "mocha";
import type { GatewayPlan } from "../../../automation/plan/plan.ts";
import { mergePatch } from "../../../components/spec/overlay.ts";
import { assertAfter, inventory, planOf, resource, resources } from "../../support/plan.ts";
import { EDGE, HTTP, LOGIN, NETWORK, REASON, REGIONAL, text } from "./documents.ts";
import { opened } from "./readable.ts";

/** What a deployment must promise whatever else changes; the whole of it is in test/golden/aws/plans. */

/** How a plan shows what AWS computes. */
const ref = (output: string) => ["$", "{", output, "}"].join("");

const plan = (base: unknown, patch: unknown = {}) => planOf("aws", text(base, patch));

const API = "aws:apigateway/restApi:RestApi";
const bodyOf = (planned: GatewayPlan) => JSON.parse(String(resource(planned, API).inputs.body)) as unknown;

const PROTECTED = {
  jwt: { providers: { login: LOGIN } },
  plans: { gold: { rateLimit: { requests: 10, per: "second" } } },
  consumers: { partner: { plan: "gold" } },
  access: { denyCidrs: ["192.0.2.66/32"] },
  routes: {
    orders: { path: "/orders", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
    feed: { path: "/feed", methods: ["GET"], backend: "orders", require: [{ apiKey: true }] },
  },
};

interface PolicyStatement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Principal?: unknown;
  readonly Condition?: unknown;
}
const statements = (value: unknown) => (JSON.parse(String(value)) as { Statement: PolicyStatement[] }).Statement;

describe("AWS promises: resources", () => {
  it("has as many of them for 1,000 routes as for 10", async () => {
    const routes = (count: number) => ({
      aws: { quotas: { resourcesPerApi: 2000 } },
      jwt: { providers: { login: LOGIN } },
      routes: {
        health: null,
        ...Object.fromEntries(
          Array.from({ length: count }, (_, i) => [
            `r${i}`,
            { path: `/r${i}`, methods: ["GET", "POST"], backend: "orders", require: [{ jwt: "login", scopes: ["orders.read"] }] },
          ]),
        ),
      },
    });
    const [few, many] = [await plan(EDGE, routes(10)), await plan(EDGE, routes(1000))];
    assert.deepEqual(inventory(many), inventory(few));
    const { paths } = bodyOf(many) as { paths: Record<string, Record<string, { security?: unknown }>> };
    assert.equal(Object.keys(paths).length, 1000);
    for (const item of Object.values(paths)) {
      assert.deepEqual(Object.keys(item), ["get", "head", "post", "x-amazon-apigateway-any-method"]);
      for (const method of ["get", "head", "post"]) assert.deepEqual(item[method]?.security, [{ gateway: [] }]);
    }
    assert.ok(String(resource(many, API).inputs.body).length < 6_000_000);
  });

  it("creates the same names every time, and every one under the gateway", async () => {
    const [one, two] = [await plan(REGIONAL, PROTECTED), await plan(REGIONAL, PROTECTED)];
    assert.deepEqual(one, two);
    for (const { name, type, parent } of one.resources) {
      assert.ok(name === "shop" || name.startsWith("shop-"), name);
      assert.equal(parent === undefined, type === "secure-gateway:index:SecureGateway", name);
    }
  });
});

describe("AWS promises: the deployed definition", () => {
  const triggers = async (base: unknown, patch: unknown) =>
    resource(await plan(base, patch), "aws:apigateway/deployment:Deployment").inputs.triggers as Record<string, string>;
  const merged = mergePatch(REGIONAL, { ...PROTECTED, cors: { allowOrigins: ["https://shop.example.com"] } });

  const changes: Record<string, unknown> = {
    "a path": { routes: { orders: { path: "/orders2" } } },
    "a method": { routes: { orders: { methods: ["GET", "POST"] } } },
    "a requirement": { routes: { orders: { require: [{ jwt: "login", apiKey: true }] } } },
    "a timeout": { routes: { orders: { timeout: "5s" } } },
    "a backend's address": { backends: { orders: { url: "https://orders2.shop.example.com" } } },
    "denied addresses": { access: { denyCidrs: ["192.0.2.67/32"] } },
    "allowed addresses": { access: { allowCidrs: ["203.0.113.0/24"] } },
    "a request header": { headers: { request: { set: { "x-a": "b" } } } },
    "the origins": { cors: { allowOrigins: ["https://other.example.com"] } },
    "Strict-Transport-Security": { tls: { hsts: { maxAgeDays: 100 } } },
    "the key's header": { apiKeys: { header: "x-partner-key" } },
    "a limit where there was none": { rateLimit: { requests: 5, per: "second", key: "gateway" } },
    "the TLS version": { tls: { minimumVersion: "1.3" } },
  };
  for (const [what, change] of Object.entries(changes))
    it(`is another one when ${what} changes`, async () => {
      assert.notDeepEqual(await triggers(merged, change), await triggers(merged, {}));
    });

  const same: Record<string, unknown> = {
    nothing: {},
    "an alarm": { observability: { alarms: { notify: ["mailto:ops@example.com"] } } },
    "log retention": { observability: { accessLogs: { retentionDays: 90 } } },
    "a health check": { backends: { orders: { healthCheck: { path: "/healthz" } } } },
    "the firewall": { waf: "managed" },
  };
  for (const [what, change] of Object.entries(same))
    it(`stays the same when ${what} changes`, async () => {
      assert.deepEqual(await triggers(merged, change), await triggers(merged, {}));
    });

  it("names the version of the authorizer, so that a change of what it decides by is another deployment", async () => {
    const planned = await plan(REGIONAL, PROTECTED);
    const { components } = bodyOf(planned) as { components: { securitySchemes: Record<string, Record<string, never>> } };
    assert.deepEqual(components.securitySchemes.gateway?.["x-amazon-apigateway-authorizer"], {
      type: "request",
      authorizerUri: ref("shop-authorizer.qualifiedInvokeArn"),
      authorizerCredentials: ref("shop-invoker-role.arn"),
      authorizerResultTtlInSeconds: 0,
    });
    assert.equal(resource(planned, "aws:lambda/function:Function").inputs.publish, true);
  });

  it("contains the resource policy, denied addresses before allowed ones", async () => {
    const planned = await plan(REGIONAL, { access: { allowCidrs: ["203.0.113.0/24"], denyCidrs: ["203.0.113.66/32"] } });
    const invoke = { Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*/*/*" };
    assert.deepEqual((bodyOf(planned) as Record<string, unknown>)["x-amazon-apigateway-policy"], {
      Version: "2012-10-17",
      Statement: [
        { Effect: "Allow", ...invoke },
        { Effect: "Deny", ...invoke, Condition: { IpAddress: { "aws:SourceIp": ["203.0.113.66/32"] } } },
        { Effect: "Deny", ...invoke, Condition: { NotIpAddress: { "aws:SourceIp": ["203.0.113.0/24"] } } },
      ],
    });
  });

  it("leaves every method of every path to a named route, a preflight or 405", async () => {
    const planned = await plan(mergePatch(REGIONAL, PROTECTED), { cors: { allowOrigins: ["https://shop.example.com"] } });
    const { paths } = bodyOf(planned) as { paths: Record<string, Record<string, Record<string, never>>> };
    for (const [path, item] of Object.entries(paths)) {
      assert.deepEqual(Object.keys(item).sort(), ["get", "head", "options", "x-amazon-apigateway-any-method"], path);
      assert.deepEqual(item.options?.security, [], path);
      assert.equal((item.options?.["x-amazon-apigateway-integration"] as { type: string } | undefined)?.type, "mock");
      const other = item["x-amazon-apigateway-any-method"]?.["x-amazon-apigateway-integration"] as
        | {
            type: string;
            responses: { default: { statusCode: string; responseParameters: Record<string, string> } };
          }
        | undefined;
      assert.equal(other?.type, "mock");
      assert.equal(other?.responses.default.statusCode, "405");
      assert.equal(other?.responses.default.responseParameters["method.response.header.allow"], "'GET, HEAD, OPTIONS'");
    }
  });
});

describe("AWS promises: security", () => {
  let prod: GatewayPlan;
  let mutual: GatewayPlan;

  before(async () => {
    prod = await plan(EDGE, {
      ...PROTECTED,
      waf: "managed",
      aws: { cloudwatchRole: "create" },
      rateLimit: { requests: 50, per: "second", key: "clientIp" },
      observability: { tracing: true, alarms: { notify: ["mailto:ops@example.com"] } },
    });
    const root = readFileSync(new URL("../../golden/aws/plans/in/files/ca.pem", import.meta.url), "utf8");
    mutual = await plan(REGIONAL, { tls: { clientValidation: { caCertificates: [root], mode: "Required" } } });
  });

  it("closes the cloud's own address on both flavours, and maps the domain to one stage", async () => {
    assert.equal(resource(prod, API).inputs.disableExecuteApiEndpoint, true);
    const http = await plan(HTTP);
    assert.equal(resource(http, "aws:apigatewayv2/api:Api").inputs.disableExecuteApiEndpoint, true);
    assert.equal(resources(prod, "aws:apigateway/basePathMapping:BasePathMapping").length, 1);
  });

  it("sets the same TLS policy on API and domain", async () => {
    const cases: [unknown, unknown, string, string | undefined][] = [
      [REGIONAL, {}, "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "STRICT"],
      [REGIONAL, { tls: { minimumVersion: "1.3" } }, "SecurityPolicy_TLS13_1_3_2025_09", "STRICT"],
      [EDGE, { tls: { minimumVersion: "1.3" } }, "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "BASIC"],
    ];
    for (const [base, patch, policy, mode] of cases) {
      const planned = await plan(base, patch);
      for (const type of [API, "aws:apigateway/domainName:DomainName"]) {
        assert.equal(resource(planned, type).inputs.securityPolicy, policy);
        assert.equal(resource(planned, type).inputs.endpointAccessMode, mode);
      }
    }
    for (const type of [API, "aws:apigateway/domainName:DomainName"]) assert.equal(resource(mutual, type).inputs.securityPolicy, "TLS_1_2");
  });

  it("refuses old TLS at CloudFront and speaks TLS alone to the origin", async () => {
    const distribution = (planned: GatewayPlan) =>
      resource(planned, "aws:cloudfront/distribution:Distribution").inputs as Record<string, never>;
    const { viewerCertificate, origins, defaultCacheBehavior } = distribution(prod) as Record<string, Record<string, unknown>>;
    assert.equal(viewerCertificate?.minimumProtocolVersion, "TLSv1.2_2021");
    assert.equal(defaultCacheBehavior?.viewerProtocolPolicy, "redirect-to-https");
    assert.match(JSON.stringify(origins), /"originProtocolPolicy":"https-only",.*"originSslProtocols":\["TLSv1.2"\]/);
    // The header that opens the origin is a secret.
    assert.match(JSON.stringify(origins), /"customHeaders":\[\{"name":"x-gateway-origin","value":"\[secret\]"\}\]/);
    const strict = distribution(await plan(EDGE, { tls: { minimumVersion: "1.3" }, http: "refuse" })) as Record<
      string,
      Record<string, unknown>
    >;
    assert.equal(strict.viewerCertificate?.minimumProtocolVersion, "TLSv1.3_2025");
    assert.equal(strict.defaultCacheBehavior?.viewerProtocolPolicy, "https-only");
  });

  it("lets nobody but CloudFront through to the origin", () => {
    const acl = resource(prod, "aws:wafv2/webAcl:WebAcl", "shop-origin-firewall").inputs;
    assert.deepEqual(acl.defaultAction, { block: {} });
    assert.equal((acl.rules as unknown[]).length, 1);
    const association = resource(prod, "aws:wafv2/webAclAssociation:WebAclAssociation").inputs;
    assert.deepEqual(association, { resourceArn: ref("shop-stage.arn"), webAclArn: ref("shop-origin-firewall.arn") });
    const door = resource(prod, "aws:apigateway/basePathMapping:BasePathMapping");
    assertAfter(prod, door, resource(prod, "aws:wafv2/webAclAssociation:WebAclAssociation"));
  });

  it("keeps the truststore private, versioned, encrypted, and pins its version", () => {
    const inputs = (type: string) => resource(mutual, `aws:s3/${type}`).inputs;
    assert.deepEqual(inputs("bucketVersioning:BucketVersioning").versioningConfiguration, { status: "Enabled" });
    const { bucket: _, ...locks } = inputs("bucketPublicAccessBlock:BucketPublicAccessBlock");
    assert.deepEqual(locks, { blockPublicAcls: true, blockPublicPolicy: true, ignorePublicAcls: true, restrictPublicBuckets: true });
    assert.deepEqual(inputs("bucketOwnershipControls:BucketOwnershipControls").rule, { objectOwnership: "BucketOwnerEnforced" });
    const [tls] = statements(inputs("bucketPolicy:BucketPolicy").policy);
    assert.deepEqual([tls?.Effect, tls?.Action, tls?.Condition], ["Deny", "s3:*", { Bool: { "aws:SecureTransport": "false" } }]);
    assert.deepEqual(resource(mutual, "aws:apigateway/domainName:DomainName").inputs.mutualTlsAuthentication, {
      truststoreUri: `s3://${ref("shop-truststore.id")}/truststore.pem`,
      truststoreVersion: ref("shop-truststore-bundle.versionId"),
    });
  });

  it("gives every role its one job and nothing else", () => {
    const granted = Object.fromEntries(
      resources(prod, "aws:iam/rolePolicy:RolePolicy").map(({ name, inputs }) => [
        name,
        statements(inputs.policy).map(({ Action, Resource }) => [Action, Resource]),
      ]),
    );
    assert.deepEqual(granted, {
      "shop-authorizer-rights": [
        [["logs:CreateLogStream", "logs:PutLogEvents"], `${ref("shop-authorizer-logs.arn")}:*`],
        ["kms:Decrypt", ref("shop-key.arn")],
        ["dynamodb:UpdateItem", ref("shop-counters.arn")],
        // X-Ray knows no narrower resource.
        [["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*"],
      ],
      "shop-invoker-rights": [["lambda:InvokeFunction", `${ref("shop-authorizer.arn")}:*`]],
    });
    const trusted = Object.fromEntries(
      resources(prod, "aws:iam/role:Role").map(({ name, inputs }) => [
        name,
        statements(inputs.assumeRolePolicy).map(({ Principal }) => Principal),
      ]),
    );
    assert.deepEqual(trusted, {
      "shop-authorizer-role": [{ Service: "lambda.amazonaws.com" }],
      "shop-cloudwatch-role": [{ Service: "apigateway.amazonaws.com" }],
      "shop-invoker-role": [{ Service: "apigateway.amazonaws.com" }],
    });
  });

  it("bounds the authorizer and encrypts what it knows", () => {
    const { reservedConcurrentExecutions, timeout, kmsKeyArn, runtime } = resource(prod, "aws:lambda/function:Function").inputs;
    assert.deepEqual(
      { reservedConcurrentExecutions, timeout, kmsKeyArn, runtime },
      { reservedConcurrentExecutions: 100, timeout: 10, kmsKeyArn: ref("shop-key.arn"), runtime: "nodejs22.x" },
    );
    const table = resource(prod, "aws:dynamodb/table:Table").inputs;
    assert.deepEqual([table.serverSideEncryption, table.pointInTimeRecovery], [{ enabled: true }, { enabled: true }]);
  });

  it("encrypts every log, keeps it for a declared time, and writes no credential into it", () => {
    const groups = resources(prod, "aws:cloudwatch/logGroup:LogGroup");
    assert.ok(groups.length >= 5, String(groups.length));
    for (const { name, inputs } of groups) {
      assert.match(String(inputs.kmsKeyId), /^\$\{shop-(edge-)?key\.arn\}$/, name);
      assert.ok(Number(inputs.retentionInDays) > 0, name);
    }
    const redacted = Object.fromEntries(
      resources(prod, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").map(({ name, inputs }) => [
        name,
        (inputs.redactedFields as { singleHeader: { name: string } }[]).map(({ singleHeader }) => singleHeader.name),
      ]),
    );
    assert.deepEqual(redacted, {
      "shop-firewall-logging": ["authorization", "cookie", "x-api-key"],
      "shop-origin-firewall-logging": ["x-gateway-origin", "authorization", "cookie", "x-api-key"],
    });
    const { format } = resource(prod, "aws:apigateway/stage:Stage").inputs.accessLogSettings as { format: string };
    assert.equal((JSON.parse(format) as Record<string, string>).tlsVersion, "$context.tlsVersion");
    assert.equal((JSON.parse(format) as Record<string, string>).authorizerStatus, "$context.authorizer.status");
    assert.doesNotMatch(
      format,
      /\$input|requestOverride|header\.|apiKey(?!Id)|authorizer\.(claims|usage)|\$context\.identity\.(apiKey|clientCert)/,
    );
    const { settings } = resource(prod, "aws:apigateway/methodSettings:MethodSettings").inputs as { settings: Record<string, unknown> };
    assert.deepEqual([settings.dataTraceEnabled, settings.loggingLevel], [false, "ERROR"]);
  });

  it("shows no secret in a plan", () => {
    const whole = JSON.stringify(prod);
    assert.doesNotMatch(whole, /PRIVATE KEY/);
    for (const { inputs } of resources(prod, "aws:apigateway/apiKey:ApiKey")) assert.equal(inputs.value, "[secret]");
    const { environment } = resource(prod, "aws:lambda/function:Function").inputs as { environment: { variables: Record<string, string> } };
    assert.equal(environment === ("[secret]" as never) ? "[secret]" : environment.variables.METER_KEY, "[secret]");
  });

  it("raises an alarm when a certificate's metric falls silent", () => {
    for (const name of ["shop-alarm-certificate", "shop-alarm-edge-certificate"]) {
      const { treatMissingData, threshold, comparisonOperator, metricName } = resource(
        prod,
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        name,
      ).inputs;
      assert.deepEqual(
        [treatMissingData, threshold, comparisonOperator, metricName],
        ["breaching", 14, "LessThanThreshold", "DaysToExpiry"],
      );
    }
    const { kmsMasterKeyId } = resource(prod, "aws:sns/topic:Topic", "shop-alarms").inputs;
    assert.equal(kmsMasterKeyId, ref("shop-key.arn"));
  });

  it("waits for a certificate for half an hour and no longer", () => {
    assert.deepEqual(resource(prod, "aws:acm/certificateValidation:CertificateValidation", "shop-certificate-issued").options.timeouts, {
      create: "30m",
    });
  });
});

describe("AWS promises: cached decisions", () => {
  const CACHED = {
    aws: { authorizer: { cacheSeconds: 30 } },
    jwt: { providers: { login: { ...LOGIN, clockSkew: "30s" } } },
    consumers: { partner: {} },
    routes: {
      token: { path: "/token", methods: ["GET"], backend: "orders", require: [{ jwt: "login" }] },
      key: { path: "/key", methods: ["GET"], backend: "orders", require: [{ jwt: "login", apiKey: true }] },
      either: {
        path: "/either",
        methods: ["GET"],
        backend: "orders",
        require: [{ jwt: "login", scopes: ["orders.read"] }, { apiKey: true }],
      },
      address: {
        path: "/address",
        methods: ["GET"],
        backend: "orders",
        require: [{ jwt: "login" }],
        access: { denyCidrs: ["192.0.2.1/32"] },
      },
      limited: {
        path: "/limited",
        methods: ["GET"],
        backend: "orders",
        require: [{ jwt: "login" }],
        rateLimit: { requests: 1, per: "second", key: "jwtClaim:sub" },
      },
      small: { path: "/small", methods: ["POST"], backend: "orders", require: [{ jwt: "login" }], bodyLimit: "1KiB" },
    },
  };
  const schemes = (planned: GatewayPlan) => {
    const { paths } = bodyOf(planned) as { paths: Record<string, Record<string, { security: Record<string, unknown>[] }>> };
    return Object.fromEntries(
      Object.entries(paths).map(([path, item]) => [path, Object.keys((item.get ?? item.post)?.security[0] ?? {})[0]]),
    );
  };

  it("are used only where the decision depends on token, method and path alone, which make the key", async () => {
    const planned = await plan(EDGE, CACHED);
    assert.deepEqual(schemes(planned), {
      "/health": undefined,
      "/token": "gateway-token",
      "/key": "gateway",
      "/either": "gateway",
      "/address": "gateway",
      "/limited": "gateway",
      "/small": "gateway",
    });
    const { components } = bodyOf(planned) as { components: { securitySchemes: Record<string, Record<string, Record<string, unknown>>> } };
    const authorizer = components.securitySchemes["gateway-token"]?.["x-amazon-apigateway-authorizer"];
    assert.deepEqual(
      [authorizer?.identitySource, authorizer?.authorizerResultTtlInSeconds],
      ["method.request.header.Authorization, context.httpMethod, context.path", 30],
    );
    assert.equal(components.securitySchemes.gateway?.["x-amazon-apigateway-authorizer"]?.authorizerResultTtlInSeconds, 0);
  });

  it("are not used at all where something of the whole gateway decides as well", async () => {
    for (const patch of [
      { rateLimit: { requests: 1, per: "second", key: "clientIp" } },
      { observability: { accessLogs: { headers: ["user-agent"] } } },
    ])
      assert.equal(schemes(await plan(EDGE, mergePatch(CACHED, patch)))["/token"], "gateway");
  });
});

describe("AWS promises: private and on-premises backends", () => {
  const onPremises = (network: object) => ({
    aws: { network },
    backends: { orders: { network: { type: "onPremises", addresses: ["10.20.0.10", "10.20.0.11"] } } },
    observability: { alarms: { notify: ["mailto:ops@example.com"] } },
  });
  const integrationOf = (planned: GatewayPlan) =>
    (bodyOf(planned) as { paths: Record<string, Record<string, Record<string, Record<string, unknown>>>> }).paths["/health"]?.get?.[
      "x-amazon-apigateway-integration"
    ];

  it("(b, default): VPC link of the second kind straight to the Application Load Balancer", async () => {
    const planned = await plan(REGIONAL, onPremises({}));
    const { connectionType, connectionId, integrationTarget, uri } = integrationOf(planned) ?? {};
    assert.deepEqual(
      [connectionType, connectionId, integrationTarget, uri],
      ["VPC_LINK", ref("shop-link.id"), ref("shop-balancer.arn"), "https://orders.shop.example.com/health"],
    );
    assert.equal(resources(planned, "aws:apigateway/vpcLink:VpcLink").length, 0);
    assert.equal(resources(planned, "aws:lb/loadBalancer:LoadBalancer").length, 1);
  });

  it("(a): VPC link of the first kind, Network Load Balancer, Application Load Balancer as its target, public alias", async () => {
    const planned = await plan(REGIONAL, onPremises({ bridge: "nlb-alb" }));
    const { connectionType, connectionId, integrationTarget } = integrationOf(planned) ?? {};
    assert.deepEqual([connectionType, connectionId, integrationTarget], ["VPC_LINK", ref("shop-link.id"), undefined]);
    assert.equal(resource(planned, "aws:apigateway/vpcLink:VpcLink").inputs.targetArn, ref("shop-network-balancer.arn"));
    const group = resource(planned, "aws:lb/targetGroup:TargetGroup", "shop-balancer-443").inputs;
    assert.deepEqual([group.targetType, group.protocol, group.port], ["alb", "TCP", 443]);
    const target = resource(planned, "aws:lb/targetGroupAttachment:TargetGroupAttachment", "shop-balancer-443-target");
    assert.equal(target.inputs.targetId, ref("shop-balancer.arn"));
    assertAfter(planned, target, resource(planned, "aws:lb/listener:Listener", "shop-listener-443"));
    const alias = resource(planned, "aws:route53/record:Record", "shop-host-orders.shop.example.com-a").inputs;
    assert.equal(alias.name, "orders.shop.example.com");
    assert.equal((alias.aliases as { name: string }[])[0]?.name, ref("shop-network-balancer.dnsName"));
    assert.equal(
      resource(planned, "aws:lb/listener:Listener", "shop-listener-443").inputs.certificateArn,
      ref("shop-bridge-certificate.arn"),
    );
  });

  it("goes to addresses beyond the VPC over HTTPS, and watches their health", async () => {
    for (const bridge of ["alb", "nlb-alb"]) {
      const planned = await plan(REGIONAL, onPremises({ bridge }));
      const group = resource(planned, "aws:lb/targetGroup:TargetGroup", "shop-orders").inputs;
      assert.deepEqual([group.protocol, group.targetType, (group.healthCheck as { protocol: string }).protocol], ["HTTPS", "ip", "HTTPS"]);
      for (const suffix of ["1", "2"])
        assert.equal(
          resource(planned, "aws:lb/targetGroupAttachment:TargetGroupAttachment", `shop-orders-${suffix}`).inputs.availabilityZone,
          "all",
        );
      const alarm = resource(planned, "aws:cloudwatch/metricAlarm:MetricAlarm", "shop-alarm-targets-orders").inputs;
      assert.deepEqual([alarm.metricName, alarm.treatMissingData], ["HealthyHostCount", "breaching"]);
    }
  });

  it("opens security groups to the next hop and the targets alone", async () => {
    const planned = await plan(REGIONAL, onPremises({ bridge: "nlb-alb" }));
    for (const { name, inputs } of resources(planned, "aws:ec2/securityGroup:SecurityGroup"))
      assert.deepEqual([inputs.ingress, inputs.egress], [[], []], name);
    const rules = [
      ...resources(planned, "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"),
      ...resources(planned, "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"),
    ];
    assert.ok(rules.length >= 4);
    for (const { name, inputs } of rules) {
      assert.equal(inputs.fromPort, 443, name);
      assert.equal(inputs.toPort, 443, name);
      assert.ok(inputs.referencedSecurityGroupId !== undefined || /^10\.20\.0\.1[01]\/32$/.test(String(inputs.cidrIpv4)), name);
    }
  });

  it("says in every plan that nobody verifies the target's certificate, and what can be done", async () => {
    const { findings } = await plan(REGIONAL, onPremises({}));
    assert.deepEqual(
      findings.filter(({ id }) => id === "backend-unverified"),
      [
        {
          id: "backend-unverified",
          severity: "warning",
          path: "backends.orders.tls.trust",
          message: `the load balancer accepts any certificate of backend "orders": whoever gets between them reads and changes everything. Given reason: ${REASON}`,
          remedy:
            "use aws.network.bridge: nlb with a publicly trusted certificate, where the backend can also require the gateway's client certificate, or put an Envoy of cloud: local into the VPC, which verifies the pinned certificate over the line",
        },
      ],
    );
  });

  it("shows the gateway's own certificate where API Gateway itself meets the backend", async () => {
    const planned = await plan(EDGE, {
      aws: { network: { ...NETWORK, bridge: "nlb" } },
      backends: { orders: { network: { type: "private", addresses: ["10.0.1.10"] }, tls: { clientCertificate: "internal" } } },
    });
    assert.equal(resource(planned, "aws:apigateway/stage:Stage").inputs.clientCertificateId, ref("shop-client-certificate.arn"));
    const leaf = resource(planned, "tls:index/locallySignedCert:LocallySignedCert", "shop-client").inputs;
    assert.deepEqual(leaf.allowedUses, ["digital_signature", "client_auth"]);
    assert.equal(resource(planned, "aws:lb/targetGroup:TargetGroup", "shop-orders").inputs.protocol, "TCP");
  });
});

describe("AWS promises: the choice of a flavour", () => {
  const auto = mergePatch(HTTP, { aws: { flavour: "auto" } });
  const chosen = async (patch: unknown) => {
    const { variant, why } = await plan(auto, patch);
    return { variant, why };
  };

  it("takes an HTTP API where it keeps everything", async () => {
    assert.deepEqual(await chosen({}), { variant: "http", why: "an HTTP API keeps everything the document asks for and costs less" });
  });

  it("takes a REST API for whatever an HTTP API cannot keep", async () => {
    const edge = { edge: "cdn", limits: null };
    for (const patch of [
      { waf: "managed", ...edge },
      { rateLimit: { requests: 1, per: "second", key: "gateway" }, ...edge },
      { tls: { minimumVersion: "1.3" }, ...edge },
      { consumers: { a: {} }, routes: { health: { public: null, require: [{ apiKey: true }] } }, ...edge },
      edge,
    ])
      assert.deepEqual(await chosen(patch), {
        variant: "rest-cloudfront",
        why: "an HTTP API cannot keep everything the document asks for",
      });
  });

  it("says why", async () => {
    assert.equal((await plan(HTTP)).why, "aws.flavour asks for an HTTP API");
    assert.equal((await plan(REGIONAL)).why, "aws.flavour asks for a REST API");
  });

  it("verifies tokens on an HTTP API by its own authorizer", async () => {
    const planned = await plan(HTTP, {
      jwt: { providers: { login: LOGIN } },
      routes: { health: { public: null, require: [{ jwt: "login", scopes: ["orders.read"] }] } },
    });
    const body = opened(resource(planned, "aws:apigatewayv2/api:Api").inputs.body) as {
      paths: Record<string, Record<string, { security: unknown }>>;
      components: { securitySchemes: Record<string, Record<string, unknown>> };
    };
    assert.deepEqual(body.paths["/health"]?.get?.security, [{ login: ["orders.read"] }]);
    assert.deepEqual(body.components.securitySchemes.login?.["x-amazon-apigateway-authorizer"], {
      type: "jwt",
      identitySource: "$request.header.Authorization",
      jwtConfiguration: { issuer: "https://login.shop.example.com", audience: ["shop-api"] },
    });
    assert.equal(resources(planned, "aws:lambda/function:Function").length, 0);
  });
});

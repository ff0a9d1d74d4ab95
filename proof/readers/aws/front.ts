import type { GatewayModel } from "../../../components/spec/model.ts";
import { within } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import type { AwsApi } from "./api.ts";
import { type Inspected, inspect } from "./firewall.ts";

/** Paths every parser must read alike, in the spelling a client sends them. */
const AMBIGUOUS = [
  "/a%2fb",
  "/a%2Fb",
  "/a%5cb",
  "/a%00b",
  "/a/../b",
  "/a/./b",
  "/a//b",
  "/a\\b",
  "/a%2e%2e/b",
  "/a..;/b",
  "/a%252fb",
  "/a/..",
];
const PLAIN = ["/", "/orders", "/orders/a-b_c.d~e", "/orders/%C3%A9", "/a%20b"];

/** The firewall in front: what it refuses by shape, address and origin. @returns what it does with a request */
export function observeFirewall(
  resources: Resources,
  model: GatewayModel,
  acl: Read | undefined,
  edge: Read | undefined,
  api: AwsApi,
  o: Observations,
): (request: Inspected) => number | "passed" {
  const address = ["192.0.2.200", "10.20.4.4", ...model.access.allowCidrs.map((block) => block.split("/")[0] as string)].find((one) => {
    const listed = (blocks: readonly string[]) => blocks.some((block) => within(one, block));
    return !listed(model.access.denyCidrs) && (model.access.allowCidrs.length === 0 || listed(model.access.allowCidrs));
  });
  const decide = (request: Inspected) =>
    acl ? inspect(resources, acl.inputs, { ...(address === undefined ? {} : { address }), ...request }) : "passed";
  if (api.flavour === "http") {
    // Without a firewall only exact paths are allowed, which an HTTP API compares byte for byte.
    o.holds(
      "request.size",
      "limits",
      "an HTTP API's own limits are the document's",
      model.limits.urlBytes >= 10_240 && model.limits.bodyBytes >= 10_000_000,
    );
    for (const path of Object.keys(api.body.paths ?? {}))
      o.holds("request.path", "routes", `${path} is an exact path`, !/[{*$]/.test(path));
    return decide;
  }
  o.holds("request.path", "routes", "a firewall stands in front", acl !== undefined && isInFront(resources, acl, edge));
  const header = (name: string) => decide({ path: "/", headers: { [name]: "x" } });
  for (const path of AMBIGUOUS) o.holds("request.path", "routes", `${path} is refused`, decide({ path }) !== "passed");
  for (const path of PLAIN) o.holds("request.path", "routes", `${path} passes`, decide({ path }) === "passed");
  for (const name of [
    "x-gateway-subject",
    "X-Gateway-Consumer",
    "x_gateway_subject",
    "a_b",
    ...Object.values(model.jwtProviders).flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders)),
    ...(edge ? ["cloudfront-viewer-address"] : []),
  ])
    o.holds("request.headers", "headers", `${name} of clients is refused`, header(name) !== "passed");
  o.holds("request.headers", "headers", "other headers pass", header("x-harmless") === "passed");
  const { urlBytes, headerBytes } = model.limits;
  for (const [path, query] of [
    [urlBytes + 1, 0],
    [Math.ceil(urlBytes / 2), Math.floor(urlBytes / 2) + 1],
    [10, urlBytes - 8],
  ] as const)
    o.holds(
      "request.size",
      "limits.url",
      `${path}+${query} bytes of URL are refused`,
      decide({ path: `/${"u".repeat(path - 1)}`, query: "q".repeat(query) }) !== "passed",
    );
  o.holds("request.size", "limits.body", "a body whose length is not said is refused", decide({ path: "/", bodyBytes: 100 }) !== "passed");
  o.holds("request.size", "limits.headers", "headers are at most what API Gateway or CloudFront take", headerBytes >= 1);
  observeBodies(model, api, decide, o);
  observeLists(resources, model, acl?.inputs, api, o);
  observeManaged(model, acl?.inputs, o);
  return decide;
}

/** The firewall's largest body, and the authorizer's own for routes with less. */
function observeBodies(model: GatewayModel, api: AwsApi, decide: (request: Inspected) => number | "passed", o: Observations): void {
  const passes = (bytes: number) => decide({ path: "/", bodyBytes: 100, headers: { "content-length": String(bytes) } }) === "passed";
  let [low, high] = [0, 10_485_760];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  for (const route of model.routes)
    for (const method of route.methods) {
      const index = Object.entries((api.policy?.routes ?? {}) as Record<string, number>).find(([key]) =>
        sameRoute(key, method, route.path.text),
      )?.[1];
      const own = index === undefined ? undefined : api.policy.rules[index].bodyBytes;
      o.atMost(
        "request.size",
        route.bodyBytes === model.limits.bodyBytes ? "limits.body" : `${route.at}.bodyLimit`,
        route.bodyBytes,
        Math.min(low, own ?? low),
      );
    }
}

/** A regional firewall is associated with the stage, one at the edge with the distribution. */
function isInFront(resources: Resources, acl: Read, edge: Read | undefined): boolean {
  if (edge)
    return resources.behind(edge.inputs.webAclId) === acl && acl.inputs.scope === undefined
      ? true
      : resources.behind(edge.inputs.webAclId)?.name === acl.name;
  return resources
    .of("aws:wafv2/webAclAssociation:WebAclAssociation")
    .some(
      ({ inputs }) =>
        resources.behind(inputs.webAclArn)?.name === acl.name &&
        resources.behind(inputs.resourceArn)?.type === "aws:apigateway/stage:Stage",
    );
}

/** The gateway's lists, block by block, in the firewall's sets or the API's policy. */
function observeLists(resources: Resources, model: GatewayModel, acl: Json, api: AwsApi, o: Observations): void {
  const { allowCidrs, denyCidrs } = model.access;
  const found = { allow: [] as string[], deny: [] as string[] };
  const sets = (statement: Json): string[] => {
    const [kind = ""] = Object.keys(statement ?? {});
    if (kind === "ipSetReferenceStatement") return resources.behind(statement[kind].arn)?.inputs.addresses ?? [];
    if (kind === "orStatement" || kind === "andStatement") return statement[kind].statements.flatMap(sets);
    return [];
  };
  for (const { statement, action } of (acl?.rules ?? []) as Json[]) {
    if (!action?.block) continue;
    found.deny.push(...sets(statement));
    if (statement.notStatement) found.allow.push(...sets(statement.notStatement.statement));
  }
  for (const { Effect, Condition } of (api.body["x-amazon-apigateway-policy"]?.Statement ?? []) as Json[]) {
    if (Effect !== "Deny") continue;
    found.deny.push(...[Condition?.IpAddress?.["aws:SourceIp"] ?? []].flat());
    found.allow.push(...[Condition?.NotIpAddress?.["aws:SourceIp"] ?? []].flat());
  }
  o.sameSet("access.deny", "access.denyCidrs", [...new Set(denyCidrs)], [...new Set(found.deny)]);
  o.sameSet("access.allow", "access.allowCidrs", [...new Set(allowCidrs)], [...new Set(found.allow)]);
  for (const route of model.routes)
    for (const method of route.methods) {
      const index = Object.entries((api.policy?.routes ?? {}) as Record<string, number>).find(([key]) =>
        sameRoute(key, method, route.path.text),
      )?.[1];
      if (index === undefined) continue;
      const rule = api.policy.rules[index];
      o.sameSet(
        "access.route",
        `${route.at}.access`,
        [...route.access.allowCidrs, ...route.access.denyCidrs.map((one) => `not ${one}`)],
        [...(rule.allowCidrs ?? []), ...(rule.denyCidrs ?? []).map((one: string) => `not ${one}`)],
      );
    }
}

/** Parameters are named by their place in a definition. */
export function sameRoute(key: string, method: string, path: string): boolean {
  const [verb, template = ""] = key.split(" ");
  const shape = (text: string) => text.replaceAll(/\{[^}+]+\}/g, "{}").replace(/\/\{[^}]*\+\}$/, "/*");
  return verb === method && shape(template) === shape(path);
}

const MANAGED = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesCommonRuleSet",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesSQLiRuleSet",
];

function observeManaged(model: GatewayModel, acl: Json, o: Observations): void {
  if (model.waf !== "managed") return;
  for (const name of MANAGED) {
    const rule = (acl?.rules as Json[] | undefined)?.find(({ statement }) => statement.managedRuleGroupStatement?.name === name);
    o.holds("waf", "waf", `${name} is asked`, rule !== undefined && rule.statement.managedRuleGroupStatement.vendorName === "AWS");
    o.same("waf", "waf", { none: {} }, rule?.overrideAction);
    const counted = (rule?.statement.managedRuleGroupStatement.ruleActionOverrides ?? []).map((one: Json) => one.name);
    o.holds(
      "waf",
      "waf",
      "of its rules only the one about sizes counts instead of blocking",
      counted.every((one: string) => one === "SizeRestrictions_BODY"),
    );
  }
}

/** TLS policies that take nothing below the version, in the vendor's list. */
const TLS: Readonly<Record<"1.2" | "1.3", RegExp>> = {
  "1.2": /^(TLS_1_2|SecurityPolicy_TLS13_1_[23]_.*|TLSv1\.2_20(21|25)|TLSv1\.3_2025)$/,
  "1.3": /^(SecurityPolicy_TLS13_1_3_.*|TLSv1\.3_2025)$/,
};

/** The domain, its certificate, the distribution where there is one, and that nothing else leads to the API. */
export function observeEdge(resources: Resources, model: GatewayModel, edge: Read | undefined, api: AwsApi, o: Observations): void {
  const domain = resources.of("aws:apigateway/domainName:DomainName")[0] ?? resources.of("aws:apigatewayv2/domainName:DomainName")[0];
  const configuration = domain?.inputs.domainNameConfiguration ?? domain?.inputs ?? {};
  o.same("host.only", "hostname", true, api.inputs.disableExecuteApiEndpoint);
  o.same("host.only", "hostname", model.hostname, domain?.inputs.domainName);
  o.holds(
    "host.only",
    "hostname",
    "the name leads to this API's stage and no other",
    resources.all.filter(({ type }) => /(basePathMapping|apiMapping):/.test(type)).length === 1 && mappingFits(resources),
  );
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    "the domain takes no older TLS",
    TLS[edge ? "1.2" : model.tls.minimumVersion].test(configuration.securityPolicy),
  );
  if (api.flavour === "rest")
    o.holds(
      "tls.version",
      "tls.minimumVersion",
      "nor does the API itself",
      api.inputs.securityPolicy === undefined || TLS["1.2"].test(api.inputs.securityPolicy),
    );
  observeCertificate(resources, model, configuration, edge, o);
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const hsts = `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  observeAnswers(api, hsts, o);
  if (edge === undefined) {
    o.holds("http.refuse", "http", "nothing of API Gateway listens on plain HTTP", model.http === "refuse");
    const listeners = resources.of("aws:lb/listener:Listener");
    for (const { inputs } of listeners) {
      o.holds(
        "backend.private",
        "aws.network",
        "the internal balancer speaks TLS 1.2 or later",
        inputs.protocol === "TCP" ||
          (["HTTPS", "TLS"].includes(inputs.protocol) && /^ELBSecurityPolicy-TLS13-1-[23]/.test(inputs.sslPolicy)),
      );
      if (inputs.protocol === "HTTPS")
        o.same(
          "tls.hsts",
          "tls.hsts",
          [hsts, false],
          [inputs.routingHttpResponseStrictTransportSecurityHeaderValue, inputs.routingHttpResponseServerEnabled],
        );
    }
    return;
  }
  observeDistribution(resources, model, edge, hsts, o);
}

function mappingFits(resources: Resources): boolean {
  const [mapping] = resources.all.filter(({ type }) => /(basePathMapping|apiMapping):/.test(type));
  const api = resources.behind(mapping?.inputs.restApi ?? mapping?.inputs.apiId);
  const stages = [...resources.of("aws:apigateway/stage:Stage"), ...resources.of("aws:apigatewayv2/stage:Stage")];
  const [stage] = stages;
  return (
    /(restApi|apigatewayv2\/api):/.test(api?.type ?? "") &&
    stages.length === 1 &&
    (mapping?.inputs.stageName ?? mapping?.inputs.stage) === (stage?.inputs.stageName ?? stage?.inputs.name) &&
    mapping?.inputs.basePath === undefined &&
    mapping?.inputs.apiMappingKey === undefined
  );
}

function observeCertificate(resources: Resources, model: GatewayModel, configuration: Json, edge: Read | undefined, o: Observations): void {
  const control = `tls.certificate.${model.tls.certificate.source}` as const;
  const references = [
    configuration.regionalCertificateArn ?? configuration.certificateArn,
    ...(edge ? [edge.inputs.viewerCertificate?.acmCertificateArn] : []),
  ];
  for (const reference of references) {
    const certificate = resources.behind(reference, "aws:acm/certificate:Certificate")?.inputs;
    o.holds(control, "tls.certificate", "a certificate of this stack is served", certificate !== undefined);
    if (model.tls.certificate.source === "managed") {
      o.same(control, "hostname", [model.hostname, "DNS"], [certificate?.domainName, certificate?.validationMethod]);
      const issued = resources
        .of("aws:acm/certificateValidation:CertificateValidation")
        .some(({ inputs }) => resources.behind(inputs.certificateArn)?.inputs === certificate);
      o.holds(control, "tls.certificate", "it is used once it is issued", issued);
    } else
      o.holds(
        control,
        "tls.certificate",
        "with its chain and key",
        Boolean(certificate?.certificateBody) && Boolean(certificate?.privateKey),
      );
    if (model.tls.certificate.source === "imported") {
      const leaf = model.tls.certificate.fullchain.replace(/\s/g, "").slice(0, 300);
      o.holds(
        control,
        "tls.certificate.fullchain",
        "the document's own",
        String(certificate?.certificateBody).replace(/\s/g, "").startsWith(leaf),
      );
    }
  }
}

/** Answers API Gateway makes itself: problem+json with the request's id, HSTS, and nothing of the inside. */
function observeAnswers(api: AwsApi, hsts: string, o: Observations): void {
  const answers = (api.body["x-amazon-apigateway-gateway-responses"] ?? {}) as Record<string, Json>;
  if (api.flavour === "http") {
    o.holds("errors.problem", "", "an HTTP API answers with a message only", true);
    for (const item of Object.values((api.body.paths ?? {}) as Record<string, Json>))
      for (const operation of Object.values(item as Record<string, Json>))
        for (const [status, changes] of Object.entries(
          (operation["x-amazon-apigateway-integration"]?.responseParameters ?? {}) as Record<string, Json>,
        )) {
          o.same("tls.hsts", `tls.hsts (${status})`, hsts, changes["overwrite:header.strict-transport-security"]);
          o.same("request.headers", "headers", "''", changes["remove:header.server"]);
        }
    return;
  }
  const wanted: Record<string, number | undefined> = {
    ACCESS_DENIED: 403,
    UNAUTHORIZED: 401,
    AUTHORIZER_FAILURE: 503,
    AUTHORIZER_CONFIGURATION_ERROR: 503,
    DEFAULT_4XX: undefined,
    DEFAULT_5XX: undefined,
    INTEGRATION_FAILURE: 502,
    INTEGRATION_TIMEOUT: 504,
    THROTTLED: 429,
    QUOTA_EXCEEDED: 429,
    MISSING_AUTHENTICATION_TOKEN: 404,
    REQUEST_TOO_LARGE: 413,
    WAF_FILTERED: 403,
    INVALID_API_KEY: undefined,
    BAD_REQUEST_PARAMETERS: 400,
  };
  for (const [name, status] of Object.entries(wanted))
    if (status !== undefined || name.startsWith("DEFAULT"))
      o.same(
        "errors.problem",
        "",
        status === undefined ? undefined : String(status),
        answers[name]?.statusCode === undefined ? undefined : String(answers[name]?.statusCode),
      );
  for (const [name, answer] of Object.entries(answers)) {
    const headers = answer.responseParameters ?? {};
    o.same("tls.hsts", `tls.hsts (${name})`, `'${hsts}'`, headers["gatewayresponse.header.strict-transport-security"]);
    o.same("errors.problem", "", "'application/problem+json'", headers["gatewayresponse.header.content-type"]);
    o.same("errors.problem", "", "'no-store'", headers["gatewayresponse.header.cache-control"]);
    const templates = Object.values((answer.responseTemplates ?? {}) as Record<string, string>);
    o.holds(
      "errors.problem",
      "",
      `${name} has a body of its own without internals`,
      templates.length > 0 && templates.every((text) => problemOnly(text)),
    );
    for (const problem of templates.map(problemOf))
      if (problem !== undefined)
        o.same(
          "errors.problem",
          "",
          ["$context.requestId", answer.statusCode && Number(answer.statusCode), true, "about:blank"],
          [problem.requestId, answer.statusCode && problem.status, typeof problem.title === "string" && problem.title !== "", problem.type],
        );
    if (answer.statusCode === "429") o.holds("errors.problem", "", `${name} says when to come back`, Boolean(headers[RETRY_AFTER]));
  }
  for (const item of Object.values((api.body.paths ?? {}) as Record<string, Json>))
    for (const [method, operation] of Object.entries(item as Record<string, Json>)) {
      const integration = operation?.["x-amazon-apigateway-integration"];
      if (integration?.type !== "mock") continue;
      const parameters = integration.responses?.default?.responseParameters ?? {};
      o.same("tls.hsts", "tls.hsts", `'${hsts}'`, parameters["method.response.header.strict-transport-security"]);
      if (method !== "options") o.same("route.methods", "routes", "405", integration.responses?.default?.statusCode);
    }
}

const RETRY_AFTER = "gatewayresponse.header.retry-after";

/** The problem a template writes, where it is one without choices. */
function problemOf(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** `$context` of a request may say its id and what the authorizer chose to say, nothing else. */
function problemOnly(text: string): boolean {
  const variables = text.match(/\$context\.[\w.]+/g) ?? [];
  return (
    variables.every((one) => /^\$context\.(requestId|authorizer\.\w+|responseOverride\.\w+(\.[\w-]+)?)$/.test(one)) &&
    text.includes('"type"') &&
    text.includes("requestId")
  );
}

/** CloudFront: one name, TLS only, nothing cached, the origin behind a secret header. */
function observeDistribution(resources: Resources, model: GatewayModel, edge: Read, hsts: string, o: Observations): void {
  const {
    viewerCertificate,
    defaultCacheBehavior: behaviour = {},
    origins = [],
    aliases,
    orderedCacheBehaviors = [],
    enabled,
  } = edge.inputs;
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    "CloudFront takes no older TLS",
    TLS[model.tls.minimumVersion].test(viewerCertificate?.minimumProtocolVersion) &&
      viewerCertificate?.sslSupportMethod === "sni-only" &&
      viewerCertificate.cloudfrontDefaultCertificate !== true,
  );
  o.sameSet("host.only", "hostname", [model.hostname], aliases ?? []);
  o.same(
    model.http === "redirect" ? "http.redirect" : "http.refuse",
    "http",
    model.http === "redirect" ? "redirect-to-https" : "https-only",
    behaviour.viewerProtocolPolicy,
  );
  o.same(
    "edge",
    "edge",
    [true, 0, "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"],
    [enabled, orderedCacheBehaviors.length, behaviour.cachePolicyId],
  );
  const [origin] = origins;
  o.same(
    "edge",
    "edge",
    ["https-only", ["TLSv1.2"], 1],
    [origin?.customOriginConfig?.originProtocolPolicy, origin?.customOriginConfig?.originSslProtocols, origins.length],
  );
  o.holds(
    "edge",
    "edge",
    "the origin is the API's own domain",
    resources.behind(origin?.domainName)?.type.endsWith(":DomainName") === true,
  );
  const code = String(resources.behind(behaviour.functionAssociations?.[0]?.functionArn)?.inputs.code ?? "");
  o.same("host.only", "hostname", "viewer-request", behaviour.functionAssociations?.[0]?.eventType);
  for (const [host, passes] of [
    [model.hostname, true],
    ["evil.example", false],
    ["d111.cloudfront.net", false],
  ] as const)
    o.holds(
      "host.only",
      "hostname",
      `${host} ${passes ? "passes" : "is refused"}`,
      runEdgeFunction(code, host, "192.0.2.9").passed === passes,
    );
  const seen = runEdgeFunction(code, model.hostname, "192.0.2.9");
  o.same("request.headers", "headers", "192.0.2.9", seen.headers["x-gateway-client-ip"]);
  const secret = origin?.customHeaders?.find(({ name }: Json) => name === "x-gateway-origin")?.value;
  const door = resources.of("aws:wafv2/webAcl:WebAcl").find(({ name }) => name.endsWith("-origin-firewall"));
  o.holds("edge", "edge", "the origin's secret is long and random", /^[0-9a-f]{64}$/.test(String(secret)));
  o.holds(
    "edge",
    "edge",
    "the origin answers nobody without it",
    door !== undefined &&
      inspect(resources, door.inputs, { headers: {} }) !== "passed" &&
      inspect(resources, door.inputs, { headers: { "x-gateway-origin": "guess" } }) !== "passed" &&
      inspect(resources, door.inputs, { headers: { "x-gateway-origin": String(secret) } }) === "passed",
  );
  o.holds(
    "edge",
    "edge",
    "it stands before the stage",
    resources
      .of("aws:wafv2/webAclAssociation:WebAclAssociation")
      .some(
        ({ inputs }) =>
          resources.behind(inputs.webAclArn)?.name === door?.name &&
          resources.behind(inputs.resourceArn)?.type === "aws:apigateway/stage:Stage",
      ),
  );
  const policy = resources.behind(behaviour.responseHeadersPolicyId)?.inputs;
  const found = policy?.securityHeadersConfig?.strictTransportSecurity;
  o.same(
    "tls.hsts",
    "tls.hsts",
    hsts,
    `max-age=${found?.accessControlMaxAgeSec}${found?.includeSubdomains ? "; includeSubDomains" : ""}${found?.preload ? "; preload" : ""}`,
  );
  o.same("tls.hsts", "tls.hsts", true, found?.override);
  const removed = (policy?.removeHeadersConfig?.items ?? []).map(({ header }: Json) => String(header).toLowerCase());
  o.holds("request.headers", "headers", "answers carry no server", removed.includes("server"));
  for (const name of model.headers.response.remove)
    o.holds("route.headers", "headers.response.remove", `${name} is removed`, removed.includes(name));
  const custom = Object.fromEntries(
    (policy?.customHeadersConfig?.items ?? []).map(({ header, value, override }: Json) => [
      String(header).toLowerCase(),
      override ? value : undefined,
    ]),
  );
  const security = policy?.securityHeadersConfig ?? {};
  for (const [name, value] of Object.entries(model.headers.response.set))
    o.same(
      "route.headers",
      "headers.response.set",
      value,
      name === "x-content-type-options" && security.contentTypeOptions?.override ? "nosniff" : custom[name],
    );
  observeEdgeCors(model, policy?.corsConfig, o);
}

/** Runs CloudFront's function over a request: a few lines of JavaScript that see nothing but the event. */
function runEdgeFunction(code: string, host: string, ip: string): { passed: boolean; headers: Record<string, string> } {
  const handler = new Function(`"use strict";${code};return typeof handler === "function" ? handler : undefined;`)() as
    | ((event: unknown) => Json)
    | undefined;
  const request = { method: "GET", uri: "/", headers: { host: { value: host }, "x-gateway-client-ip": { value: "6.6.6.6" } } };
  const result = handler?.({ request, viewer: { ip }, context: {} });
  return {
    passed: result !== undefined && result.statusCode === undefined,
    headers: Object.fromEntries(Object.entries((result?.headers ?? {}) as Record<string, Json>).map(([name, { value }]) => [name, value])),
  };
}

function observeEdgeCors(model: GatewayModel, config: Json, o: Observations): void {
  const cors = model.routes.find((route) => route.cors)?.cors;
  if (cors === undefined || config === undefined) {
    if (cors === undefined) o.same("cors", "cors", undefined, config);
    return;
  }
  o.sameSet("cors", "cors.allowOrigins", cors.anyOrigin ? ["*"] : cors.allowOrigins, config.accessControlAllowOrigins?.items ?? []);
  o.same("cors", "cors.allowCredentials", cors.allowCredentials, config.accessControlAllowCredentials);
  o.sameSet("cors", "cors.exposeHeaders", cors.exposeHeaders, config.accessControlExposeHeaders?.items ?? []);
  o.same("cors", "cors", true, config.originOverride);
}

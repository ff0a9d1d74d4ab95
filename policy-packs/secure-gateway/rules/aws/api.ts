import { all, equals, expect, fail, oneOf, PASS, present, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { type Reading, read, readJson, type Subject, usersOf } from "../subject.ts";

const REST_API = "aws:apigateway/restApi:RestApi";
const REST_STAGE = "aws:apigateway/stage:Stage";
const HTTP_STAGE = "aws:apigatewayv2/stage:Stage";
const HTTP_API = "aws:apigatewayv2/api:Api";

/** Security policies of API Gateway that accept nothing below TLS 1.2 with forward secrecy; see "Security policies" in the API Gateway developer guide. */
const MODERN = /^(TLS_1_2|SecurityPolicy_TLS1[23]_.*)$/;

export const defaultEndpoint: Rule = {
  id: "aws-api-default-endpoint",
  title: "Switch off the API's default execute-api address",
  why: "The default address answers beside the custom domain, without its TLS policy, client certificates and firewall in front.",
  remedy: "Set disableExecuteApiEndpoint to true and give the API a custom domain.",
  severity: "high",
  level: "mandatory",
  sources: [],
  types: [REST_API, HTTP_API],
  judge: (subject) => equals(read(subject, "disableExecuteApiEndpoint"), true),
  remediate: (props) => ({ ...props, disableExecuteApiEndpoint: true }),
};

export const domainTls: Rule = {
  id: "aws-api-domain-tls",
  title: "Accept nothing below TLS 1.2 on the custom domain",
  why: "TLS 1.0 and 1.1 are withdrawn (RFC 8996) and their ciphers are broken in practice.",
  remedy: "Set securityPolicy to TLS_1_2 or to a SecurityPolicy_TLS13_… policy.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_206", "RFC 8996"],
  types: ["aws:apigateway/domainName:DomainName"],
  judge: (subject) =>
    expect(
      read(subject, "securityPolicy"),
      (value) => typeof value === "string" && MODERN.test(value),
      (value) => `is ${shown(value)}`,
    ),
};

export const httpDomainTls: Rule = {
  ...domainTls,
  id: "aws-http-api-domain-tls",
  remedy: "Set domainNameConfiguration.securityPolicy to TLS_1_2.",
  types: ["aws:apigatewayv2/domainName:DomainName"],
  judge: (subject) => equals(read(subject, "domainNameConfiguration.securityPolicy"), "TLS_1_2"),
};

export const accessLog: Rule = {
  id: "aws-api-access-log",
  title: "Write an access log for every stage",
  why: "Without it nobody can say who called what, and an attack leaves no trace.",
  remedy: "Set accessLogSettings with a destination and a format.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_76", "CKV_AWS_95", "Security Hub APIGateway.9"],
  types: [REST_STAGE, HTTP_STAGE],
  judge: (subject) => all(present(read(subject, "accessLogSettings.destinationArn")), present(read(subject, "accessLogSettings.format"))),
};

const CREDENTIALS = /authorization|\$request\.header\.cookie|x-api-key|identity\.apiKey\b/i;

export const accessLogSecrets: Rule = {
  id: "aws-api-access-log-secrets",
  title: "Keep credentials out of the access log",
  why: "A log is read by more people than may act as the caller.",
  remedy: "Take the Authorization header, cookies and API keys out of accessLogSettings.format.",
  severity: "high",
  level: "mandatory",
  sources: ["CWE-532"],
  types: [REST_STAGE, HTTP_STAGE],
  judge: (subject) =>
    expect(
      read(subject, "accessLogSettings.format"),
      (value) => typeof value !== "string" || !CREDENTIALS.test(value),
      () => "writes a credential of the caller",
    ),
};

export const backendCertificate: Rule = {
  id: "aws-rest-client-certificate",
  title: "Let the stage show backends a client certificate",
  why: "It is how a backend on the internet tells the gateway from everyone else.",
  remedy: "Set clientCertificateId on the stage and check the certificate in the backend.",
  severity: "medium",
  level: "advisory",
  sources: ["Security Hub APIGateway.2", "CKV2_AWS_51"],
  types: [REST_STAGE],
  judge: (subject) => present(read(subject, "clientCertificateId")),
};

export const cacheEncrypted: Rule = {
  id: "aws-rest-cache-encrypted",
  title: "Encrypt what the stage caches",
  why: "Cached answers hold what callers were shown.",
  remedy: "Set settings.cacheDataEncrypted to true, or switch caching off.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV_AWS_308", "Security Hub APIGateway.5"],
  types: ["aws:apigateway/methodSettings:MethodSettings"],
  judge(subject) {
    const caching = read(subject, "settings.cachingEnabled");
    if (!caching.known) return undecided(caching.path);
    return caching.value === true ? equals(read(subject, "settings.cacheDataEncrypted"), true) : PASS;
  },
  remediate: (props) => withSetting(props, { cacheDataEncrypted: true }),
};

export const dataTrace: Rule = {
  id: "aws-rest-data-trace",
  title: "Do not log whole requests and answers",
  why: "Data tracing writes tokens, keys and bodies into the execution log.",
  remedy: "Set settings.dataTraceEnabled to false.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_276"],
  types: ["aws:apigateway/methodSettings:MethodSettings"],
  judge: (subject) =>
    expect(
      read(subject, "settings.dataTraceEnabled"),
      (value) => value !== true,
      () => "is true",
    ),
  remediate: (props) => withSetting(props, { dataTraceEnabled: false }),
};

const withSetting = (props: Record<string, unknown>, setting: Record<string, unknown>) => ({
  ...props,
  settings: { ...(props.settings as Record<string, unknown>), ...setting },
});

export const firewallAssociated: Rule = {
  id: "aws-rest-firewall",
  title: "Put a web ACL before every REST stage",
  why: "Without one nothing stops known attacks, floods from one address or a changed CIDR list.",
  remedy: "Associate a WAFv2 web ACL with the stage.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV2_AWS_29", "Security Hub APIGateway.4"],
  types: [REST_STAGE],
  wholeStack: true,
  judge: (subject, others) =>
    usersOf(subject, others, "aws:wafv2/webAclAssociation:WebAclAssociation").length > 0
      ? PASS
      : fail("", "no aws:wafv2:WebAclAssociation uses the stage"),
};

export const methodAuthorization: Rule = {
  id: "aws-rest-method-authorization",
  title: "Ask every method for an authorization or an API key",
  why: "A method with authorization NONE answers anybody.",
  remedy: "Set authorization, or apiKeyRequired; OPTIONS may be open for CORS.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_59", "CKV2_AWS_53"],
  types: ["aws:apigateway/method:Method"],
  judge(subject) {
    const readings = ["httpMethod", "authorization", "apiKeyRequired"].map((path) => read(subject, path));
    const [method, authorization, key] = readings.map((reading) => (reading.known ? reading.value : undefined));
    if (method === "OPTIONS" || key === true || (typeof authorization === "string" && authorization !== "NONE")) return PASS;
    const open = readings.find((reading) => !reading.known);
    return open === undefined ? fail("authorization", `is ${shown(authorization)} and no API key is asked for`) : undecided(open.path);
  },
};

export const routeAuthorization: Rule = {
  ...methodAuthorization,
  id: "aws-http-route-authorization",
  title: "Ask every route of an HTTP API for an authorization",
  why: "A route without an authorization type answers anybody.",
  remedy: "Set authorizationType to JWT, CUSTOM or AWS_IAM; OPTIONS may be open for CORS.",
  sources: ["CKV_AWS_309", "Security Hub APIGateway.8"],
  types: ["aws:apigatewayv2/route:Route"],
  judge(subject) {
    const [key, authorization] = [read(subject, "routeKey"), read(subject, "authorizationType")];
    if (key.known && /^OPTIONS\b/.test(String(key.value))) return PASS;
    const asked = expect(
      authorization,
      (value) => typeof value === "string" && value !== "NONE",
      (value) => `is ${shown(value)}`,
    );
    return asked.result === "fail" && !key.known ? undecided(key.path) : asked;
  },
};

const secureUri = (reading: Reading): Verdict =>
  expect(
    reading,
    (value) => typeof value !== "string" || !/^http:/i.test(value),
    (value) => `is ${shown(value)}: plain HTTP`,
  );

export const integrationTls: Rule = {
  id: "aws-api-integration-tls",
  title: "Call backends by HTTPS and check their certificates",
  why: "On plain HTTP, or without checking the certificate, whoever sits between reads and changes requests and tokens.",
  remedy:
    "Use an https:// uri and leave tlsConfig.insecureSkipVerification unset; give a private backend a certificate the gateway can check.",
  severity: "critical",
  level: "mandatory",
  sources: [],
  types: ["aws:apigateway/integration:Integration", "aws:apigatewayv2/integration:Integration"],
  judge: (subject) =>
    all(
      secureUri(read(subject, subject.type.includes("v2") ? "integrationUri" : "uri")),
      expect(
        read(subject, "tlsConfig.insecureSkipVerification"),
        (value) => value !== true,
        () => "is true: the backend's certificate is not checked",
      ),
    ),
};

export const bodyIntegrations: Rule = {
  ...integrationTls,
  id: "aws-api-body-integration-tls",
  types: [REST_API, HTTP_API],
  judge(subject) {
    const body = readJson(subject, "body");
    if (!body.known) return undecided(body.path);
    for (const { path, integration } of integrations(body.value)) {
      if (/^http:/i.test(String(integration.uri ?? ""))) return fail(`body.${path}.uri`, `is ${shown(integration.uri)}: plain HTTP`);
      if ((integration.tlsConfig as Record<string, unknown> | undefined)?.insecureSkipVerification === true)
        return fail(`body.${path}.tlsConfig.insecureSkipVerification`, "is true: the backend's certificate is not checked");
    }
    return PASS;
  },
};

function* integrations(document: unknown): Generator<{ path: string; integration: Record<string, unknown> }> {
  const paths = (document as { paths?: Record<string, Record<string, unknown>> } | undefined)?.paths ?? {};
  for (const [path, item] of Object.entries(paths))
    for (const [method, operation] of Object.entries(item)) {
      const integration = (operation as Record<string, unknown> | null)?.["x-amazon-apigateway-integration"];
      if (typeof integration === "object" && integration !== null)
        yield { path: `paths["${path}"].${method}.x-amazon-apigateway-integration`, integration: integration as Record<string, unknown> };
    }
}

export const resultCacheIdentity: Rule = {
  id: "aws-authorizer-cache-key",
  title: "Cache an authorizer's answer only by what it was decided on",
  why: "An answer cached without a key is given to the next caller.",
  remedy: "Give identitySource the headers the decision depends on, or set authorizerResultTtlInSeconds to 0.",
  severity: "critical",
  level: "mandatory",
  sources: [],
  types: ["aws:apigateway/authorizer:Authorizer"],
  judge(subject) {
    const [type, ttl] = [read(subject, "type"), read(subject, "authorizerResultTtlInSeconds")];
    if (!type.known || !ttl.known) return undecided(type.known ? ttl.path : type.path);
    if (type.value !== "REQUEST" || ttl.value === 0) return PASS;
    // Where none is given the provider takes the Authorization header.
    return expect(
      read(subject, "identitySource"),
      (value) => value === undefined || value === null || String(value).trim() !== "",
      () => "is empty",
    );
  },
};

export const privateApiPolicy: Rule = {
  id: "aws-rest-private-policy",
  title: "Say who may call a private API",
  why: "A private API without a resource policy answers nobody or, once someone adds a wide one, every VPC of the region.",
  remedy: "Give a private API a resource policy that names the VPC endpoints.",
  severity: "high",
  level: "mandatory",
  sources: ["AWS API Gateway developer guide, private APIs"],
  types: [REST_API],
  judge(subject: Subject) {
    const types = read(subject, "endpointConfiguration.types");
    if (!types.known) return undecided(types.path);
    return [types.value].flat().includes("PRIVATE") ? present(read(subject, "policy")) : PASS;
  },
};

export const tracing: Rule = {
  id: "aws-rest-tracing",
  title: "Trace requests through the stage",
  why: "A slow or failing call is found in minutes instead of hours.",
  remedy: "Set xrayTracingEnabled to true.",
  severity: "low",
  level: "advisory",
  sources: ["CKV_AWS_73", "Security Hub APIGateway.3"],
  types: [REST_STAGE],
  judge: (subject) => oneOf(read(subject, "xrayTracingEnabled"), [true]),
};

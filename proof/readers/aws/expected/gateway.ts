import type { Expected } from "../../expected.ts";
import { is, json, like, optional, prose, type Shape } from "../../shape.ts";
import { type Context, STAGE } from "./context.ts";
import { httpLogFormat, restLogFormat } from "./log-formats.ts";
import { keptFor } from "./logs.ts";

const DIGEST = like(/^[0-9a-f]{64}$/);
/** The definition is read by itself, place by place. */
const DEFINITION = is("a definition", (value) => typeof value === "string" && value.startsWith("{"));

/** TLS policy of a domain and its API; client certificates are known to the older policies only. */
function tlsPolicy(c: Context): { securityPolicy: Shape; endpointAccessMode: Shape } {
  if (c.model.tls.clientValidation !== undefined && !c.edge) return { securityPolicy: "TLS_1_2", endpointAccessMode: undefined };
  const only13 = c.model.tls.minimumVersion === "1.3" && !c.edge;
  return {
    securityPolicy: only13 ? "SecurityPolicy_TLS13_1_3_2025_09" : "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09",
    // STRICT compares the SNI name with Host, which CloudFront sends as it got them.
    endpointAccessMode: c.edge ? "BASIC" : "STRICT",
  };
}

/** Client certificates at the domain, where CloudFront does not ask for them. */
function mutualTls(c: Context): Record<"mutualTlsAuthentication" | "ownershipVerificationCertificateArn", Shape> {
  const asks = c.model.tls.clientValidation !== undefined && !c.edge;
  return {
    mutualTlsAuthentication: asks
      ? {
          truststoreUri: `s3://${c.ref("truststore", "id")}/truststore.pem`,
          truststoreVersion: c.ref("truststore-bundle", "versionId"),
        }
      : undefined,
    // With a certificate of one's own AWS wants a public one as well, which proves that the name is the owner's.
    ownershipVerificationCertificateArn: asks && c.model.tls.certificate.source !== "managed" ? c.ref("ownership", "arn") : undefined,
  };
}

/** A REST API: the definition, the deployment of exactly it, its stage, domain and mapping. */
export function* restApi(c: Context): Generator<Expected> {
  const { model } = c;
  const { accessLogs, tracing, metrics } = model.observability;
  yield {
    type: "aws:apigateway/restApi:RestApi",
    suffix: "api",
    control: "host.only",
    inputs: {
      description: prose,
      body: DEFINITION,
      // What the definition does not say any more is taken out, and a definition AWS understands by half is refused.
      putRestApiMode: "overwrite",
      failOnWarnings: true,
      apiKeySource: "AUTHORIZER",
      disableExecuteApiEndpoint: true,
      endpointConfiguration: REGIONAL,
      ...tlsPolicy(c),
      ...c.home,
    },
  };
  yield {
    type: "aws:apigateway/deployment:Deployment",
    suffix: "deployment",
    control: "host.only",
    // Whatever changes the API is in a digest, so that no change stays undeployed.
    inputs: { restApi: c.ref("api", "id"), description: prose, triggers: { definition: DIGEST, settings: DIGEST }, ...c.here },
  };
  const clientCertificate = Object.values(model.backends).some(({ tls }) => tls.clientCertificate !== "none");
  yield {
    type: "aws:apigateway/stage:Stage",
    suffix: "stage",
    control: accessLogs ? "observe.accessLogs" : "host.only",
    inputs: {
      restApi: c.ref("api", "id"),
      deployment: c.ref("deployment", "id"),
      stageName: STAGE,
      xrayTracingEnabled: tracing !== undefined,
      accessLogSettings: accessLogs && { destinationArn: c.ref("access-logs", "arn"), format: json(restLogFormat(model)) },
      clientCertificateId: clientCertificate ? c.ref("client-certificate", "arn") : undefined,
      ...c.home,
    },
  };
  const whole = model.rateLimits.find(({ key }) => key.kind === "gateway");
  yield {
    type: "aws:apigateway/methodSettings:MethodSettings",
    suffix: "methods",
    control: whole ? "limit.gateway" : "observe.accessLogs",
    inputs: {
      restApi: c.ref("api", "id"),
      stageName: STAGE,
      methodPath: "*/*",
      settings: {
        metricsEnabled: metrics,
        // Whole requests with their credentials would stand in the log.
        dataTraceEnabled: false,
        loggingLevel: accessLogs ? "ERROR" : "OFF",
        throttlingRateLimit: whole && (whole.requests * 1000) / whole.periodMs,
        throttlingBurstLimit: whole?.burst,
      },
      ...c.here,
    },
  };
  yield {
    type: "aws:apigateway/domainName:DomainName",
    suffix: "domain",
    control: "tls.version",
    inputs: {
      domainName: model.hostname,
      regionalCertificateArn: c.ref("certificate", "arn"),
      endpointConfiguration: REGIONAL,
      ...tlsPolicy(c),
      ...mutualTls(c),
      ...c.home,
    },
  };
  yield {
    type: "aws:apigateway/basePathMapping:BasePathMapping",
    suffix: "mapping",
    control: "host.only",
    inputs: { domainName: model.hostname, restApi: c.ref("api", "id"), stageName: STAGE, ...c.here },
  };
  if (accessLogs && model.aws.cloudwatchRole === "create") yield* accountRole(c);
  if (tracing)
    yield {
      type: "aws:xray/samplingRule:SamplingRule",
      suffix: "sampling",
      control: "observe.tracing",
      inputs: {
        ruleName: model.name.slice(0, 32),
        priority: is("before the default rule", (value) => typeof value === "number" && value >= 1 && value < 10_000),
        version: 1,
        // A quiet gateway shows traces at all.
        reservoirSize: 1,
        fixedRate: tracing.samplingPercent / 100,
        urlPath: "*",
        host: model.hostname,
        httpMethod: "*",
        serviceType: "AWS::ApiGateway::Stage",
        serviceName: `${c.ref("api", "name")}/${STAGE}`,
        resourceArn: "*",
        ...c.home,
      },
    };
  if (accessLogs)
    yield keptFor(
      c,
      "execution-logs",
      accessLogs.retentionDays,
      c.home,
      "key",
      `API-Gateway-Execution-Logs_${c.ref("api", "id")}/${STAGE}`,
    );
}

const REGIONAL: Shape = { types: "REGIONAL", ipAddressType: like(/^(ipv4|dualstack)$/) };

/** The role API Gateway writes its logs with. */
function* accountRole(c: Context): Generator<Expected> {
  const control = "observe.accessLogs";
  yield {
    type: "aws:iam/role:Role",
    suffix: "cloudwatch-role",
    control,
    inputs: { assumeRolePolicy: json(takenBy("apigateway.amazonaws.com")), tags: c.tags },
  };
  yield {
    type: "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    suffix: "cloudwatch-rights",
    control,
    inputs: {
      role: c.ref("cloudwatch-role", "name"),
      policyArn: "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs",
    },
  };
  yield {
    type: "aws:apigateway/account:Account",
    suffix: "account",
    control,
    inputs: { cloudwatchRoleArn: c.ref("cloudwatch-role", "arn"), ...c.here },
  };
}

/** A trust policy: one service of AWS may take the role. */
export const takenBy = (service: string): Shape => ({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole" }],
});

/** An HTTP API with the same parts. */
export function* httpApi(c: Context): Generator<Expected> {
  const { model } = c;
  const { accessLogs, metrics } = model.observability;
  yield {
    type: "aws:apigatewayv2/api:Api",
    suffix: "api",
    control: "host.only",
    inputs: {
      protocolType: "HTTP",
      description: prose,
      body: DEFINITION,
      failOnWarnings: true,
      disableExecuteApiEndpoint: true,
      ipAddressType: like(/^(ipv4|dualstack)$/),
      ...c.home,
    },
  };
  yield {
    type: "aws:apigatewayv2/deployment:Deployment",
    suffix: "deployment",
    control: "host.only",
    inputs: { apiId: c.ref("api", "id"), triggers: { definition: DIGEST }, description: optional(prose), ...c.here },
  };
  yield {
    type: "aws:apigatewayv2/stage:Stage",
    suffix: "stage",
    control: accessLogs ? "observe.accessLogs" : "host.only",
    inputs: {
      apiId: c.ref("api", "id"),
      name: STAGE,
      deploymentId: c.ref("deployment", "id"),
      // A half-written definition would be live at once.
      autoDeploy: false,
      defaultRouteSettings: { detailedMetricsEnabled: metrics },
      accessLogSettings: accessLogs && { destinationArn: c.ref("access-logs", "arn"), format: json(httpLogFormat()) },
      ...c.home,
    },
  };
  const { mutualTlsAuthentication, ownershipVerificationCertificateArn } = mutualTls(c);
  yield {
    type: "aws:apigatewayv2/domainName:DomainName",
    suffix: "domain",
    control: "tls.version",
    inputs: {
      domainName: model.hostname,
      domainNameConfiguration: {
        certificateArn: c.ref("certificate", "arn"),
        endpointType: "REGIONAL",
        securityPolicy: "TLS_1_2",
        ipAddressType: like(/^(ipv4|dualstack)$/),
        ownershipVerificationCertificateArn,
      },
      mutualTlsAuthentication,
      ...c.home,
    },
  };
  yield {
    type: "aws:apigatewayv2/apiMapping:ApiMapping",
    suffix: "mapping",
    control: "host.only",
    inputs: { apiId: c.ref("api", "id"), domainName: c.ref("domain", "id"), stage: STAGE, ...c.here },
  };
}

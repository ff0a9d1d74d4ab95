import { Account } from "@pulumi/aws/apigateway/account.js";
import { Deployment } from "@pulumi/aws/apigateway/deployment.js";
import { MethodSettings } from "@pulumi/aws/apigateway/methodSettings.js";
import { RestApi } from "@pulumi/aws/apigateway/restApi.js";
import { Stage } from "@pulumi/aws/apigateway/stage.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicyAttachment } from "@pulumi/aws/iam/rolePolicyAttachment.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { SamplingRule } from "@pulumi/aws/xray/samplingRule.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { ControlId } from "../controls.ts";
import { accessLog } from "./access-log.ts";
import { type AwsBuild, assumedBy } from "./build.ts";
import type { Connection } from "./definition/integration.ts";
import { restDefinition } from "./definition/rest.ts";
import type { ApiTree } from "./definition/tree.ts";
import { securityPolicy } from "./domain.ts";
import { retention } from "./firewall.ts";

const STAGE = "live";

export interface RestGateway {
  readonly api: RestApi;
  readonly deployment: Deployment;
  readonly stage: Stage;
  readonly logs: LogGroup | undefined;
}

/** What the API is made of elsewhere. */
export interface RestParts {
  readonly key: Key;
  readonly authorizer:
    | { readonly uri: pulumi.Input<string>; readonly roleArn: pulumi.Input<string>; readonly resources: readonly pulumi.Resource[] }
    | undefined;
  readonly connections: pulumi.Input<Record<string, pulumi.Input<Connection>>>;
  readonly clientCertificateArn: pulumi.Output<string> | undefined;
}

/** The API, the deployment of exactly this definition, and the stage clients reach. */
export function restGateway(b: AwsBuild, tree: ApiTree, parts: RestParts): RestGateway {
  const references = pulumi.output({
    authorizer: parts.authorizer === undefined ? undefined : { uri: parts.authorizer.uri, roleArn: parts.authorizer.roleArn },
    connections: parts.connections,
  });
  const body = references.apply((known) => JSON.stringify(restDefinition(b.model, tree, b.edge, known)));
  const settings = {
    disableExecuteApiEndpoint: true,
    ...securityPolicy(b.model, b.edge),
  };
  const api = new RestApi(
    `${b.name}-api`,
    {
      description: `Gateway ${b.name}`,
      body,
      putRestApiMode: "overwrite",
      failOnWarnings: true,
      apiKeySource: "AUTHORIZER",
      endpointConfiguration: { types: "REGIONAL", ipAddressType: "dualstack" },
      ...settings,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts({ dependsOn: [...(parts.authorizer?.resources ?? [])] }),
  );
  const deployment = new Deployment(
    `${b.name}-deployment`,
    {
      restApi: api.id,
      description: `Gateway ${b.name}`,
      // Whatever reaches the gateway is in one of the two: paths, integrations, authorizer version, answers, resource policy, or the API's settings.
      triggers: { definition: body.apply(digest), settings: digest(JSON.stringify(settings)) },
      ...b.inRegion,
    },
    b.opts({ dependsOn: [api] }),
  );
  const { accessLogs, tracing } = b.model.observability;
  const account = accessLogs && b.model.aws.cloudwatchRole === "create" ? accountRole(b) : undefined;
  const logs = accessLogs ? logGroup(b, "access-logs", parts.key, accessLogs.retentionDays) : undefined;
  const executionLogs = accessLogs
    ? logGroup(b, "execution-logs", parts.key, accessLogs.retentionDays, pulumi.interpolate`API-Gateway-Execution-Logs_${api.id}/${STAGE}`)
    : undefined;
  const stage = new Stage(
    `${b.name}-stage`,
    {
      restApi: api.id,
      deployment: deployment.id,
      stageName: STAGE,
      xrayTracingEnabled: tracing !== undefined,
      ...(logs ? { accessLogSettings: { destinationArn: logs.arn, format: accessLog(b.model) } } : {}),
      ...(parts.clientCertificateArn ? { clientCertificateId: parts.clientCertificateArn } : {}),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts({ dependsOn: [...(account ? [account] : []), ...(executionLogs ? [executionLogs] : [])] }),
  );
  const all = b.model.rateLimits.find((limit) => limit.key.kind === "gateway");
  const methods = new MethodSettings(
    `${b.name}-methods`,
    {
      restApi: api.id,
      stageName: stage.stageName,
      methodPath: "*/*",
      settings: {
        metricsEnabled: b.model.observability.metrics,
        // Bodies and headers would stand in the log.
        dataTraceEnabled: false,
        loggingLevel: accessLogs ? "ERROR" : "OFF",
        ...(all ? { throttlingRateLimit: (all.requests * 1000) / all.periodMs, throttlingBurstLimit: all.burst } : {}),
      },
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(api, ...BY_DEFINITION);
  b.enforced.note(stage, "observe.accessLogs", "observe.logHeaders", "observe.tracing", "ddos.standard");
  b.enforced.note(methods, "observe.metrics", "limit.gateway");
  if (logs) b.enforced.note(logs, "observe.accessLogs", "observe.logHeaders");
  if (parts.clientCertificateArn) b.enforced.note(stage, "backend.clientCertificate.internal", "backend.clientCertificate.imported");
  if (tracing) b.enforced.note(samplingRule(b, api, tracing.samplingPercent), "observe.tracing");
  if (!b.edge) b.enforced.note(api, "access.allow", "access.deny");
  return { api, deployment, stage, logs };
}

const BY_DEFINITION: readonly ControlId[] = [
  "tls.version",
  "tls.hsts",
  "host.only",
  "request.framing",
  "request.headers",
  "errors.problem",
  "cors",
  "route.exact",
  "route.template",
  "route.prefix",
  "route.methods",
  "route.rewrite",
  "route.headers",
  "route.timeout",
  "require.jwt.claimToHeaders",
  "require.jwt.forward",
  "require.jwt.strip",
  "backend.tls.public",
];

/** The role API Gateway writes every log of the account and region with. */
function accountRole(b: AwsBuild): Account {
  const role = new Role(`${b.name}-cloudwatch-role`, { assumeRolePolicy: assumedBy("apigateway.amazonaws.com"), tags: b.tags }, b.opts());
  const rights = new RolePolicyAttachment(
    `${b.name}-cloudwatch-rights`,
    {
      role: role.name,
      policyArn: pulumi.interpolate`arn:${b.partition}:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs`,
    },
    b.opts(),
  );
  return new Account(`${b.name}-account`, { cloudwatchRoleArn: role.arn, ...b.inRegion }, b.opts({ dependsOn: [rights] }));
}

export function logGroup(b: AwsBuild, suffix: string, key: Key, days: number, name?: pulumi.Input<string>): LogGroup {
  return new LogGroup(
    `${b.name}-${suffix}`,
    { ...(name === undefined ? {} : { name }), retentionInDays: retention(days), kmsKeyId: key.arn, tags: b.tags, ...b.inRegion },
    b.opts(),
  );
}

function samplingRule(b: AwsBuild, api: RestApi, percent: number): SamplingRule {
  return new SamplingRule(
    `${b.name}-sampling`,
    {
      ruleName: b.name.slice(0, 32),
      priority: 1000,
      version: 1,
      reservoirSize: 1,
      fixedRate: percent / 100,
      urlPath: "*",
      host: b.model.hostname,
      httpMethod: "*",
      serviceType: "AWS::ApiGateway::Stage",
      serviceName: pulumi.interpolate`${api.name}/${STAGE}`,
      resourceArn: "*",
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
}

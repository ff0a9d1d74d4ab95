import { readFileSync } from "node:fs";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Table } from "@pulumi/aws/dynamodb/table.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { Function as LambdaFunction } from "@pulumi/aws/lambda/function.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { ControlId } from "../controls.ts";
import type { AuthorizerPolicy, ConsumerDigests } from "./authorizer/policy.ts";
import { type AwsBuild, assumedBy, policyJson } from "./build.ts";
import { retention } from "./firewall.ts";
import { needsCounters } from "./needs.ts";

export interface AuthorizerResources {
  /** Invocation URI of exactly this version of the function: routes and what protects them change together. */
  readonly uri: pulumi.Output<string>;
  readonly roleArn: pulumi.Output<string>;
  readonly function: LambdaFunction;
  readonly resources: readonly pulumi.Resource[];
}

const BUNDLE = new URL("./authorizer/authorizer.bundle", import.meta.url);
const TIMEOUT_SECONDS = 10;
/** Days its log is kept where the document keeps no access log. */
const LOG_DAYS = 30;

/** The Lambda function that decides about requests, the table it counts in, and the roles: each may do what it does and nothing else. */
export function authorizer(
  b: AwsBuild,
  key: Key,
  policy: AuthorizerPolicy,
  consumers: pulumi.Output<ConsumerDigests> | undefined,
  meterKey: pulumi.Output<string> | undefined,
): AuthorizerResources {
  const { reservedConcurrency, memoryMb } = b.model.aws.authorizer;
  const counters = needsCounters(b.model) ? countersTable(b) : undefined;
  const tracing = b.model.observability.tracing !== undefined;
  const logs = new LogGroup(
    `${b.name}-authorizer-logs`,
    {
      retentionInDays: retention(b.model.observability.accessLogs?.retentionDays ?? LOG_DAYS),
      kmsKeyId: key.arn,
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  const role = new Role(`${b.name}-authorizer-role`, { assumeRolePolicy: assumedBy("lambda.amazonaws.com"), tags: b.tags }, b.opts());
  const rights = new RolePolicy(
    `${b.name}-authorizer-rights`,
    {
      role: role.id,
      policy: policyJson(
        { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: pulumi.interpolate`${logs.arn}:*` },
        { Effect: "Allow", Action: "kms:Decrypt", Resource: key.arn },
        ...(counters ? [{ Effect: "Allow", Action: "dynamodb:UpdateItem", Resource: counters.arn }] : []),
        ...(tracing ? [{ Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" }] : []),
      ),
    },
    b.opts(),
  );
  const settings = JSON.stringify(policy);
  const archive = (digests: ConsumerDigests) =>
    new pulumi.asset.AssetArchive({
      "index.mjs": new pulumi.asset.StringAsset(readFileSync(BUNDLE, "utf8")),
      "policy.json": new pulumi.asset.StringAsset(settings),
      "consumers.json": new pulumi.asset.StringAsset(JSON.stringify(digests)),
    });
  const fn = new LambdaFunction(
    `${b.name}-authorizer`,
    {
      description: `Decides who may call the gateway ${b.name}`,
      runtime: "nodejs22.x",
      architectures: ["arm64"],
      handler: "index.handler",
      role: role.arn,
      code: consumers === undefined ? archive({}) : consumers.apply(archive),
      publish: true,
      timeout: TIMEOUT_SECONDS,
      memorySize: memoryMb,
      reservedConcurrentExecutions: reservedConcurrency,
      kmsKeyArn: key.arn,
      environment: {
        variables: {
          // Changes whenever what it decides by changes, so that a new version is published.
          POLICY_DIGEST: digest(settings),
          ...(counters ? { COUNTERS_TABLE: counters.name } : {}),
          ...(meterKey ? { METER_KEY: meterKey } : {}),
        },
      },
      loggingConfig: { logFormat: "JSON", logGroup: logs.name, applicationLogLevel: "WARN", systemLogLevel: "WARN" },
      tracingConfig: { mode: tracing ? "Active" : "PassThrough" },
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts({ dependsOn: [rights] }),
  );
  const invoker = new Role(`${b.name}-invoker-role`, { assumeRolePolicy: assumedBy("apigateway.amazonaws.com"), tags: b.tags }, b.opts());
  const invocation = new RolePolicy(
    `${b.name}-invoker-rights`,
    {
      role: invoker.id,
      policy: policyJson({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: pulumi.interpolate`${fn.arn}:*` }),
    },
    b.opts(),
  );
  b.enforced.note(fn, ...DECIDED);
  if (counters) b.enforced.note(counters, ...COUNTED);
  return {
    uri: fn.qualifiedInvokeArn,
    roleArn: invoker.arn,
    function: fn,
    resources: [fn, invoker, invocation, ...(counters ? [counters] : [])],
  };
}

function countersTable(b: AwsBuild): Table {
  return new Table(
    `${b.name}-counters`,
    {
      attributes: [{ name: "id", type: "S" }],
      hashKey: "id",
      billingMode: "PAY_PER_REQUEST",
      ttl: { attributeName: "expires", enabled: true },
      serverSideEncryption: { enabled: true },
      pointInTimeRecovery: { enabled: true },
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
}

const COUNTED: readonly ControlId[] = [
  "limit.gateway",
  "limit.gatewayClientIp",
  "limit.route",
  "limit.routeClientIp",
  "limit.routeConsumer",
  "limit.routeClaim",
  "limit.routeHeader",
  "plan.rateLimit",
  "plan.quota",
];

const DECIDED: readonly ControlId[] = [
  ...COUNTED,
  "access.route",
  "tls.clientValidation.names",
  "tls.clientValidation.hashes",
  "require.jwt",
  "require.jwt.inlineKeys",
  "require.jwt.privateKeyServer",
  "require.jwt.algorithms",
  "require.jwt.scopes",
  "require.jwt.claims",
  "require.jwt.providers",
  "require.jwt.claimToHeaders",
  "require.apiKey",
  "require.apiKey.plans",
  "require.clientCertificate",
  "require.clientCertificate.names",
  "require.any",
  "require.all",
  "request.size",
  "observe.logHeaders",
];

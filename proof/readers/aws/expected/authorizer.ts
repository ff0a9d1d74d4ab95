import { sha256 } from "../../envoy/rbac.ts";
import type { Expected } from "../../expected.ts";
import { between, each, is, json, like, prose, type Shape, secret } from "../../shape.ts";
import { type Context, policy, STAGE } from "./context.ts";
import { takenBy } from "./gateway.ts";

/** The Lambda function that decides, the table it counts in, and the roles with the rights they need. */
export function* authorizer(c: Context): Generator<Expected> {
  if (!c.authorizer) return;
  const { model } = c;
  const control = "require.any";
  const tracing = model.observability.tracing !== undefined;
  yield role(c, "authorizer-role", "lambda.amazonaws.com");
  yield role(c, "invoker-role", "apigateway.amazonaws.com");
  yield {
    type: "aws:iam/rolePolicy:RolePolicy",
    suffix: "authorizer-rights",
    control,
    inputs: {
      role: c.ref("authorizer-role", "id"),
      policy: json(
        policy(
          { Effect: "Allow", Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: `${c.ref("authorizer-logs", "arn")}:*` },
          { Effect: "Allow", Action: "kms:Decrypt", Resource: c.ref("key", "arn") },
          ...(c.counts ? [{ Effect: "Allow", Action: "dynamodb:UpdateItem", Resource: c.ref("counters", "arn") }] : []),
          // X-Ray knows no narrower resource.
          ...(tracing ? [{ Effect: "Allow", Action: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], Resource: "*" }] : []),
        ),
      ),
    },
  };
  yield {
    type: "aws:iam/rolePolicy:RolePolicy",
    suffix: "invoker-rights",
    control,
    inputs: {
      role: c.ref("invoker-role", "id"),
      policy: json(policy({ Effect: "Allow", Action: "lambda:InvokeFunction", Resource: `${c.ref("authorizer", "arn")}:*` })),
    },
  };
  yield {
    type: "aws:lambda/function:Function",
    suffix: "authorizer",
    control,
    inputs: {
      description: prose,
      runtime: like(/^nodejs(2[2-9]|[3-9]\d)\.x$/),
      architectures: oneArchitecture,
      handler: "index.handler",
      role: c.ref("authorizer-role", "arn"),
      code: { __pulumiArchive: true, assets: { "index.mjs": ASSET, "policy.json": ASSET, "consumers.json": ASSET } },
      publish: true,
      timeout: between(3, 10),
      memorySize: model.aws.authorizer.memoryMb,
      reservedConcurrentExecutions: model.aws.authorizer.reservedConcurrency,
      kmsKeyArn: c.ref("key", "arn"),
      environment: {
        variables: {
          POLICY_DIGEST: like(/^[0-9a-f]{64}$/),
          COUNTERS_TABLE: c.counts ? c.ref("counters", "name") : undefined,
          METER_KEY: c.metersStrangers ? secret(randomValue(c, "meter-key-source")) : undefined,
        },
      },
      loggingConfig: {
        logFormat: "JSON",
        logGroup: c.ref("authorizer-logs", "name"),
        // Finer levels would show what requests carry.
        applicationLogLevel: like(/^(WARN|ERROR)$/),
        systemLogLevel: like(/^(WARN|INFO)$/),
      },
      tracingConfig: { mode: tracing ? "Active" : "PassThrough" },
      ...c.home,
    },
  };
  if (c.counts)
    yield {
      type: "aws:dynamodb/table:Table",
      suffix: "counters",
      control: "limit.gatewayClientIp",
      inputs: {
        attributes: [{ name: "id", type: "S" }],
        hashKey: "id",
        billingMode: "PAY_PER_REQUEST",
        // The function writes when a counter may be forgotten.
        ttl: { attributeName: "expires", enabled: true },
        serverSideEncryption: { enabled: true },
        pointInTimeRecovery: { enabled: true },
        ...c.home,
      },
    };
}

const oneArchitecture = is(
  "one of Lambda's architectures",
  (value) => Array.isArray(value) && value.length === 1 && /^(arm64|x86_64)$/.test(value[0]),
);
const ASSET: Shape = { __pulumiAsset: true, text: like(/./s) };

const role = (c: Context, suffix: string, service: string): Expected => ({
  type: "aws:iam/role:Role",
  suffix,
  control: "require.any",
  inputs: { assumeRolePolicy: json(takenBy(service)), tags: c.tags },
});

/** 256 random bits: the digest of a key made for nothing else, which tells nothing of the key. */
export const randomValue = (c: Context, source: string): string => sha256(c.ref(source, "privateKeyPemPkcs8"));

/** API keys, each a random value, and the plans they belong to. */
export function* consumers(c: Context): Generator<Expected> {
  if (!c.rest) return;
  const { model } = c;
  const keys =
    model.apiKeys === undefined
      ? []
      : Object.values(model.consumers).flatMap(({ name, plan, keyGeneration, keepPreviousKey }) =>
          [...(keepPreviousKey ? [keyGeneration - 1] : []), keyGeneration].map((generation) => ({
            suffix: `key-${name}-${generation}`,
            plan: plan ?? "unlimited",
          })),
        );
  if (c.metersStrangers) keys.push({ suffix: "meter-key", plan: "meter" });
  for (const { suffix, plan } of keys) {
    yield {
      type: "tls:index/privateKey:PrivateKey",
      suffix: `${suffix}-source`,
      control: "require.apiKey",
      inputs: { algorithm: "ED25519" },
    };
    yield {
      type: "aws:apigateway/apiKey:ApiKey",
      suffix,
      control: "require.apiKey",
      inputs: { value: secret(randomValue(c, `${suffix}-source`)), description: prose, ...c.home },
    };
    yield {
      type: "aws:apigateway/usagePlanKey:UsagePlanKey",
      suffix: `${suffix}-member`,
      control: "require.apiKey",
      inputs: { keyId: c.ref(suffix, "id"), keyType: "API_KEY", usagePlanId: c.ref(`plan-${plan}`, "id"), ...c.here },
    };
  }
  for (const name of new Set([...c.plansInUse, ...keys.map(({ plan }) => plan)])) {
    const { rateLimit, quota } = model.plans[name] ?? {};
    yield {
      type: "aws:apigateway/usagePlan:UsagePlan",
      suffix: `plan-${name}`,
      control: quota ? "plan.quota" : rateLimit ? "plan.rateLimit" : "require.apiKey",
      inputs: {
        description: prose,
        apiStages: each({ apiId: c.ref("api", "id"), stage: STAGE }),
        throttleSettings: rateLimit && { rateLimit: (rateLimit.requests * 1000) / rateLimit.periodMs, burstLimit: rateLimit.burst },
        // Weeks are counted by the authorizer: a plan's own begin on a day of AWS's choice.
        quotaSettings: quota && quota.per !== "week" ? { limit: quota.requests, period: quota.per === "day" ? "DAY" : "MONTH" } : undefined,
        ...c.home,
      },
    };
  }
}

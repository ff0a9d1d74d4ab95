import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { digest, stableJson, text } from "../../core/values.ts";
import { ACCOUNT_ID, arnOf, aws, nameOf, regionOf } from "./common.ts";

const BUCKET = "aws:s3/bucket:Bucket";
const OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2";

function bucketOf({ all }: RuleContext, name: unknown) {
  const bucket = all(BUCKET).find(({ outputs }) => outputs.bucket === name || outputs.id === name);
  if (!bucket) throw new CloudError("NoSuchBucket: The specified bucket does not exist");
  return bucket;
}

const bucketName = ({ inputs, hex }: RuleContext): string => text(inputs.bucket ?? `${text(inputs.bucketPrefix)}${hex(26, "name")}`);

/** A sub-resource of a bucket, of which the bucket has one. */
const ofBucket = (type: string): Rule =>
  aws(type, {
    replaceOn: ["bucket"],
    id: ({ inputs }) => text(inputs.bucket),
    admit: (context) => void bucketOf(context, context.inputs.bucket),
  });

const versioned = ({ all }: RuleContext, bucket: unknown): boolean =>
  all("aws:s3/bucketVersioning:BucketVersioning").some(
    ({ inputs }) => inputs.bucket === bucket && (inputs.versioningConfiguration as { status?: string } | undefined)?.status === "Enabled",
  );

const object = (type: string): Rule =>
  aws(type, {
    replaceOn: ["bucket", "key"],
    id: ({ inputs }) => `${text(inputs.bucket)}/${text(inputs.key)}`,
    autoName: { property: "key" },
    adopts: true,
    admit: (context) => void bucketOf(context, context.inputs.bucket),
    computedDefaults: () => ({ contentType: "application/octet-stream", serverSideEncryption: "AES256", storageClass: "STANDARD" }),
    outputs: (context) => {
      const { content, contentBase64, source, bucket, key } = context.inputs;
      const body = digest(stableJson([content, contentBase64, source]));
      return {
        arn: `arn:aws:s3:::${text(bucket)}/${text(key)}`,
        etag: context.inputs.etag ?? body.slice(0, 32),
        versionId: versioned(context, bucket) ? letters32(context, body) : "",
        ...(type.endsWith("v2")
          ? {
              checksumCrc32: "",
              checksumCrc32c: "",
              checksumCrc64nvme: Buffer.from(body.slice(0, 16), "hex").toString("base64"),
              checksumSha1: "",
              checksumSha256: "",
            }
          : {}),
      };
    },
    volatile: { versionId: ["content", "contentBase64", "source", "sourceHash", "etag"] },
  });

const letters32 = (context: RuleContext, body: string): string =>
  Buffer.from(digest(`${context.hex(16)}${body}`).slice(0, 48), "hex").toString("base64url");

export const storageAndObservability: readonly Rule[] = [
  aws("s3/bucket:Bucket", {
    autoName: { property: "bucket", maxLength: 63, unless: "bucketPrefix" },
    replaceOn: ["bucket", "bucketPrefix", "objectLockEnabled"],
    id: (context) => bucketName(context),
    check: ({ bucket }) =>
      typeof bucket === "string" && !bucket.startsWith("04da6b54") && !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)
        ? [{ property: "bucket", reason: `"${bucket}" is not a bucket name: 3 to 63 lower-case letters, digits, dots and hyphens` }]
        : [],
    unique: {
      key: ({ inputs }) => (inputs.bucket === undefined ? undefined : text(inputs.bucket)),
      message: () => "BucketAlreadyOwnedByYou: Your previous request to create the named bucket succeeded and you already own it.",
    },
    computedDefaults: () => ({ requestPayer: "BucketOwner", bucketNamespace: "global" }),
    outputs: (context) => ({
      arn: `arn:aws:s3:::${context.id}`,
      bucket: context.id,
      bucketDomainName: `${context.id}.s3.amazonaws.com`,
      bucketRegion: regionOf(context),
      bucketRegionalDomainName: `${context.id}.s3.${regionOf(context)}.amazonaws.com`,
      hostedZoneId: "Z21DNDUVLTQW6Q",
      websiteDomain: "",
      websiteEndpoint: "",
    }),
    forbidDelete: ({ all, inputs, id }) => {
      const full = [OBJECT, "aws:s3/bucketObject:BucketObject"].some((type) => all(type).some((one) => one.inputs.bucket === id));
      if (full && inputs.forceDestroy !== true) throw new CloudError("BucketNotEmpty: The bucket you tried to delete is not empty");
    },
  }),
  ...[
    "s3/bucketVersioning:BucketVersioning",
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "s3/bucketPolicy:BucketPolicy",
    "s3/bucketOwnershipControls:BucketOwnershipControls",
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "s3/bucketLogging:BucketLogging",
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
  ].map(ofBucket),
  object("s3/bucketObjectv2:BucketObjectv2"),
  object("s3/bucketObject:BucketObject"),
  aws("sns/topic:Topic", {
    named: 256,
    replaceOn: ["name", "namePrefix", "fifoTopic"],
    id: (context) => arnOf(context, "sns", nameOf(context)),
    // Creating a topic that exists gives the one that exists (SNS API reference, CreateTopic).
    adopts: true,
    computedDefaults: () => ({ signatureVersion: 0, policy: "" }),
    outputs: (context) => ({ arn: context.id, name: nameOf(context), owner: ACCOUNT_ID, beginningArchiveTime: "" }),
  }),
  aws("sns/topicSubscription:TopicSubscription", {
    replaceOn: ["endpoint", "protocol", "topic"],
    id: (context) =>
      `${text(context.inputs.topic)}:${context.hex(8)}-${context.hex(4, 1)}-4${context.hex(3, 2)}-a${context.hex(3, 3)}-${context.hex(12, 4)}`,
    outputs: (context) => ({
      arn: context.id,
      ownerId: ACCOUNT_ID,
      confirmationWasAuthenticated: false,
      pendingConfirmation: ["email", "email-json", "http", "https"].includes(text(context.inputs.protocol)),
    }),
  }),
  aws("sns/topicPolicy:TopicPolicy", { replaceOn: ["arn"], id: ({ inputs }) => text(inputs.arn), outputs: () => ({ owner: ACCOUNT_ID }) }),
  aws("cloudwatch/logGroup:LogGroup", {
    named: 512,
    replaceOn: ["name", "namePrefix", "logGroupClass"],
    id: (context) => nameOf(context),
    unique: {
      key: ({ inputs }) => (inputs.name === undefined ? undefined : text(inputs.name)),
      message: () => "ResourceAlreadyExistsException: The specified log group already exists",
    },
    check: ({ retentionInDays }) => {
      const allowed = [0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];
      return typeof retentionInDays === "number" && !allowed.includes(retentionInDays)
        ? [{ property: "retentionInDays", reason: `expected retention_in_days to be one of ${allowed.join(", ")}, got ${retentionInDays}` }]
        : [];
    },
    computedDefaults: () => ({ logGroupClass: "STANDARD" }),
    outputs: (context) => ({ arn: arnOf(context, "logs", `log-group:${nameOf(context)}`), name: nameOf(context) }),
  }),
  aws("cloudwatch/metricAlarm:MetricAlarm", {
    named: 255,
    replaceOn: ["name"],
    id: ({ inputs }) => text(inputs.name),
    computedDefaults: () => ({ actionsEnabled: true, treatMissingData: "missing" }),
    outputs: (context) => ({ arn: arnOf(context, "cloudwatch", `alarm:${text(context.inputs.name)}`) }),
  }),
  aws("cloudwatch/compositeAlarm:CompositeAlarm", {
    replaceOn: ["alarmName"],
    id: ({ inputs }) => text(inputs.alarmName),
    outputs: (context) => ({ arn: arnOf(context, "cloudwatch", `alarm:${text(context.inputs.alarmName)}`) }),
  }),
  aws("cloudwatch/dashboard:Dashboard", {
    replaceOn: ["dashboardName"],
    id: ({ inputs }) => text(inputs.dashboardName),
    outputs: ({ inputs }) => ({ dashboardArn: `arn:aws:cloudwatch::${ACCOUNT_ID}:dashboard/${text(inputs.dashboardName)}` }),
  }),
  aws("cloudwatch/logResourcePolicy:LogResourcePolicy", {
    replaceOn: ["policyName", "resourceArn"],
    id: ({ inputs }) => text(inputs.policyName ?? inputs.resourceArn),
    outputs: ({ hex, inputs }) => ({ policyScope: inputs.resourceArn === undefined ? "ACCOUNT" : "RESOURCE", revisionId: hex(16, inputs) }),
  }),
  aws("cloudwatch/logMetricFilter:LogMetricFilter", {
    named: true,
    replaceOn: ["name", "logGroupName"],
    id: ({ inputs }) => text(inputs.name),
  }),
  aws("cloudwatch/eventRule:EventRule", {
    named: 64,
    replaceOn: ["name", "namePrefix", "eventBusName"],
    id: (context) => nameOf(context),
    computedDefaults: () => ({ eventBusName: "default", state: "ENABLED" }),
    outputs: (context) => ({ arn: arnOf(context, "events", `rule/${nameOf(context)}`), name: nameOf(context) }),
    heldBy: [
      { type: "aws:cloudwatch/eventTarget:EventTarget", message: () => "ValidationException: Rule can't be deleted since it has targets." },
    ],
    identifiers: ({ outputs }) => [text(outputs.name)],
  }),
  aws("cloudwatch/eventTarget:EventTarget", {
    autoName: { property: "targetId" },
    replaceOn: ["eventBusName", "rule", "targetId"],
    id: ({ inputs }) => `${text(inputs.rule)}-${text(inputs.targetId)}`,
    computedDefaults: () => ({ eventBusName: "default" }),
  }),
  aws("sqs/queue:Queue", {
    named: 80,
    replaceOn: ["name", "namePrefix", "fifoQueue"],
    id: (context) => `https://sqs.${regionOf(context)}.amazonaws.com/${ACCOUNT_ID}/${nameOf(context)}`,
    computedDefaults: () => ({ kmsDataKeyReusePeriodSeconds: 300, sqsManagedSseEnabled: true }),
    outputs: (context) => ({ arn: arnOf(context, "sqs", nameOf(context)), name: nameOf(context), url: context.id }),
  }),
  aws("xray/samplingRule:SamplingRule", {
    replaceOn: ["ruleName"],
    id: ({ inputs }) => text(inputs.ruleName),
    outputs: (context) => ({ arn: arnOf(context, "xray", `sampling-rule/${text(context.inputs.ruleName)}`) }),
  }),
  aws("xray/group:Group", {
    replaceOn: ["groupName"],
    id: (context) => arnOf(context, "xray", `group/${text(context.inputs.groupName)}/${context.hex(32)}`),
    outputs: (context) => ({ arn: context.id }),
  }),
];

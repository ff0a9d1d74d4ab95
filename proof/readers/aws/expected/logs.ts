import type { Expected } from "../../expected.ts";
import { json, like, type Shape } from "../../shape.ts";
import { type Context, EDGE_REGION, policy } from "./context.ts";

/** Days CloudWatch can keep a log for. */
const STEPS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** A log kept as long as asked, rounded up to what CloudWatch can, encrypted by the stack's key of its region. */
export function keptFor(
  c: Context,
  suffix: string,
  days: number,
  where: { tags: Shape; region: Shape },
  key: "key" | "edge-key",
  name?: string,
): Expected {
  return {
    type: "aws:cloudwatch/logGroup:LogGroup",
    suffix,
    control: "observe.accessLogs",
    inputs: { name, retentionInDays: STEPS.find((step) => step >= days), kmsKeyId: c.ref(key, "arn"), ...where },
  };
}

/** Days a log is kept the document says nothing about. */
const OTHERWISE = 30;

/** Every log beside the execution log, and the keys that encrypt them. */
export function* logs(c: Context): Generator<Expected> {
  const { accessLogs } = c.model.observability;
  const days = accessLogs?.retentionDays ?? OTHERWISE;
  yield encryptionKey("key", c.region, c.home);
  if (c.edge) yield encryptionKey("edge-key", EDGE_REGION, c.front);
  if (accessLogs) yield keptFor(c, "access-logs", days, c.home, "key");
  if (c.authorizer) yield keptFor(c, "authorizer-logs", days, c.home, "key");
  if (!c.rest) return;
  yield* firewallLog(c, "firewall", days, c.edge ? "edge-key" : "key", c.edge ? c.front : c.home);
  if (!c.edge) return;
  yield* firewallLog(c, "origin-firewall", days, "key", c.home);
  if (accessLogs) yield* edgeLog(c, days);
}

/** What a firewall did, without the headers that hold credentials. */
function* firewallLog(
  c: Context,
  firewall: string,
  days: number,
  key: "key" | "edge-key",
  where: { tags: Shape; region: Shape },
): Generator<Expected> {
  // AWS WAF writes to groups of this name only.
  yield keptFor(c, `${firewall}-logs`, days, where, key, `aws-waf-logs-${c.model.name}-${firewall}`);
  const secrets = [
    ...(firewall === "origin-firewall" ? ["x-gateway-origin"] : []),
    "authorization",
    "cookie",
    ...(c.model.apiKeys ? [c.model.apiKeys.header] : []),
  ];
  yield {
    type: "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    suffix: `${firewall}-logging`,
    control: "observe.accessLogs",
    inputs: {
      resourceArn: c.ref(firewall, "arn"),
      logDestinationConfigs: [c.ref(`${firewall}-logs`, "arn")],
      redactedFields: secrets.map((name) => ({ singleHeader: { name } })),
      region: where.region,
    },
  };
}

/** CloudFront's fields that say what happened; those for queries, cookies, referrers and other headers may hold credentials. */
const EDGE_FIELDS = [
  "date",
  "time",
  "x-edge-location",
  "c-ip",
  "cs-method",
  "cs(Host)",
  "cs-uri-stem",
  "sc-status",
  "sc-bytes",
  "time-taken",
  "x-edge-result-type",
  "x-edge-detailed-result-type",
  "x-edge-request-id",
  "cs-protocol",
  "cs-protocol-version",
  "ssl-protocol",
  "ssl-cipher",
];

function* edgeLog(c: Context, days: number): Generator<Expected> {
  const control = "observe.accessLogs";
  const name = `${c.model.name}-edge`;
  yield keptFor(c, "edge-logs", days, c.front, "edge-key", `/aws/vendedlogs/cloudfront/${c.model.name}`);
  yield {
    type: "aws:cloudwatch/logDeliverySource:LogDeliverySource",
    suffix: "edge-log-source",
    control,
    inputs: { name, logType: "ACCESS_LOGS", resourceArn: c.ref("edge", "arn"), ...c.front },
  };
  yield {
    type: "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination",
    suffix: "edge-log-destination",
    control,
    inputs: {
      name,
      outputFormat: "json",
      deliveryDestinationConfiguration: { destinationResourceArn: c.ref("edge-logs", "arn") },
      ...c.front,
    },
  };
  yield {
    type: "aws:cloudwatch/logDelivery:LogDelivery",
    suffix: "edge-log-delivery",
    control,
    inputs: {
      deliverySourceName: name,
      deliveryDestinationArn: c.ref("edge-log-destination", "arn"),
      recordFields: EDGE_FIELDS,
      ...c.front,
    },
  };
}

/** A key renewed every year, for the account and for AWS's services on behalf of this account. */
function encryptionKey(suffix: string, region: string, where: { tags: Shape; region: Shape }): Expected {
  const account = ["$", "{account}"].join("");
  return {
    type: "aws:kms/key:Key",
    suffix,
    control: "observe.accessLogs",
    inputs: {
      description: like(/./),
      enableKeyRotation: true,
      deletionWindowInDays: 7,
      policy: json(
        policy(
          { Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" },
          {
            Effect: "Allow",
            Principal: { Service: [`logs.${region}.amazonaws.com`] },
            Action: ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            Resource: "*",
            Condition: { ArnLike: { "kms:EncryptionContext:aws:logs:arn": `arn:aws:logs:${region}:${account}:log-group:*` } },
          },
          {
            Effect: "Allow",
            Principal: { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com"] },
            Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
            Resource: "*",
            Condition: { StringEquals: { "aws:SourceAccount": account } },
          },
        ),
      ),
      ...where,
    },
  };
}

import type { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { LogMetricFilter } from "@pulumi/aws/cloudwatch/logMetricFilter.js";
import { MetricAlarm, type MetricAlarmArgs } from "@pulumi/aws/cloudwatch/metricAlarm.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { TopicPolicy } from "@pulumi/aws/sns/topicPolicy.js";
import { TopicSubscription } from "@pulumi/aws/sns/topicSubscription.js";
import type { WebAcl } from "@pulumi/aws/wafv2/webAcl.js";
import type * as pulumi from "@pulumi/pulumi";
import type { TargetHealth } from "./bridge/index.ts";
import { type AwsBuild, EDGE_REGION, policyJson } from "./build.ts";
import { dashboard } from "./dashboard.ts";

/** What is watched. */
export interface Watched {
  /** Dimensions of the API's own metrics, and the names they have there. */
  readonly dimensions: Record<string, pulumi.Input<string>>;
  readonly serverErrors: "5XXError" | "5xx";
  readonly logs: LogGroup | undefined;
  readonly certificateArn: pulumi.Output<string>;
  readonly firewall: WebAcl | undefined;
  readonly health: readonly TargetHealth[];
  readonly authorizerName: pulumi.Output<string> | undefined;
  /** What is watched in CloudFront's region, where alarms need a topic of their own. */
  readonly edge: { readonly key: Key; readonly certificateArn: pulumi.Output<string> } | undefined;
}

/** Requests a firewall blocks in five minutes that are worth a look, refusals over a limit likewise. */
const MANY = 1000;

/** Alarms, the topic they go to, and a dashboard of the same numbers. */
export function alarms(b: AwsBuild, key: Key, watched: Watched): void {
  const settings = b.model.observability.alarms;
  if (settings === undefined) return;
  const topic = alarmTopic(b, "alarms", key, settings.notify, b.inRegion);
  const edge = watched.edge && {
    region: EDGE_REGION,
    topic: alarmTopic(b, "edge-alarms", watched.edge.key, settings.notify, { region: EDGE_REGION }),
  };
  const alarm = (suffix: string, description: string, args: Partial<MetricAlarmArgs>, where?: typeof edge) =>
    b.enforced.note(
      new MetricAlarm(
        `${b.name}-alarm-${suffix}`,
        {
          alarmDescription: `${b.model.hostname}: ${description}`,
          comparisonOperator: "GreaterThanThreshold",
          evaluationPeriods: 1,
          period: 300,
          ...(args.extendedStatistic === undefined ? { statistic: "Sum" } : {}),
          treatMissingData: "notBreaching",
          alarmActions: [(where?.topic ?? topic).arn],
          okActions: [(where?.topic ?? topic).arn],
          tags: b.tags,
          ...(where === undefined ? b.inRegion : { region: where.region }),
          ...args,
        },
        b.opts(),
      ),
      "observe.alarms",
    );
  const api = { namespace: "AWS/ApiGateway", dimensions: watched.dimensions };
  alarm("errors", `more than ${settings.errorRatePercent} % of answers are server errors`, {
    ...api,
    metricName: watched.serverErrors,
    statistic: "Average",
    threshold: settings.errorRatePercent / 100,
  });
  alarm("latency", `the 95th percentile is above ${settings.latencyMs} ms`, {
    ...api,
    metricName: "Latency",
    extendedStatistic: "p95",
    threshold: settings.latencyMs,
  });
  const certificate = (arn: pulumi.Output<string>): Partial<MetricAlarmArgs> => ({
    namespace: "AWS/CertificateManager",
    metricName: "DaysToExpiry",
    dimensions: { CertificateArn: arn },
    comparisonOperator: "LessThanThreshold",
    statistic: "Minimum",
    period: 86_400,
    threshold: settings.certificateDays,
    // The metric stops when the certificate has ended, so that silence is the worst news.
    treatMissingData: "breaching",
  });
  const ends = `the certificate ends within ${settings.certificateDays} days`;
  alarm("certificate", ends, certificate(watched.certificateArn));
  if (watched.edge) alarm("edge-certificate", ends, certificate(watched.edge.certificateArn), edge);
  if (watched.logs)
    alarm("throttles", `more than ${MANY} requests over a limit in five minutes`, {
      ...counted(b, watched.logs, "throttles", OVER_LIMIT),
      threshold: MANY,
    });
  if (watched.firewall)
    alarm(
      "firewall",
      `more than ${MANY} requests blocked in five minutes`,
      {
        namespace: "AWS/WAFV2",
        metricName: "BlockedRequests",
        dimensions: { WebACL: watched.firewall.name, Rule: "ALL", ...(edge ? {} : { Region: b.region }) },
        threshold: MANY,
      },
      edge,
    );
  // A 401 is an error of the function to Lambda, so that its own count of errors says nothing about failures.
  if (watched.authorizerName)
    alarm("authorizer", "the authorizer is throttled, requests are answered 503", {
      namespace: "AWS/Lambda",
      metricName: "Throttles",
      dimensions: { FunctionName: watched.authorizerName },
      threshold: 0,
    });
  if (watched.authorizerName && watched.logs)
    alarm("authorizer-failures", "the authorizer fails, requests are answered 503", {
      ...counted(b, watched.logs, "authorizer-failures", AUTHORIZER_FAILED),
      threshold: 0,
    });
  for (const { name, what, namespace, targetGroup, loadBalancer } of watched.health) {
    alarm(`targets-${name}`, `${what} has no healthy target`, {
      namespace,
      metricName: "HealthyHostCount",
      dimensions: { TargetGroup: targetGroup, LoadBalancer: loadBalancer },
      comparisonOperator: "LessThanThreshold",
      statistic: "Minimum",
      period: 60,
      evaluationPeriods: 3,
      threshold: 1,
      treatMissingData: "breaching",
    });
  }
  dashboard(b, watched);
}

function alarmTopic(b: AwsBuild, suffix: string, key: Key, notify: readonly string[], where: { region?: string }): Topic {
  const topic = new Topic(`${b.name}-${suffix}`, { kmsMasterKeyId: key.arn, tags: b.tags, ...where }, b.opts());
  new TopicPolicy(
    `${b.name}-${suffix}-policy`,
    {
      arn: topic.arn,
      policy: policyJson({
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: topic.arn,
        Condition: { StringEquals: { "aws:SourceAccount": b.accountId } },
      }),
      ...where,
    },
    b.opts(),
  );
  for (const [index, target] of notify.entries()) {
    const mail = target.startsWith("mailto:");
    new TopicSubscription(
      `${b.name}-${suffix}-${index + 1}`,
      { topic: topic.arn, protocol: mail ? "email" : "https", endpoint: mail ? target.slice("mailto:".length) : target, ...where },
      b.opts(),
    );
  }
  return topic;
}

/** API Gateway has no metric of its own for these; the access log tells. */
const OVER_LIMIT = '{ $.status = "429" }';
const AUTHORIZER_FAILED = '{ $.error = "AUTHORIZER_FAILURE" || $.error = "AUTHORIZER_CONFIGURATION_ERROR" }';

/** A metric that counts lines of the access log. */
function counted(b: AwsBuild, logs: LogGroup, suffix: string, pattern: string) {
  const metric = { namespace: "SecureGateway", metricName: `${b.name}-${suffix}` };
  new LogMetricFilter(
    `${b.name}-${suffix}`,
    {
      logGroupName: logs.name,
      pattern,
      metricTransformation: { namespace: metric.namespace, name: metric.metricName, value: "1", defaultValue: "0" },
      ...b.inRegion,
    },
    b.opts(),
  );
  return metric;
}

import type { Expected } from "../../expected.ts";
import { is, json, prose, type Shape } from "../../shape.ts";
import { type Context, policy, STAGE } from "./context.ts";

const DAY = 86_400;
/** Refusals in five minutes that somebody should look at. */
const MANY = 1000;

/** Alarms, the topics they go to, who reads those, and the metrics made of the log. */
export function* alarms(c: Context): Generator<Expected> {
  const settings = c.model.observability.alarms;
  if (settings === undefined) return;
  yield* topic(c, "alarms", "key", c.home);
  if (c.edge) yield* topic(c, "edge-alarms", "edge-key", c.front);
  yield {
    type: "aws:cloudwatch/dashboard:Dashboard",
    suffix: "dashboard",
    control: "observe.alarms",
    inputs: {
      dashboardName: `${c.model.name}-gateway`,
      // A picture of what the alarms watch.
      dashboardBody: is("JSON", (value) => typeof value === "string" && value.startsWith('{"widgets":')),
      ...c.here,
    },
  };
  const api: Shape = c.rest ? { ApiName: c.ref("api", "name"), Stage: STAGE } : { ApiId: c.ref("api", "id"), Stage: STAGE };
  yield alarm(c, "errors", {
    namespace: "AWS/ApiGateway",
    metricName: c.rest ? "5XXError" : "5xx",
    dimensions: api,
    statistic: "Average",
    threshold: settings.errorRatePercent / 100,
  });
  yield alarm(c, "latency", {
    namespace: "AWS/ApiGateway",
    metricName: "Latency",
    dimensions: api,
    statistic: undefined,
    extendedStatistic: "p95",
    threshold: settings.latencyMs,
  });
  for (const suffix of ["certificate", ...(c.edge ? ["edge-certificate"] : [])])
    yield alarm(c, suffix, {
      namespace: "AWS/CertificateManager",
      metricName: "DaysToExpiry",
      dimensions: { CertificateArn: c.ref(suffix, "arn") },
      comparisonOperator: "LessThanThreshold",
      statistic: "Minimum",
      period: DAY,
      threshold: settings.certificateDays,
      // The metric stops when the certificate has ended: silence is the worst news.
      treatMissingData: "breaching",
    });
  if (c.rest)
    yield alarm(c, "firewall", {
      namespace: "AWS/WAFV2",
      metricName: "BlockedRequests",
      dimensions: { WebACL: c.ref("firewall", "name"), Rule: "ALL", Region: c.edge ? undefined : c.region },
      threshold: MANY,
    });
  if (c.authorizer)
    yield alarm(c, "authorizer", {
      namespace: "AWS/Lambda",
      metricName: "Throttles",
      dimensions: { FunctionName: c.ref("authorizer", "name") },
      threshold: 0,
    });
  if (c.model.observability.accessLogs) {
    yield* counted(c, "throttles", '{ $.status = "429" }', MANY);
    // To Lambda a 401 is an error of the function, so that only the log tells failures.
    if (c.authorizer)
      yield* counted(c, "authorizer-failures", '{ $.error = "AUTHORIZER_FAILURE" || $.error = "AUTHORIZER_CONFIGURATION_ERROR" }', 0);
  }
  yield* hops(c);
}

/** Whoever has no healthy target left: a backend, or the balancer between the link and it. */
function* hops(c: Context): Generator<Expected> {
  const { network } = c.model.aws;
  if (network === undefined || !c.rest) return;
  const inner = network.bridge === "nlb" ? "network-balancer" : "balancer";
  for (const { name } of c.behind) yield unhealthy(c, name, inner);
  if (network.bridge === "nlb-alb")
    for (const port of new Set(c.behind.map((backend) => backend.port))) yield unhealthy(c, `balancer-${port}`, "network-balancer");
}

const unhealthy = (c: Context, group: string, balancer: string): Expected =>
  alarm(c, `targets-${group}`, {
    namespace: balancer === "network-balancer" ? "AWS/NetworkELB" : "AWS/ApplicationELB",
    metricName: "HealthyHostCount",
    dimensions: { TargetGroup: c.ref(group, "arnSuffix"), LoadBalancer: c.ref(balancer, "arnSuffix") },
    comparisonOperator: "LessThanThreshold",
    statistic: "Minimum",
    period: 60,
    evaluationPeriods: 3,
    threshold: 1,
    // A balancer that says nothing has nothing.
    treatMissingData: "breaching",
  });

/** An alarm of one period over its threshold that tells when it begins and when it ends. */
function alarm(c: Context, suffix: string, inputs: Record<string, Shape>): Expected {
  const front = c.edge && (suffix === "edge-certificate" || suffix === "firewall");
  const topics = [c.ref(front ? "edge-alarms" : "alarms", "arn")];
  return {
    type: "aws:cloudwatch/metricAlarm:MetricAlarm",
    suffix: `alarm-${suffix}`,
    control: "observe.alarms",
    inputs: {
      alarmDescription: prose,
      comparisonOperator: "GreaterThanThreshold",
      evaluationPeriods: 1,
      period: 300,
      statistic: "Sum",
      treatMissingData: "notBreaching",
      alarmActions: topics,
      okActions: topics,
      ...(front ? c.front : c.home),
      ...inputs,
    },
  };
}

/** Lines of the access log counted, and an alarm on their number. */
function* counted(c: Context, suffix: string, pattern: string, threshold: number): Generator<Expected> {
  const metric = { namespace: "SecureGateway", name: `${c.model.name}-${suffix}` };
  yield {
    type: "aws:cloudwatch/logMetricFilter:LogMetricFilter",
    suffix,
    control: "observe.alarms",
    inputs: {
      logGroupName: c.ref("access-logs", "name"),
      pattern,
      metricTransformation: { ...metric, value: "1", defaultValue: "0" },
      ...c.here,
    },
  };
  yield alarm(c, suffix, { namespace: metric.namespace, metricName: metric.name, threshold });
}

/** A topic CloudWatch may write to on behalf of this account, and everybody the document names as its readers. */
function* topic(c: Context, suffix: string, key: "key" | "edge-key", where: { tags: Shape; region: Shape }): Generator<Expected> {
  const control = "observe.alarms";
  yield {
    type: "aws:sns/topic:Topic",
    suffix,
    control,
    inputs: { kmsMasterKeyId: c.ref(key, "arn"), ...where },
  };
  yield {
    type: "aws:sns/topicPolicy:TopicPolicy",
    suffix: `${suffix}-policy`,
    control,
    inputs: {
      arn: c.ref(suffix, "arn"),
      policy: json(
        policy({
          Effect: "Allow",
          Principal: { Service: "cloudwatch.amazonaws.com" },
          Action: "sns:Publish",
          Resource: c.ref(suffix, "arn"),
          Condition: { StringEquals: { "aws:SourceAccount": ["$", "{account}"].join("") } },
        }),
      ),
      region: where.region,
    },
  };
  for (const [index, target] of (c.model.observability.alarms?.notify ?? []).entries()) {
    const mail = target.startsWith("mailto:");
    yield {
      type: "aws:sns/topicSubscription:TopicSubscription",
      suffix: `${suffix}-${index + 1}`,
      control,
      inputs: {
        topic: c.ref(suffix, "arn"),
        protocol: mail ? "email" : "https",
        endpoint: target.replace(/^mailto:/, ""),
        region: where.region,
      },
    };
  }
}

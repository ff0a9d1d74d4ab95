import type { Reason } from "./reason.ts";

/** Reasons for the plans of Azure alone. */
export const AZURE: readonly Reason[] = [
  {
    pattern:
      /(^|\.)(description|comment|displayName|title|summary|info|operationId|documentation|visibilityConfig|metricName|stat_prefix|serializedData|reason)(\.|$)/,
    reason: "a text for people or the name of a metric; nothing decides by it",
  },
  { type: /[dD]ashboard|Workbook/, reason: "a picture of what is measured elsewhere" },
  {
    pattern: /(^|\.)(project|location|resourceGroupName|serviceName|profileName|clusterName)$/,
    reason: "says in which project, group or service a resource stands; elsewhere it does not find what it refers to and is refused",
  },
  {
    pattern:
      /(^|\.)(memorySize|minInstanceCount|maxInstanceCount|cpu|memory|startupCpuBoost|cpuIdle|maxInstanceRequestConcurrency|architectures|billingMode|deletionWindowInDays|ipAddressType|isIpv6Enabled|httpVersion|priceClass|tcp_backlog_size|drainMs|workers|reservedConcurrentExecutions|deregistrationDelay|earlyRenewalHours|ttl)(\.|$)/,
    reason: "capacity, price or lifetime of a resource",
  },
  {
    pattern: /paths\..*\.(parameters|responses)(\.|$)/,
    reason: "names and types of a definition's parameters and answers; who may call does not depend on them",
  },
  { pattern: /(passthroughBehavior|contentHandling|binary-media-types|requestTemplates)/, reason: "how bodies are handed on" },
  {
    pattern:
      /(^|\.)(name|metric|namespace|evaluationPeriods|datapointsToAlarm|period|statistic|treatMissingData|unit|dimensions|metricQueries|okActions|pattern|metricTransformation|query|evaluationInterval|duration|combiner|windowSize|evaluationFrequency|severity|criteria)(\.|$)/,
    type: /[aA]larm|MetricFilter|alertPolicy|ScheduledQueryRule|MetricAlert|uptimeCheck/,
    reason: "how an alarm is computed; that it exists, is on and reaches somebody is read",
  },
];

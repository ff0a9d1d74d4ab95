import type { Reason } from "./reason.ts";

/** Reasons for the plans of this machine alone. */
export const LOCAL: readonly Reason[] = [
  {
    pattern:
      /(^|\.)(description|comment|displayName|title|summary|info|operationId|documentation|visibilityConfig|metricName|stat_prefix|serializedData|reason)(\.|$)/,
    reason: "a text for people or the name of a metric; nothing decides by it",
  },
  {
    pattern: /(^|\.)(@type|resource_api_version|google_re2)$/,
    reason: "a message of another or no type is refused by Envoy when it loads the file (test/live/envoy/validate.test.ts)",
  },
  {
    pattern: /(^|\.)(sds_config|lds_config|cds_config|layered_runtime|node)(\.|$)/,
    reason: "where Envoy finds its files and how it is called; without them it does not start",
  },
  {
    pattern:
      /(startupProbe|livenessProbe|lb_policy|cluster_type|dns_lookup_family|respect_dns_ttl|idle_timeout$|per_connection_buffer|initial_.*_window_size|upstreams\.http|retry_back_off|retry_policy\.(num_retries|retry_host)|host_selection_retry)/,
    reason: "how connections to backends and probes are kept up",
  },
  {
    pattern: /\.filter(\.|$).*(runtime_key|op|comparison|value)/,
    reason: "for which of the gateway's own answers a format is used; each format is read",
  },
  {
    pattern: /local_reply_config\.mappers\.\[\]\.(filter|headers_to_add\.\[\]\.append_action)/,
    reason: "for which of the gateway's own answers a format is used; each format is read",
  },
  {
    pattern:
      /(^|\.)(memorySize|minInstanceCount|maxInstanceCount|cpu|memory|startupCpuBoost|cpuIdle|maxInstanceRequestConcurrency|architectures|billingMode|deletionWindowInDays|ipAddressType|isIpv6Enabled|httpVersion|priceClass|tcp_backlog_size|drainMs|workers|reservedConcurrentExecutions|deregistrationDelay|earlyRenewalHours|ttl)(\.|$)/,
    reason: "capacity, price or lifetime of a resource",
  },
  {
    pattern:
      /(^|\.)(name|metric|namespace|evaluationPeriods|datapointsToAlarm|period|statistic|treatMissingData|unit|dimensions|metricQueries|okActions|pattern|metricTransformation|query|evaluationInterval|duration|combiner|windowSize|evaluationFrequency|severity|criteria)(\.|$)/,
    type: /[aA]larm|MetricFilter|alertPolicy|ScheduledQueryRule|MetricAlert|uptimeCheck/,
    reason: "how an alarm is computed; that it exists, is on and reaches somebody is read",
  },
  {
    type: /localgateway:index:Host$/,
    pattern: /^(directory|writeOrder|services|listeners|adminSocket)(\.|$)/,
    reason: "where and in which order files are written on this machine",
  },
];

import type { Reason } from "./reason.ts";

/** Reasons for the plans of Google Cloud alone. */
export const GCP: readonly Reason[] = [
  {
    pattern:
      /(^|\.)(description|comment|displayName|title|summary|info|operationId|documentation|visibilityConfig|metricName|stat_prefix|serializedData|reason)(\.|$)/,
    reason: "a text for people or the name of a metric; nothing decides by it",
  },
  { type: /[dD]ashboard|Workbook/, reason: "a picture of what is measured elsewhere" },
  {
    pattern: /(^|\.)region$/,
    reason: "says where, not how; a resource in another region than what it belongs to is refused by the provider",
  },
  {
    pattern: /(^|\.)(project|location|resourceGroupName|serviceName|profileName|clusterName)$/,
    reason: "says in which project, group or service a resource stands; elsewhere it does not find what it refers to and is refused",
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
  { type: /^gcp:projects\/service:Service$/, reason: "an API of the project that is switched on; without it the deployment stops" },
];

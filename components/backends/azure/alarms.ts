import { SystemTopic } from "@pulumi/azure-native/eventgrid/systemTopic.js";
import { SystemTopicEventSubscription } from "@pulumi/azure-native/eventgrid/systemTopicEventSubscription.js";
import { ActionGroup } from "@pulumi/azure-native/monitor/actionGroup.js";
import { MetricAlert } from "@pulumi/azure-native/monitor/metricAlert.js";
import { ScheduledQueryRule } from "@pulumi/azure-native/monitor/scheduledQueryRule.js";
import type { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import type * as pulumi from "@pulumi/pulumi";
import type { AzureBuild } from "./build.ts";
import { errorRate, failingBackends, latency, refusals } from "./queries.ts";
import type { Service } from "./service.ts";
import type { TierFacts } from "./tiers.ts";

/** Share of a service's capacity that is worth a look, in percent; the vendor's own advice for adding units. */
const FULL = 80;

/** Name of an alarm, its metric, what that measures. */
type Meter = readonly [suffix: string, metricName: string, what: string];

/** What says how full a service is, by the family of its tier. Consumption has no such metric. */
const CAPACITY: Readonly<Record<TierFacts["family"], readonly Meter[]>> = {
  classic: [["capacity", "Capacity", "capacity"]],
  v2: [
    ["cpu", "CpuPercent_Gateway", "processors"],
    ["memory", "MemoryPercent_Gateway", "memory"],
  ],
  consumption: [],
};

export interface Watched {
  readonly service: Service;
  readonly workspace: Workspace;
  /** The vault with the front certificate, where there is one. */
  readonly vaultId: pulumi.Output<string> | undefined;
}

/** Alarms and the group that is told. */
export function alarms(b: AzureBuild, { service, workspace, vaultId }: Watched): void {
  const settings = b.model.observability.alarms;
  if (settings === undefined) return;
  const group = actionGroup(b, settings.notify);
  const query = (suffix: string, description: string, severity: number, text: string, threshold: number, measure: string) =>
    b.enforced.note(
      new ScheduledQueryRule(
        `${b.name}-alarm-${suffix}`,
        {
          resourceGroupName: b.group,
          kind: "LogAlert",
          displayName: `${b.model.hostname}: ${description}`,
          description: `${b.model.hostname}: ${description}`,
          severity,
          enabled: true,
          autoMitigate: true,
          scopes: [workspace.id],
          evaluationFrequency: "PT5M",
          windowSize: "PT5M",
          // Tables of the log come with its first request.
          skipQueryValidation: true,
          criteria: {
            allOf: [
              {
                query: text,
                metricMeasureColumn: measure,
                timeAggregation: "Maximum",
                operator: "GreaterThan",
                threshold,
                failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
              },
            ],
          },
          actions: { actionGroups: [group.id] },
          tags: b.tags,
          ...b.inLocation,
        },
        b.opts(),
      ),
      "observe.alarms",
    );
  const { errorRatePercent, latencyMs } = settings;
  query("errors", `more than ${errorRatePercent}% of answers are errors`, 1, errorRate(b.name), errorRatePercent, "rate");
  query("latency", `95th percentile of latency above ${latencyMs} ms`, 2, latency(b.name), latencyMs, "p95");
  query("refusals", "more than half of a hundred or more requests refused", 2, refusals(b.name), 50, "rate");
  query(
    "backends",
    `more than ${errorRatePercent}% of a backend's answers are errors`,
    1,
    failingBackends(b.name),
    errorRatePercent,
    "rate",
  );
  for (const meter of CAPACITY[b.facts.family]) capacity(b, service, group, meter);
  if (vaultId !== undefined) certificateEvents(b, vaultId, group);
}

function actionGroup(b: AzureBuild, notify: readonly string[]): ActionGroup {
  const mails = notify.filter((target) => target.startsWith("mailto:"));
  const hooks = notify.filter((target) => !target.startsWith("mailto:"));
  return b.enforced.note(
    new ActionGroup(
      `${b.name}-alarms`,
      {
        resourceGroupName: b.group,
        location: "global",
        enabled: true,
        groupShortName: b.name.slice(0, 12),
        emailReceivers: mails.map((target, index) => ({
          name: `mail-${index + 1}`,
          emailAddress: target.slice("mailto:".length),
          useCommonAlertSchema: true,
        })),
        webhookReceivers: hooks.map((serviceUri, index) => ({ name: `webhook-${index + 1}`, serviceUri, useCommonAlertSchema: true })),
        tags: b.tags,
      },
      b.opts(),
    ),
    "observe.alarms",
  );
}

function capacity(b: AzureBuild, service: Service, group: ActionGroup, [suffix, metricName, what]: Meter): void {
  b.enforced.note(
    new MetricAlert(
      `${b.name}-alarm-${suffix}`,
      {
        resourceGroupName: b.group,
        location: "global",
        description: `${b.model.hostname}: more than ${FULL}% of the service's ${what} used`,
        severity: 2,
        enabled: true,
        scopes: [service.id],
        evaluationFrequency: "PT5M",
        windowSize: "PT30M",
        criteria: {
          odataType: "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
          allOf: [
            {
              criterionType: "StaticThresholdCriterion",
              name: suffix,
              metricName,
              metricNamespace: "Microsoft.ApiManagement/service",
              operator: "GreaterThan",
              threshold: FULL,
              timeAggregation: "Average",
            },
          ],
        },
        actions: [{ actionGroupId: group.id }],
        tags: b.tags,
      },
      b.opts(),
    ),
    "observe.alarms",
  );
}

/** Key Vault tells 30 days before a secret or certificate ends, and when it has ended. */
function certificateEvents(b: AzureBuild, vaultId: pulumi.Output<string>, group: ActionGroup): void {
  const topic = new SystemTopic(
    `${b.name}-certificate-events`,
    { resourceGroupName: b.group, source: vaultId, topicType: "Microsoft.KeyVault.vaults", tags: b.tags, ...b.inLocation },
    b.opts(),
  );
  b.enforced.note(
    new SystemTopicEventSubscription(
      `${b.name}-alarm-certificate`,
      {
        resourceGroupName: b.group,
        systemTopicName: topic.name,
        eventDeliverySchema: "CloudEventSchemaV1_0",
        filter: {
          includedEventTypes: [
            "Microsoft.KeyVault.SecretNearExpiry",
            "Microsoft.KeyVault.SecretExpired",
            "Microsoft.KeyVault.CertificateNearExpiry",
            "Microsoft.KeyVault.CertificateExpired",
          ],
        },
        destination: { endpointType: "MonitorAlert", severity: "Sev1", actionGroups: [group.id] },
      },
      b.opts(),
    ),
    "observe.alarms",
  );
}

import type { Observations } from "../../../verdicts.ts";
import { either, type Grammar, is, list, number, object, text, where } from "../../grammar.ts";
import { AZURE, type Inputs, inGroup, placed, refer, type Scene, serviceId } from "./scene.ts";

const tells = (scene: Scene): Grammar => object({ actionGroups: list(refer(scene, "monitor:ActionGroup", "id"), 1, 1) });

/** What each alarm looks at, by the end of its name: its measure, when it tells, and what its query has to ask. */
const ALARMS: Readonly<Record<string, (scene: Scene) => { measure: string; threshold: number; asks: readonly RegExp[] }>> = {
  errors: ({ model }) => ({
    measure: "rate",
    threshold: model.observability.alarms?.errorRatePercent ?? 0,
    asks: [/countif\(ResponseCode >= 500\)/, RATE],
  }),
  latency: ({ model }) => ({
    measure: "p95",
    threshold: model.observability.alarms?.latencyMs ?? 0,
    asks: [/summarize p95 = percentile\(TotalTime, 95\) by bin\(TimeGenerated, 5m\)$/],
  }),
  refusals: () => ({
    measure: "rate",
    threshold: 50,
    asks: [/countif\(ResponseCode in \(401, 403, 429\)\)/, /where total >= 100 \|/, RATE],
  }),
  backends: ({ model }) => ({
    measure: "rate",
    threshold: model.observability.alarms?.errorRatePercent ?? 0,
    asks: [/countif\(BackendResponseCode >= 500 or isempty\(BackendResponseCode\)\)/, /max\(100\.0 \* failed \/ total\) by TimeGenerated$/],
  }),
};
const RATE = /project TimeGenerated, rate = 100\.0 \* failed \/ total$/;

const query = (scene: Scene, asks: readonly RegExp[]): Grammar =>
  where(
    (value) =>
      String(value).startsWith(`ApiManagementGatewayLogs | where ApiId == '${scene.model.name}' |`) &&
      asks.every((one) => one.test(String(value))),
    "the query of this alarm over this gateway's log",
  );

export const ALARM: Inputs = {
  "monitor:ActionGroup": [
    "observe.alarms",
    (scene) => {
      const notify = scene.model.observability.alarms?.notify ?? [];
      const mails = notify.filter((one) => one.startsWith("mailto:")).map((one) => one.slice("mailto:".length));
      const hooks = notify.filter((one) => !one.startsWith("mailto:"));
      const receiver = (field: string, values: readonly string[]) =>
        list(object({ name: text(), [field]: is(...values), useCommonAlertSchema: is(true) }), values.length, values.length);
      return object({
        ...placed(scene, "global"),
        enabled: is(true),
        groupShortName: text(/^[\w-]{1,12}$/),
        emailReceivers: receiver("emailAddress", mails),
        webhookReceivers: receiver("serviceUri", hooks),
      });
    },
  ],
  "monitor:ScheduledQueryRule": [
    "observe.alarms",
    (scene, { name }) => {
      const { measure, threshold, asks } = ALARMS[/-alarm-(\w+)$/.exec(name)?.[1] ?? ""]?.(scene) ?? {
        measure: "",
        threshold: 0,
        asks: [],
      };
      return object({
        ...placed(scene),
        kind: is("LogAlert"),
        displayName: text(),
        description: text(),
        severity: is(1, 2),
        enabled: is(true),
        autoMitigate: is(true),
        scopes: list(refer(scene, "operationalinsights:Workspace", "id"), 1, 1),
        evaluationFrequency: is("PT5M"),
        windowSize: is("PT5M"),
        skipQueryValidation: is(true),
        criteria: object({
          allOf: list(
            object({
              query: query(scene, asks),
              metricMeasureColumn: is(measure),
              timeAggregation: is("Maximum"),
              operator: is("GreaterThan"),
              threshold: is(threshold),
              failingPeriods: object({ numberOfEvaluationPeriods: is(1), minFailingPeriodsToAlert: is(1) }),
            }),
            1,
            1,
          ),
        }),
        actions: tells(scene),
      });
    },
  ],
  "monitor:MetricAlert": [
    "observe.alarms",
    (scene, { name }) =>
      object({
        ...placed(scene, "global"),
        description: text(),
        severity: is(2),
        enabled: is(true),
        scopes: list(serviceId(scene), 1, 1),
        evaluationFrequency: is("PT5M"),
        windowSize: is("PT30M"),
        criteria: object({
          odataType: is("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"),
          allOf: list(
            object({
              criterionType: is("StaticThresholdCriterion"),
              name: text(),
              metricName: is(METERS[scene.tier][/-alarm-(\w+)$/.exec(name)?.[1] ?? ""] ?? ""),
              metricNamespace: is("Microsoft.ApiManagement/service"),
              operator: is("GreaterThan"),
              threshold: number(50, 90),
              timeAggregation: is("Average"),
            }),
            1,
            1,
          ),
        }),
        actions: list(object({ actionGroupId: refer(scene, "monitor:ActionGroup", "id") }), 1, 1),
      }),
  ],
  "eventgrid:SystemTopic": [
    "observe.alarms",
    (scene) =>
      object({
        ...placed(scene),
        source: vaultId(scene),
        topicType: is("Microsoft.KeyVault.vaults"),
      }),
  ],
  "eventgrid:SystemTopicEventSubscription": [
    "observe.alarms",
    (scene) =>
      object({
        ...inGroup(scene),
        systemTopicName: refer(scene, "eventgrid:SystemTopic", "name"),
        eventDeliverySchema: is("CloudEventSchemaV1_0"),
        filter: object({
          includedEventTypes: is(
            ["Secret", "Certificate"].flatMap((what) => ["NearExpiry", "Expired"].map((when) => `Microsoft.KeyVault.${what}${when}`)),
          ),
          isSubjectCaseSensitive: is(false),
        }),
        destination: object({
          endpointType: is("MonitorAlert"),
          severity: is("Sev1"),
          actionGroups: list(refer(scene, "monitor:ActionGroup", "id"), 1, 1),
        }),
      }),
  ],
};

/** The vault the front certificate is in: the stack's, or the owner's. */
export const vaultId = (scene: Scene): Grammar => {
  const given = scene.model.tls.certificate.source === "managed" ? scene.model.azure.certificate?.keyVaultId : undefined;
  const own = refer(scene, "keyvault:Vault", "id");
  return given === undefined ? own : either(is(given), own);
};

/** What says how full the service is: the metrics its tier has, by the name of the alarm. */
const METERS: Readonly<Record<Scene["tier"], Readonly<Record<string, string>>>> = {
  classic: { capacity: "Capacity" },
  v2: { cpu: "CpuPercent_Gateway", memory: "MemoryPercent_Gateway" },
  Consumption: {},
};

/** Every alarm is there, each once. */
export function observeAlarms({ resources, model, tier, service, others, freeCertificate }: Scene, o: Observations): void {
  const { alarms } = model.observability;
  const names = (type: string) => resources.of(AZURE + type).map(({ name }) => name.replace(`${model.name}-alarm-`, ""));
  const rules = [
    ...names("monitor:ScheduledQueryRule"),
    ...names("monitor:MetricAlert"),
    ...names("eventgrid:SystemTopicEventSubscription"),
  ];
  const vault =
    resources.of(`${AZURE}eventgrid:SystemTopic`).length > 0 ||
    model.tls.certificate.source !== "managed" ||
    ((service.hostnameConfigurations || others) && model.edge === "none" && !freeCertificate);
  o.sameSet(
    "observe.alarms",
    "observability.alarms",
    alarms ? [...Object.keys(ALARMS), ...(service.sku || others ? Object.keys(METERS[tier]) : []), ...(vault ? ["certificate"] : [])] : [],
    rules,
  );
}

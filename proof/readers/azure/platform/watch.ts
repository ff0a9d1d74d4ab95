import type { Observations } from "../../../verdicts.ts";
import { either, type Grammar, is, list, nothing, number, object, readElsewhere, text, where } from "../../grammar.ts";
import { APIM, AZURE, apiName, type Inputs, inService, placed, refer, type Scene } from "./scene.ts";

/** No bodies, no query strings, these headers of requests and none of answers. */
const messages = (headers: readonly string[]): Grammar => {
  const plain = { body: object({ bytes: is(0) }) };
  const dataMasking = is({ queryParams: [{ mode: "Hide", value: "*" }] });
  return object({
    request: object({ ...plain, headers: is(headers), dataMasking }),
    response: object({ ...plain, headers: is([]) }),
  });
};

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

export const WATCH: Inputs = {
  "operationalinsights:Workspace": [
    "observe.accessLogs",
    (scene) =>
      object({
        ...placed(scene),
        sku: object({ name: is("PerGB2018") }),
        retentionInDays: is(Math.max(30, scene.model.observability.accessLogs?.retentionDays ?? 30)),
        features: object({ disableLocalAuth: is(true) }),
      }),
  ],
  "apimanagement:Logger": [
    "observe.accessLogs",
    (scene, { inputs }) => {
      const traces = inputs.loggerType === "applicationInsights";
      return object({
        ...inService(scene),
        loggerId: traces ? text(/^[\w-]{1,80}$/) : is("azuremonitor"),
        loggerType: is("azureMonitor", "applicationInsights"),
        isBuffered: is(true),
        resourceId: traces ? refer(scene, "applicationinsights:Component", "id") : nothing,
        credentials: traces
          ? object({
              connectionString: refer(scene, "applicationinsights:Component", "connectionString"),
              identityClientId: refer(scene, "managedidentity:UserAssignedIdentity", "clientId"),
            })
          : nothing,
      });
    },
  ],
  "apimanagement:ApiDiagnostic": [
    "observe.accessLogs",
    (scene, { inputs }) => {
      const { accessLogs, tracing, metrics } = scene.model.observability;
      const traces = inputs.diagnosticId === "applicationinsights";
      return object({
        ...inService(scene),
        apiId: apiName(scene),
        diagnosticId: is("azuremonitor", "applicationinsights"),
        loggerId: where(
          (value) =>
            scene.resources.behind(value, `${APIM}Logger`)?.inputs.loggerType === (traces ? "applicationInsights" : "azureMonitor"),
          "the logger of this kind",
        ),
        alwaysLog: is("allErrors"),
        verbosity: is("information"),
        sampling: object({ samplingType: is("fixed"), percentage: is(traces ? tracing?.samplingPercent : 100) }),
        logClientIp: is(!traces),
        httpCorrelationProtocol: traces ? is("W3C") : nothing,
        metrics: traces ? is(metrics) : nothing,
        frontend: messages(traces ? [] : (accessLogs?.headers ?? [])),
        backend: messages([]),
      });
    },
  ],
  "monitor:DiagnosticSetting": [
    "observe.accessLogs",
    (scene) =>
      object({
        name: text(),
        resourceUri: refer(scene, "apimanagement:ApiManagementService", "id"),
        workspaceId: refer(scene, "operationalinsights:Workspace", "id"),
        logAnalyticsDestinationType: is("Dedicated"),
        logs: is([{ category: "GatewayLogs", enabled: true }]),
        metrics: scene.model.observability.metrics ? is([{ category: "AllMetrics", enabled: true }]) : nothing,
      }),
  ],
  "applicationinsights:Component": [
    "observe.tracing",
    (scene) =>
      object({
        ...placed(scene),
        kind: is("web"),
        applicationType: is("web"),
        flowType: is("Bluefield"),
        requestSource: is("rest"),
        ingestionMode: is("LogAnalytics"),
        workspaceResourceId: refer(scene, "operationalinsights:Workspace", "id"),
        disableLocalAuth: is(true),
        // The gateway writes and people read from outside; both have to show who they are.
        publicNetworkAccessForIngestion: is("Enabled"),
        publicNetworkAccessForQuery: is("Enabled"),
      }),
  ],
  "applicationinsights:Workbook": [
    "observe.metrics",
    (scene) =>
      object({
        ...placed(scene),
        category: is("workbook"),
        kind: is("shared"),
        displayName: text(),
        resourceName: text(/^[0-9a-f-]{36}$/),
        serializedData: readElsewhere,
        sourceId: refer(scene, "operationalinsights:Workspace", "id"),
      }),
  ],
  "monitor:ActionGroup": [
    "observe.alarms",
    (scene) => {
      const notify = scene.model.observability.alarms?.notify ?? [];
      const mails = notify.filter((one) => one.startsWith("mailto:")).map((one) => one.slice("mailto:".length));
      const hooks = notify.filter((one) => !one.startsWith("mailto:"));
      const receiver = (field: string, values: readonly string[]) =>
        list(object({ name: text(), [field]: is(...values), useCommonAlertSchema: is(true) }), values.length, values.length);
      return object({
        ...placed(scene, ["tags", "global"]),
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
    (scene) =>
      object({
        ...placed(scene, ["tags", "global"]),
        description: text(),
        severity: is(2),
        enabled: is(true),
        scopes: list(refer(scene, "apimanagement:ApiManagementService", "id"), 1, 1),
        evaluationFrequency: is("PT5M"),
        windowSize: is("PT30M"),
        criteria: object({
          odataType: is("Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"),
          allOf: list(
            object({
              criterionType: is("StaticThresholdCriterion"),
              name: text(),
              metricName: is("Capacity"),
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
        resourceGroupName: refer(scene, "resources:ResourceGroup", "name"),
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

/** What is asked for is there, each once. */
export function observeWatch({ resources, model, tier, service }: Scene, o: Observations): void {
  const { accessLogs, tracing, metrics, alarms } = model.observability;
  const diagnostics = resources.of(`${APIM}ApiDiagnostic`).map(({ inputs }) => inputs);
  const log = diagnostics.find(({ diagnosticId }) => diagnosticId === "azuremonitor");
  const wanted = [...(accessLogs ? ["azuremonitor"] : []), ...(tracing ? ["applicationinsights"] : [])];
  o.sameSet(
    "observe.accessLogs",
    "observability",
    wanted,
    diagnostics.map(({ diagnosticId }) => diagnosticId),
  );
  if (accessLogs)
    o.sameSet("observe.logHeaders", "observability.accessLogs.headers", accessLogs.headers, log?.frontend?.request?.headers ?? []);
  if (tracing)
    o.same(
      "observe.tracing",
      "observability.tracing",
      tracing.samplingPercent,
      diagnostics.find(({ diagnosticId }) => diagnosticId === "applicationinsights")?.sampling?.percentage,
    );
  const settings = resources.of(`${AZURE}monitor:DiagnosticSetting`);
  o.same("observe.accessLogs", "observability.accessLogs", accessLogs ? 1 : 0, settings.length);
  if (metrics)
    o.holds(
      "observe.metrics",
      "observability.metrics",
      "metrics are kept",
      settings.every(({ inputs }) => inputs.metrics?.[0]?.enabled === true),
    );
  const names = (type: string) => resources.of(AZURE + type).map(({ name }) => name.replace(`${model.name}-alarm-`, ""));
  const rules = [
    ...names("monitor:ScheduledQueryRule"),
    ...names("monitor:MetricAlert"),
    ...names("eventgrid:SystemTopicEventSubscription"),
  ];
  const vault =
    resources.of(`${AZURE}eventgrid:SystemTopic`).length > 0 ||
    model.tls.certificate.source !== "managed" ||
    service.hostnameConfigurations;
  o.sameSet(
    "observe.alarms",
    "observability.alarms",
    alarms ? [...Object.keys(ALARMS), ...(tier === "classic" && service.sku ? ["capacity"] : []), ...(vault ? ["certificate"] : [])] : [],
    rules,
  );
}

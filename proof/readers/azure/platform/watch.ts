import type { Observations } from "../../../verdicts.ts";
import { type Grammar, is, nothing, object, readElsewhere, text, where } from "../../grammar.ts";
import { APIM, AZURE, apiName, type Inputs, inService, placed, refer, type Scene, serviceId } from "./scene.ts";

/** No bodies, no query strings, these headers of requests and none of answers. */
const messages = (headers: readonly string[]): Grammar => {
  const plain = { body: object({ bytes: is(0) }) };
  const dataMasking = is({ queryParams: [{ mode: "Hide", value: "*" }] });
  return object({
    request: object({ ...plain, headers: is(headers), dataMasking }),
    response: object({ ...plain, headers: is([]) }),
  });
};

/** The logger of a kind; a service has one of Azure Monitor, which in a service of others is there already. */
const logger = ({ others, resources }: Scene, traces: boolean): Grammar =>
  others && !traces
    ? is(`${others.id}/loggers/azuremonitor`)
    : where(
        (value) => resources.behind(value, `${APIM}Logger`)?.inputs.loggerType === (traces ? "applicationInsights" : "azureMonitor"),
        "the logger of this kind",
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
              // The identity of a service of others is not the stack's: its logger has the connection string alone.
              identityClientId: scene.others ? nothing : refer(scene, "managedidentity:UserAssignedIdentity", "clientId"),
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
        loggerId: logger(scene, traces),
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
        resourceUri: serviceId(scene),
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
        disableLocalAuth: is(scene.others === undefined),
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
};

/** What is asked for is there, each once. */
export function observeWatch({ resources, model, others }: Scene, o: Observations): void {
  const { accessLogs, tracing, metrics } = model.observability;
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
  o.sameSet(
    "observe.accessLogs",
    "observability loggers",
    [...(accessLogs && !others ? ["azureMonitor"] : []), ...(tracing ? ["applicationInsights"] : [])],
    resources.of(`${APIM}Logger`).map(({ inputs }) => inputs.loggerType),
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
}

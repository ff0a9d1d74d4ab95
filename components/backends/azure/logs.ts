import type { ApiDiagnosticArgs } from "@pulumi/azure-native/apimanagement/apiDiagnostic.js";
import { ApiDiagnostic } from "@pulumi/azure-native/apimanagement/apiDiagnostic.js";
import { Logger } from "@pulumi/azure-native/apimanagement/logger.js";
import { Component } from "@pulumi/azure-native/applicationinsights/component.js";
import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import { DiagnosticSetting } from "@pulumi/azure-native/monitor/diagnosticSetting.js";
import { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayApi } from "./api.ts";
import type { AzureBuild } from "./build.ts";
import type { Service } from "./service.ts";

/** Monitoring Metrics Publisher, a built-in role: sends telemetry, reads nothing. */
const PUBLISHER = "3913510d-42f4-4e42-8a64-420c390055eb";
/** A workspace keeps its tables for at least this many days. */
const SHORTEST_RETENTION = 30;

/** Requests are told without bodies, and without query strings, which may carry what should not be read. */
function messages(headers: readonly string[]): Pick<ApiDiagnosticArgs, "frontend" | "backend"> {
  const dataMasking = { queryParams: [{ mode: "Hide", value: "*" }] };
  const plain = { headers: [] as string[], body: { bytes: 0 } };
  return {
    frontend: { request: { headers: [...headers], body: { bytes: 0 }, dataMasking }, response: plain },
    backend: { request: { ...plain, dataMasking }, response: plain },
  };
}

/** Logs, traces and metrics of the API; the workspace they are in, and the last write to the API. */
export function telemetry(
  b: AzureBuild,
  service: Service,
  { api }: GatewayApi,
  identity: UserAssignedIdentity | undefined,
  after: pulumi.Resource,
): { readonly workspace: Workspace | undefined; readonly last: pulumi.Resource } {
  const { accessLogs, tracing } = b.model.observability;
  if (accessLogs === undefined && tracing === undefined) return { workspace: undefined, last: after };
  const workspace = new Workspace(
    `${b.name}-logs`,
    {
      resourceGroupName: b.group,
      sku: { name: "PerGB2018" },
      retentionInDays: Math.max(SHORTEST_RETENTION, accessLogs?.retentionDays ?? SHORTEST_RETENTION),
      features: { disableLocalAuth: true },
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  let last = after;
  if (accessLogs) {
    // API Management knows one logger of this kind, by this name; in a service of others it is the owner's.
    const loggerId =
      service.resource === undefined
        ? pulumi.interpolate`${service.id}/loggers/azuremonitor`
        : new Logger(
            `${b.name}-log-logger`,
            { ...inService, loggerId: "azuremonitor", loggerType: "azureMonitor", isBuffered: true },
            b.opts(),
          ).id;
    const diagnostic = new ApiDiagnostic(
      `${b.name}-log`,
      {
        ...inService,
        apiId: api.name,
        diagnosticId: "azuremonitor",
        loggerId,
        alwaysLog: "allErrors",
        logClientIp: true,
        verbosity: "information",
        sampling: { samplingType: "fixed", percentage: 100 },
        ...messages(accessLogs.headers),
      },
      // Two writes to one API cannot happen at the same time.
      b.opts({ dependsOn: [last] }),
    );
    const setting = new DiagnosticSetting(
      `${b.name}-log-setting`,
      {
        resourceUri: service.id,
        name: `${b.name}-gateway`,
        workspaceId: workspace.id,
        logAnalyticsDestinationType: "Dedicated",
        logs: [{ category: "GatewayLogs", enabled: true }],
        ...(b.model.observability.metrics ? { metrics: [{ category: "AllMetrics", enabled: true }] } : {}),
      },
      b.opts(),
    );
    for (const one of [workspace, diagnostic, setting]) b.enforced.note(one, "observe.accessLogs");
    b.enforced.note(diagnostic, "observe.logHeaders");
    b.enforced.note(setting, "observe.metrics");
    last = diagnostic;
  }
  if (tracing) last = traces(b, service, { api }, identity, workspace, last, tracing.samplingPercent);
  return { workspace, last };
}

function traces(
  b: AzureBuild,
  service: Service,
  { api }: Pick<GatewayApi, "api">,
  identity: UserAssignedIdentity | undefined,
  workspace: Workspace,
  after: pulumi.Resource,
  percentage: number,
): pulumi.Resource {
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  const component = new Component(
    `${b.name}-traces`,
    {
      resourceGroupName: b.group,
      kind: "web",
      applicationType: "web",
      workspaceResourceId: workspace.id,
      ingestionMode: "LogAnalytics",
      // A service of others has an identity this stack does not know; its logger uses the connection string alone.
      disableLocalAuth: identity !== undefined,
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
  const publisher =
    identity &&
    new RoleAssignment(
      `${b.name}-traces-publisher`,
      {
        scope: component.id,
        principalId: identity.principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: pulumi.interpolate`/subscriptions/${b.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${PUBLISHER}`,
      },
      b.opts(),
    );
  const logger = new Logger(
    `${b.name}-traces-logger`,
    {
      ...inService,
      loggerId: `${b.name}-traces`,
      loggerType: "applicationInsights",
      resourceId: component.id,
      credentials: {
        // Without an identity, whoever knows it may write.
        ...(identity === undefined
          ? { connectionString: pulumi.secret(component.connectionString) }
          : { connectionString: component.connectionString, identityClientId: identity.clientId }),
      },
      isBuffered: true,
    },
    b.opts(publisher === undefined ? {} : { dependsOn: [publisher] }),
  );
  const diagnostic = new ApiDiagnostic(
    `${b.name}-trace`,
    {
      ...inService,
      apiId: api.name,
      diagnosticId: "applicationinsights",
      loggerId: logger.id,
      alwaysLog: "allErrors",
      httpCorrelationProtocol: "W3C",
      logClientIp: false,
      verbosity: "information",
      metrics: b.model.observability.metrics,
      sampling: { samplingType: "fixed", percentage },
      ...messages([]),
    },
    b.opts({ dependsOn: [after] }),
  );
  return b.enforced.note(diagnostic, "observe.tracing");
}

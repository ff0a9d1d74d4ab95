import * as apim from "@pulumi/azure-native/apimanagement/index.js";
import * as monitor from "@pulumi/azure-native/monitor/index.js";
import type { Stack } from "../record.ts";
import { RESOURCE_GROUP } from "./shared.ts";

/** Logs that are set up, but not the ones that say who called. */
export const otherLogs: Stack = {
  name: "diagnostic settings without the gateway's log",
  program() {
    const apimService = new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "BasicV2", capacity: 1 },
      identity: { type: "UserAssigned", userAssignedIdentities: { "/identities/apim": {} } },
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
    });
    new monitor.DiagnosticSetting("metrics", {
      resourceUri: apimService.id,
      workspaceId: "/workspaces/logs",
      metrics: [{ category: "AllMetrics", enabled: true }],
      logs: [{ category: "GatewayLogs", enabled: false }],
    });
  },
  findings: ["azure-apim-logs apim"],
};

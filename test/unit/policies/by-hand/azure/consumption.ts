import * as apim from "@pulumi/azure-native/apimanagement/index.js";
import * as monitor from "@pulumi/azure-native/monitor/index.js";
import type { Stack } from "../record.ts";
import { ON, policy, RESOURCE_GROUP } from "./shared.ts";

/** The consumption tier, whose policies look at a certificate nobody is asked for. */
export const consumption: Stack = {
  name: "API Management on the Consumption tier",
  program() {
    const apimService = new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "Consumption", capacity: 0 },
      identity: { type: "SystemAssigned" },
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
    });
    new monitor.DiagnosticSetting("apim", {
      resourceUri: apimService.id,
      workspaceId: "/workspaces/logs",
      logs: [{ category: "GatewayLogs", enabled: true }],
    });
    new apim.Policy("all", {
      ...ON,
      policyId: "policy",
      value: policy("<validate-client-certificate><identities><identity thumbprint='00' /></identities></validate-client-certificate>"),
    });
  },
  findings: ["azure-apim-consumption-client-certificates apim"],
};

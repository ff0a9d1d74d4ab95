import { Workbook } from "@pulumi/azure-native/applicationinsights/workbook.js";
import type { Workspace } from "@pulumi/azure-native/operationalinsights/workspace.js";
import { digest } from "../../digest.ts";
import type { AzureBuild } from "./build.ts";
import { errorRate, failingBackends, latency, refusals, requests } from "./queries.ts";

/** One page with the numbers the alarms go by. */
export function dashboard(b: AzureBuild, workspace: Workspace): void {
  const chart = (title: string, query: string) => ({
    type: 3,
    name: title,
    content: {
      version: "KqlItem/1.0",
      query,
      size: 0,
      title,
      queryType: 0,
      resourceType: "microsoft.operationalinsights/workspaces",
      timeContext: { durationMs: 86_400_000 },
      visualization: "timechart",
    },
  });
  const items = [
    chart("Requests by status", requests(b.name)),
    chart("Errors (%)", errorRate(b.name)),
    chart("Latency, 95th percentile (ms)", latency(b.name)),
    chart("Refusals (%)", refusals(b.name)),
    chart("Backend errors (%)", failingBackends(b.name)),
  ];
  new Workbook(
    `${b.name}-dashboard`,
    {
      resourceGroupName: b.group,
      // A workbook's name is a UUID; it follows from the gateway, so that there is one.
      resourceName: uuidOf(`${b.name} ${b.model.hostname}`),
      kind: "shared",
      category: "workbook",
      displayName: `Gateway ${b.name}`,
      sourceId: workspace.id,
      serializedData: workspace.id.apply((id) => JSON.stringify({ version: "Notebook/1.0", items, fallbackResourceIds: [id] })),
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts(),
  );
}

function uuidOf(text: string): string {
  const hex = digest(text);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

import { Dashboard } from "@pulumi/aws/cloudwatch/dashboard.js";
import * as pulumi from "@pulumi/pulumi";
import type { Watched } from "./alarms.ts";
import type { AwsBuild } from "./build.ts";

/** One page with the numbers the alarms go by. */
export function dashboard(b: AwsBuild, watched: Watched): void {
  const widget = (title: string, metrics: unknown[], statistic: string, index: number) => ({
    type: "metric",
    x: (index % 2) * 12,
    y: Math.floor(index / 2) * 6,
    width: 12,
    height: 6,
    properties: { title, metrics, stat: statistic, period: 300, region: b.region, view: "timeSeries" },
  });
  const dimensions = pulumi.output(watched.dimensions).apply((known) => Object.entries(known).flat());
  const metric = (name: string) => dimensions.apply((known) => ["AWS/ApiGateway", name, ...known]);
  const clientErrors = watched.serverErrors === "5xx" ? "4xx" : "4XXError";
  const widgets = [
    widget("Requests", [metric("Count")], "Sum", 0),
    widget("Errors", [metric(watched.serverErrors), metric(clientErrors)], "Average", 1),
    widget("Latency, 95th percentile (ms)", [metric("Latency"), metric("IntegrationLatency")], "p95", 2),
    widget("Certificate, days left", [["AWS/CertificateManager", "DaysToExpiry", "CertificateArn", watched.certificateArn]], "Minimum", 3),
    ...watched.health.map(({ what, namespace, targetGroup, loadBalancer }, index) =>
      widget(
        `Healthy targets of ${what}`,
        [[namespace, "HealthyHostCount", "TargetGroup", targetGroup, "LoadBalancer", loadBalancer]],
        "Minimum",
        4 + index,
      ),
    ),
  ];
  new Dashboard(
    `${b.name}-dashboard`,
    { dashboardName: `${b.name}-gateway`, dashboardBody: pulumi.jsonStringify({ widgets }), ...b.inRegion },
    b.opts(),
  );
}

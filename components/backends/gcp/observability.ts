import { ProjectBucketConfig } from "@pulumi/gcp/logging/projectBucketConfig.js";
import { ProjectExclusion } from "@pulumi/gcp/logging/projectExclusion.js";
import { ProjectSink } from "@pulumi/gcp/logging/projectSink.js";
import { AlertPolicy } from "@pulumi/gcp/monitoring/alertPolicy.js";
import { Dashboard } from "@pulumi/gcp/monitoring/dashboard.js";
import { NotificationChannel } from "@pulumi/gcp/monitoring/notificationChannel.js";
import { UptimeCheckConfig } from "@pulumi/gcp/monitoring/uptimeCheckConfig.js";
import * as pulumi from "@pulumi/pulumi";
import type { GcpBuild } from "./build.ts";
import type { Front } from "./front.ts";
import { endpointsName } from "./needs.ts";

/** The access log in a bucket of its own, kept for the declared days. */
export function logs(b: GcpBuild): void {
  exclude(b, "endpoints", `resource.type="api" AND resource.labels.service="${endpointsName(b.model)}"`);
  const { accessLogs } = b.model.observability;
  if (accessLogs === undefined) return;
  const bucket = new ProjectBucketConfig(
    `${b.name}-log`,
    { project: b.project, location: b.region, bucketId: `${b.name}-gateway`, retentionDays: accessLogs.retentionDays },
    b.opts(),
  );
  const filter = accessLogFilter(b);
  const sink = new ProjectSink(
    `${b.name}-log-sink`,
    { ...b.called("gateway-log"), destination: pulumi.interpolate`logging.googleapis.com/${bucket.id}`, filter },
    b.opts(),
  );
  exclude(b, "access-log", filter, [sink]);
  for (const resource of [bucket, sink]) b.enforced.note(resource, "observe.accessLogs", "observe.logHeaders");
}

/** Envoy's lines on standard output, wherever it runs. Clusters of one project may have namespaces of one name: the pods' label tells gateways apart. */
function accessLogFilter(b: GcpBuild): string {
  return b.variant === "gke"
    ? `resource.type="k8s_container" AND resource.labels.namespace_name="${b.model.gcp.gke?.namespace ?? ""}" AND resource.labels.container_name="envoy" AND labels."k8s-pod/app"="${b.name}" AND logName:"stdout"`
    : `resource.type="cloud_run_revision" AND resource.labels.service_name="${b.name}-gateway" AND labels.container_name="envoy" AND logName:"stdout"`;
}

/** Keeps lines out of the project's default bucket: those of Endpoints hold whole URLs and keys, the access log has a bucket of its own. */
function exclude(b: GcpBuild, suffix: string, filter: string, dependsOn: pulumi.Resource[] = []): void {
  const exclusion = new ProjectExclusion(
    `${b.name}-log-${suffix}-exclusion`,
    { ...b.called(`${suffix}-exclusion`), filter },
    b.opts({ dependsOn }),
  );
  b.enforced.note(exclusion, "observe.accessLogs");
}

const FIVE_MINUTES = "300s";

/** Alert policies, an uptime check, who is told, and a dashboard. */
export function alarms(b: GcpBuild, { urlMap, backend }: Front, after: readonly pulumi.Resource[]): void {
  if (b.model.observability.metrics) dashboard(b, urlMap.name);
  const settings = b.model.observability.alarms;
  if (settings === undefined) return;
  const channels = settings.notify.map(
    (address, index) =>
      new NotificationChannel(
        `${b.name}-notify-${index + 1}`,
        { project: b.project, displayName: `Gateway ${b.name}`, type: "email", labels: { email_address: address.replace(/^mailto:/, "") } },
        b.opts(),
      ),
  );
  const policy = (suffix: string, displayName: string, condition: { readonly query: pulumi.Input<string> }) =>
    b.enforced.note(
      new AlertPolicy(
        `${b.name}-alarm-${suffix}`,
        {
          project: b.project,
          displayName: `Gateway ${b.name}: ${displayName}`,
          combiner: "OR",
          conditions: [
            {
              displayName,
              conditionPrometheusQueryLanguage: { query: condition.query, duration: "0s", evaluationInterval: "60s" },
            },
          ],
          notificationChannels: channels.map((channel) => channel.name),
          userLabels: b.labels,
        },
        b.opts(),
      ),
      "observe.alarms",
    );

  const ofGateway = pulumi.interpolate`url_map_name="${urlMap.name}"`;
  const requests = "loadbalancing_googleapis_com:https_request_count";
  policy("errors", "share of 5xx answers", {
    query: pulumi.interpolate`100 * sum(increase(${requests}{${ofGateway},response_code_class="500"}[5m])) / sum(increase(${requests}{${ofGateway}}[5m])) > ${settings.errorRatePercent}`,
  });
  policy("latency", "95th percentile of latency", {
    query: pulumi.interpolate`histogram_quantile(0.95, sum by (le) (increase(loadbalancing_googleapis_com:https_total_latencies_bucket{${ofGateway}}[5m]))) > ${settings.latencyMs}`,
  });
  policy("denials", "requests denied by Cloud Armor", {
    query: pulumi.interpolate`sum(increase(networksecurity_googleapis_com:https_request_count{backend_target_name="${backend.name}",blocked="true"}[5m])) > ${DENIALS}`,
  });
  const check = uptime(b, after);
  const ofCheck = pulumi.interpolate`check_id="${check.uptimeCheckId}"`;
  policy("unreachable", "uptime check failed", {
    query: pulumi.interpolate`avg(avg_over_time(monitoring_googleapis_com:uptime_check_check_passed{${ofCheck}}[5m])) < 0.5 or absent_over_time(monitoring_googleapis_com:uptime_check_check_passed{${ofCheck}}[15m])`,
  });
  policy("certificate", "days left of the certificate", {
    query: pulumi.interpolate`min(monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires{${ofCheck}}) < ${settings.certificateDays}`,
  });
}

/** Denials in five minutes that are more than the background noise of the Internet. */
const DENIALS = 1000;

/** Any answer but 5xx shows that the gateway works; the certificate is looked at on the way. */
function uptime(b: GcpBuild, dependsOn: readonly pulumi.Resource[]): UptimeCheckConfig {
  const { hostname, tls } = b.model;
  return b.enforced.note(
    new UptimeCheckConfig(
      `${b.name}-uptime`,
      {
        project: b.project,
        displayName: `Gateway ${b.name}`,
        timeout: "10s",
        period: FIVE_MINUTES,
        monitoredResource: { type: "uptime_url", labels: { project_id: b.project, host: hostname } },
        httpCheck: {
          path: "/",
          port: 443,
          useSsl: true,
          // Google's checkers do not know the stack's own authority.
          validateSsl: tls.certificate.source !== "internal",
          acceptedResponseStatusCodes: ["STATUS_CLASS_2XX", "STATUS_CLASS_3XX", "STATUS_CLASS_4XX"].map((statusClass) => ({ statusClass })),
        },
      },
      b.opts({ dependsOn: [...dependsOn] }),
    ),
    "observe.alarms",
  );
}

function dashboard(b: GcpBuild, urlMap: pulumi.Output<string>): void {
  const chart = (title: string, query: string) => ({
    title,
    xyChart: { dataSets: [{ timeSeriesQuery: { prometheusQuery: query }, plotType: "LINE" }] },
  });
  const json = urlMap.apply((name) => {
    const of = `url_map_name="${name}"`;
    return JSON.stringify({
      displayName: `Gateway ${b.name}`,
      gridLayout: {
        columns: "2",
        widgets: [
          chart("Requests by status", `sum by (response_code_class) (rate(loadbalancing_googleapis_com:https_request_count{${of}}[5m]))`),
          chart(
            "Latency, 95th percentile",
            `histogram_quantile(0.95, sum by (le) (rate(loadbalancing_googleapis_com:https_total_latencies_bucket{${of}}[5m])))`,
          ),
        ],
      },
    });
  });
  b.enforced.note(new Dashboard(`${b.name}-dashboard`, { project: b.project, dashboardJson: json }, b.opts()), "observe.metrics");
}

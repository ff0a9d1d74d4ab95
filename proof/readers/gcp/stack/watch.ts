import { type Grammar, is, maybe, object, text, where } from "../../grammar.ts";
import { storedServices } from "../../internal/services.ts";
import type { Place, Role, Roles } from "./roles.ts";

/** Logs, alarms, keys, APIs of the project. */
export function watchRoles(place: Place): Roles {
  const { model, name, project, region, output } = place;
  const { accessLogs, alarms, metrics } = model.observability;
  const logFilter = logFilterOf(place);
  const exclusion = (suffix: string, filter: string, needed: boolean): Role => ({
    type: "gcp:logging/projectExclusion:ProjectExclusion",
    needed,
    control: "observe.accessLogs",
    grammar: object({ name: is(`${name}-${suffix}-exclusion`), project: is(project), filter: is(filter) }),
  });
  const logged = accessLogs !== undefined;
  return {
    log: {
      type: "gcp:logging/projectBucketConfig:ProjectBucketConfig",
      needed: logged,
      control: "observe.accessLogs",
      grammar: object({
        bucketId: is(`${name}-gateway`),
        location: is(region),
        project: is(project),
        retentionDays: is(accessLogs?.retentionDays),
      }),
    },
    "log-sink": {
      type: "gcp:logging/projectSink:ProjectSink",
      needed: logged,
      control: "observe.accessLogs",
      grammar: object({
        name: is(`${name}-gateway-log`),
        project: is(project),
        destination: is(`logging.googleapis.com/${output("log", "id")}`),
        filter: is(logFilter),
      }),
    },
    // Endpoints logs whole URLs and keys: nothing of it is kept.
    "log-endpoints-exclusion": exclusion("endpoints", `resource.type="api" AND resource.labels.service="${place.endpoints}"`, true),
    "log-access-log-exclusion": exclusion("access-log", logFilter, logged),
    dashboard: {
      type: "gcp:monitoring/dashboard:Dashboard",
      needed: metrics,
      control: "observe.metrics",
      grammar: object({ project: is(project), dashboardJson: text(new RegExp(`url_map_name=\\\\"${name}-urls\\\\"`)) }),
    },
    ...(alarms === undefined ? {} : alarmRoles(place, alarms)),
    ...apiRoles(place),
    ...keyRoles(place),
  };
}

/** Envoy's lines of this gateway, wherever it runs. */
function logFilterOf({ model: { gcp }, name }: Place): string {
  const lines =
    gcp.flavour === "gke"
      ? `resource.type="k8s_container" AND resource.labels.namespace_name="${gcp.gke?.namespace}" AND resource.labels.container_name="envoy" AND labels."k8s-pod/app"="${name}"`
      : `resource.type="cloud_run_revision" AND resource.labels.service_name="${name}-gateway" AND labels.container_name="envoy"`;
  return `${lines} AND logName:"stdout"`;
}

type Alarms = NonNullable<Place["model"]["observability"]["alarms"]>;

function alarmRoles({ model, name, project, output }: Place, alarms: Alarms): Roles {
  const channels = alarms.notify.map((_, index) => output(`notify-${index + 1}`, "name"));
  const gateway = `url_map_name="${name}-urls"`;
  const requests = "loadbalancing_googleapis_com:https_request_count";
  const check = `check_id="${output("uptime", "uptimeCheckId")}"`;
  const queries: Record<string, string> = {
    errors: `100 * sum(increase(${requests}{${gateway},response_code_class="500"}[5m])) / sum(increase(${requests}{${gateway}}[5m])) > ${alarms.errorRatePercent}`,
    latency: `histogram_quantile(0.95, sum by (le) (increase(loadbalancing_googleapis_com:https_total_latencies_bucket{${gateway}}[5m]))) > ${alarms.latencyMs}`,
    denials: `sum(increase(networksecurity_googleapis_com:https_request_count{backend_target_name="${name}-backend",blocked="true"}[5m])) > 1000`,
    unreachable: `avg(avg_over_time(monitoring_googleapis_com:uptime_check_check_passed{${check}}[5m])) < 0.5 or absent_over_time(monitoring_googleapis_com:uptime_check_check_passed{${check}}[15m])`,
    certificate: `min(monitoring_googleapis_com:uptime_check_time_until_ssl_cert_expires{${check}}) < ${alarms.certificateDays}`,
  };
  const policy = (query: string): Role => ({
    type: "gcp:monitoring/alertPolicy:AlertPolicy",
    needed: true,
    control: "observe.alarms",
    grammar: object({
      project: is(project),
      displayName: text(),
      combiner: is("OR"),
      conditions: (value, at, say) => {
        object({
          displayName: text(),
          conditionPrometheusQueryLanguage: is({ duration: "0s", evaluationInterval: "60s", query }),
        })(value?.[0], at, say);
        if (value?.length !== 1) say(at, "one condition");
      },
      notificationChannels: is(channels),
      userLabels: ANYTHING,
      enabled: maybe(is(true)),
    }),
  });
  return {
    ...Object.fromEntries(Object.entries(queries).map(([word, query]) => [`alarm-${word}`, policy(query)])),
    ...Object.fromEntries(
      alarms.notify.map((address, index): [string, Role] => [
        `notify-${index + 1}`,
        {
          type: "gcp:monitoring/notificationChannel:NotificationChannel",
          needed: true,
          control: "observe.alarms",
          grammar: object({
            project: is(project),
            displayName: text(),
            type: is("email"),
            labels: is({ email_address: address.replace(/^mailto:/, "") }),
            enabled: maybe(is(true)),
          }),
        },
      ]),
    ),
    uptime: {
      type: "gcp:monitoring/uptimeCheckConfig:UptimeCheckConfig",
      needed: true,
      control: "observe.alarms",
      grammar: object({
        project: is(project),
        displayName: text(),
        timeout: is("10s"),
        period: is("60s", "300s"),
        monitoredResource: is({ labels: { host: model.hostname, project_id: project }, type: "uptime_url" }),
        httpCheck: is({
          // Any answer but 5xx: without credentials the gateway refuses, and works.
          acceptedResponseStatusCodes: ["2XX", "3XX", "4XX"].map((one) => ({ statusClass: `STATUS_CLASS_${one}` })),
          path: "/",
          port: 443,
          useSsl: true,
          // Google's checkers do not know the stack's own authority.
          validateSsl: model.tls.certificate.source !== "internal",
        }),
      }),
    },
  };
}

const ANYTHING: Grammar = where(() => true, "labels");

/** APIs the resources are made by: without one the deployment stops. */
function apiRoles({ model, project, endpoints }: Place): Roles {
  const service = (name: string, needed: boolean): Role => ({
    type: "gcp:projects/service:Service",
    needed,
    control: "host.only",
    grammar: object({ service: is(name), project: is(project), disableOnDestroy: is(false) }),
  });
  const onCloudRun = model.gcp.flavour === "cloudRun";
  const asked: Readonly<Record<string, boolean>> = {
    certificatemanager: true,
    compute: true,
    endpoints: true,
    // The gateway's account is made by it.
    iam: true,
    logging: true,
    monitoring: true,
    run: onCloudRun,
    secretmanager: onCloudRun || storedServices({ model }).length > 0,
    servicecontrol: true,
    servicemanagement: true,
    storage: onCloudRun,
    apikeys: model.apiKeys !== undefined,
    cloudtrace: model.observability.tracing !== undefined,
    dns: model.dns.zone !== undefined,
    networksecurity: model.tls.clientValidation !== undefined,
  };
  return {
    ...Object.fromEntries(Object.entries(asked).map(([name, needed]) => [`api-${name}`, service(`${name}.googleapis.com`, needed)])),
    "endpoints-enabled": service(endpoints, true),
  };
}

/** One key per consumer and generation, each for this gateway's API alone. */
function keyRoles({ model, name, project, endpoints }: Place): Roles {
  if (model.apiKeys === undefined) return {};
  const keys = Object.values(model.consumers).flatMap(({ name: consumer, keyGeneration, keepPreviousKey }) =>
    [keyGeneration, ...(keepPreviousKey && keyGeneration > 1 ? [keyGeneration - 1] : [])].map((generation) => ({ consumer, generation })),
  );
  return Object.fromEntries(
    keys.map(({ consumer, generation }): [string, Role] => [
      `key-${consumer}-${generation}`,
      {
        type: "gcp:projects/apiKey:ApiKey",
        needed: true,
        control: "require.apiKey",
        grammar: object({
          displayName: maybe(text()),
          name: text(new RegExp(`^${name}-${consumer}-[0-9a-f]{8}-${generation}$`)),
          project: is(project),
          restrictions: is({ apiTargets: [{ service: endpoints }] }),
        }),
      },
    ]),
  );
}

import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";

/** Flags ESPv2 is started with: closed when its control plane is away, no retries, one reading of paths. */
const FLAGS = [
  "--backend=http://127.0.0.1:8081",
  "--service_control_network_fail_policy=close",
  "--backend_retry_num=0",
  "--disallow_escaped_slashes_in_path",
  "--envoy_xff_num_trusted_hops=0",
];
const KNOWN =
  /^--(backend|service_control_network_fail_policy|backend_retry_num|disallow_escaped_slashes_in_path|envoy_xff_num_trusted_hops|disable_tracing|tracing_sample_rate|tracing_outgoing_context|tracing_incoming_context|http_request_timeout_s|jwks_cache_duration_in_s|enable_debug)\b/;

/** The containers, their rights and secrets, logs, traces, alarms. */
export function observePlatform(resources: Resources, config: Json, manager: Json, model: GatewayModel, o: Observations): void {
  const run = resources.of("gcp:cloudrunv2/service:Service")[0]?.inputs;
  const containers: Json[] = run?.template?.containers ?? [];
  const espv2 = containers.find(({ name }) => name === "espv2");
  const envoy = containers.find(({ name }) => name === "envoy");
  if (run) {
    const variables = Object.fromEntries((espv2?.envs ?? []).map(({ name, value }: Json) => [name, value]));
    const flags = String(variables.ESPv2_ARGS ?? "")
      .replace(/^\^\+\+\^/, "")
      .split("++");
    for (const flag of FLAGS)
      o.holds(
        flag.includes("slashes") ? "request.path" : flag.includes("hops") ? "clientIp.trustedHops" : "require.any",
        "gcp",
        `ESPv2 runs with ${flag}`,
        flags.includes(flag),
      );
    for (const flag of flags)
      o.holds(
        "require.any",
        "gcp",
        `${flag.split("=")[0]} is a flag this reader knows`,
        KNOWN.test(flag) && !flag.includes("enable_debug"),
      );
    o.holds(
      "require.any",
      "gcp",
      "ESPv2 serves this definition's version",
      resources.behind(variables.ENDPOINTS_SERVICE_VERSION)?.type === "gcp:endpoints/service:Service" &&
        variables.ENDPOINTS_SERVICE_NAME === resources.of("gcp:endpoints/service:Service")[0]?.inputs.serviceName,
    );
    o.same("host.only", "gcp", [8080, undefined], [espv2?.ports?.containerPort, envoy?.ports]);
    o.same(
      "request.path",
      "gcp.versions",
      [
        `gcr.io/endpoints-release/endpoints-runtime-serverless:${model.gcp.versions.espv2}`,
        `docker.io/envoyproxy/envoy:distroless-v${model.gcp.versions.envoy}`,
      ],
      [espv2?.image, envoy?.image],
    );
    const object = resources.of("gcp:storage/bucketObject:BucketObject")[0]?.inputs.name;
    o.holds("request.path", "gcp", "Envoy starts with this configuration", (envoy?.args ?? []).includes(`/etc/gateway/config/${object}`));
    o.same(
      "request.framing",
      "gcp",
      ["EXECUTION_ENVIRONMENT_GEN2", true],
      [run.template?.executionEnvironment, run.template?.volumes?.find(({ gcs }: Json) => gcs)?.gcs.readOnly],
    );
    o.holds(
      "require.any",
      "gcp",
      "the containers run under an account of their own",
      resources.behind(run.template?.serviceAccount)?.type === "gcp:serviceaccount/account:Account",
    );
    o.same("route.timeout", "gcp", 100, run.traffics?.[0]?.percent);
    for (const { secret } of (run.template?.volumes ?? []).filter((one: Json) => one.secret))
      for (const { mode, version } of secret.items)
        o.holds(
          "backend.clientCertificate.internal",
          secret.secret,
          "a version of the secret, readable to the containers only",
          mode === 292 && resources.behind(version)?.type === "gcp:secretmanager/secretVersion:SecretVersion",
        );
  }
  const address = config.static_resources?.listeners?.[0]?.address?.socket_address;
  o.same(
    "host.only",
    "gcp",
    ["127.0.0.1:8081", 1],
    [`${address?.address}:${address?.port_value}`, config.static_resources?.listeners?.length],
  );
  o.same(
    "clientIp.trustedHops",
    "clientIp",
    [false, "x-edge-client-ip", false],
    [
      manager.use_remote_address,
      manager.original_ip_detection_extensions?.[0]?.typed_config?.header_name,
      manager.original_ip_detection_extensions?.[0]?.typed_config?.allow_extension_to_set_address_as_trusted,
    ],
  );
  const edge =
    (manager.http_filters ?? []).find(({ name }: Json) => name === "gateway.edge-headers")?.typed_config?.mutations?.request_mutations ??
    [];
  for (const name of [
    "x-edge-client-ip",
    "x-edge-client-cert",
    "x-edge-client-cert-sha256",
    "x-edge-client-cert-dns",
    "x-edge-client-cert-uri",
  ])
    o.holds(
      "request.headers",
      "headers",
      `backends do not get ${name}`,
      edge.some(({ remove }: Json) => remove === name),
    );
  const early: Json[] = manager.early_header_mutation_extensions?.flatMap((one: Json) => one.typed_config.mutations) ?? [];
  for (const name of ["x-endpoint-api-userinfo", "x-api-operation-name", "x-forwarded-authorization"])
    o.holds(
      "request.headers",
      "headers",
      `${name} is removed`,
      early.some(({ remove }) => remove === name),
    );
  const other = manager.route_config?.virtual_hosts?.find(({ domains }: Json) => domains?.includes("*"));
  for (const entry of other?.routes ?? [])
    o.holds(
      "host.only",
      "hostname",
      "other hosts get health and 421 only",
      entry.direct_response?.status === 421 ||
        (entry.direct_response?.status === 200 && String(entry.match?.path).startsWith("/.well-known/gateway")),
    );
  o.holds(
    "ddos.standard",
    "ddos",
    "the global load balancer and Cloud Armor stand in front",
    resources.of("gcp:compute/securityPolicy:SecurityPolicy").length > 0,
  );
  observeAdvanced(resources, model, o);
  observeRights(resources, o);
  observeWatch(resources, model, o);
}

function observeAdvanced(resources: Resources, model: GatewayModel, o: Observations): void {
  if (model.ddos !== "advanced") return;
  const policy = resources.of("gcp:compute/securityPolicy:SecurityPolicy")[0]?.inputs;
  o.same("ddos.advanced", "ddos", true, policy?.adaptiveProtectionConfig?.layer7DdosDefenseConfig?.enable);
}

/** Rights by name, each to the gateway's own account and over one resource. */
const ROLES =
  /^roles\/(cloudtrace\.agent|storage\.objectViewer|servicemanagement\.serviceController|secretmanager\.secretAccessor|logging\.bucketWriter|monitoring\.metricWriter|logging\.logWriter|iam\.workloadIdentityUser|run\.invoker|dns\.admin)$/;

function observeRights(resources: Resources, o: Observations): void {
  for (const { type, name, inputs } of resources.all.filter(
    (one) => /iAMMember|IAMMember|IamMember/i.test(one.type) && one.type.startsWith("gcp:"),
  )) {
    o.holds(
      "require.any",
      name,
      "a role the gateway needs, to an account of its own",
      ROLES.test(inputs.role) && /^serviceAccount:/.test(inputs.member),
    );
    if (type === "gcp:projects/iAMMember:IAMMember")
      o.holds(
        "require.any",
        name,
        "over the project only to write traces, metrics and logs",
        /cloudtrace\.agent|metricWriter|logWriter|bucketWriter/.test(inputs.role),
      );
  }
  for (const { name, inputs } of resources.of("gcp:storage/bucket:Bucket"))
    o.same("require.any", name, ["enforced", true], [inputs.publicAccessPrevention, inputs.uniformBucketLevelAccess]);
}

function observeWatch(resources: Resources, model: GatewayModel, o: Observations): void {
  const { accessLogs, alarms, metrics, tracing } = model.observability;
  if (accessLogs) {
    const bucket = resources.of("gcp:logging/projectBucketConfig:ProjectBucketConfig")[0]?.inputs;
    o.same("observe.accessLogs", "observability.accessLogs.retentionDays", accessLogs.retentionDays, bucket?.retentionDays);
    const sink = resources.of("gcp:logging/projectSink:ProjectSink")[0]?.inputs;
    o.holds(
      "observe.accessLogs",
      "observability.accessLogs",
      "the gateway's log goes there",
      resources.behind(sink?.destination)?.type === "gcp:logging/projectBucketConfig:ProjectBucketConfig" &&
        /container_name="envoy"/.test(sink.filter),
    );
  }
  for (const { name, inputs } of resources.of("gcp:logging/projectExclusion:ProjectExclusion"))
    o.holds(
      "observe.accessLogs",
      name,
      "what could hold keys is kept out of the default log",
      inputs.disabled !== true && /resource\.type=/.test(inputs.filter),
    );
  if (metrics)
    o.holds(
      "observe.metrics",
      "observability.metrics",
      "the load balancer counts",
      resources.of("gcp:compute/backendService:BackendService").length > 0,
    );
  if (tracing) {
    const flags = JSON.stringify(
      resources.of("gcp:cloudrunv2/service:Service")[0]?.inputs.template ??
        resources.all.filter(({ type }) => type.startsWith("kubernetes:")).map(({ inputs }) => inputs),
    );
    o.holds(
      "observe.tracing",
      "observability.tracing",
      "ESPv2 traces its share",
      flags.includes(`tracing_sample_rate=${tracing.samplingPercent / 100}`),
    );
  }
  if (model.dns.zone !== undefined) {
    const record = resources.of("gcp:dns/recordSet:RecordSet").find(({ inputs }) => inputs.name === `${model.hostname}.`)?.inputs;
    o.holds(
      "dns.zone",
      "dns.zone",
      "the name leads to the load balancer's address",
      record?.managedZone === model.dns.zone && resources.behind(record?.rrdatas?.[0])?.type === "gcp:compute/globalAddress:GlobalAddress",
    );
  }
  if (alarms === undefined) return;
  const policies = resources.of("gcp:monitoring/alertPolicy:AlertPolicy");
  for (const word of ["errors", "latency", "certificate", "denials", "unreachable"])
    o.holds(
      "observe.alarms",
      "observability.alarms",
      `${word} are watched`,
      policies.some(({ name }) => name.endsWith(`-alarm-${word}`)),
    );
  for (const { name, inputs } of policies)
    o.holds(
      "observe.alarms",
      name,
      "somebody is told",
      (inputs.notificationChannels ?? []).length === alarms.notify.length &&
        inputs.enabled !== false &&
        inputs.notificationChannels.every(
          (one: unknown) => resources.behind(one)?.type === "gcp:monitoring/notificationChannel:NotificationChannel",
        ),
    );
  const query = (word: string): string =>
    String(policies.find(({ name }) => name.endsWith(`-alarm-${word}`))?.inputs.conditions?.[0]?.conditionPrometheusQueryLanguage?.query);
  o.holds(
    "observe.alarms",
    "observability.alarms.errorRatePercent",
    `above ${alarms.errorRatePercent} %`,
    query("errors").endsWith(`> ${alarms.errorRatePercent}`),
  );
  o.holds(
    "observe.alarms",
    "observability.alarms.latencyMs",
    `above ${alarms.latencyMs} ms`,
    query("latency").endsWith(`> ${alarms.latencyMs}`),
  );
  o.holds(
    "observe.alarms",
    "observability.alarms.certificateDays",
    `below ${alarms.certificateDays} days`,
    query("certificate").endsWith(`< ${alarms.certificateDays}`),
  );
  const targets = resources
    .of("gcp:monitoring/notificationChannel:NotificationChannel")
    .map(({ inputs }) => inputs.labels?.email_address ?? inputs.labels?.url);
  o.sameSet(
    "observe.alarms",
    "observability.alarms.notify",
    alarms.notify.map((one) => one.replace(/^mailto:/, "")),
    targets,
  );
}

import { type Grammar, is, nothing, number, object, sequence, text, where } from "../../grammar.ts";
import { type Place, type Roles, usesNetwork } from "./roles.ts";
import { secretControl, secretFile, secretsOf } from "./secrets.ts";

const LABELS = { labels: where(() => true, "labels") };

/** What runs on Cloud Run, and where its configuration and secrets are. */
export function runRoles(place: Place): Roles {
  const { name, project, region, output, member } = place;
  const bucket = `${project}-${name}-gateway-config`;
  const secrets = secretsOf(place);
  const roles: Record<string, Roles[string]> = {
    service: { type: "gcp:cloudrunv2/service:Service", needed: true, control: "host.only", grammar: service(place, secrets, bucket) },
    config: {
      type: "gcp:storage/bucket:Bucket",
      needed: true,
      control: "require.any",
      grammar: object({
        ...LABELS,
        name: is(bucket),
        project: is(project),
        location: is(region),
        publicAccessPrevention: is("enforced"),
        uniformBucketLevelAccess: is(true),
        versioning: is({ enabled: true }),
        forceDestroy: is(true),
      }),
    },
    "config-object": {
      type: "gcp:storage/bucketObject:BucketObject",
      needed: true,
      control: "request.path",
      grammar: object({
        bucket: is(bucket),
        name: text(/^envoy-[0-9a-f]{16}\.json$/),
        content: text(),
        contentType: is("application/json"),
      }),
    },
    "config-reader": {
      type: "gcp:storage/bucketIAMMember:BucketIAMMember",
      needed: true,
      control: "require.any",
      grammar: object({ bucket: is(bucket), role: is("roles/storage.objectViewer"), member: is(member) }),
    },
  };
  for (const secret of secrets) {
    const control = secretControl(secret);
    const secretId = `${name}-${secret}`;
    roles[`secret-${secret}`] = {
      type: "gcp:secretmanager/secret:Secret",
      needed: true,
      control,
      grammar: object({
        ...LABELS,
        project: is(project),
        secretId: is(secretId),
        // In the gateway's region and nowhere else.
        replication: is({ userManaged: { replicas: [{ location: region }] } }),
      }),
    };
    roles[`secret-${secret}-version`] = {
      type: "gcp:secretmanager/secretVersion:SecretVersion",
      needed: true,
      control,
      grammar: object({ secret: is(output(`secret-${secret}`, "id")), secretData: secretFile(place, secret) }),
    };
    roles[`secret-${secret}-reader`] = {
      type: "gcp:secretmanager/secretIamMember:SecretIamMember",
      needed: true,
      control,
      grammar: object({ project: is(project), secretId: is(secretId), role: is("roles/secretmanager.secretAccessor"), member: is(member) }),
    };
  }
  return roles;
}

const HEALTH = "/.well-known/gateway-health";
const probe = (failures: Grammar): Grammar =>
  object({
    httpGet: is({ path: HEALTH, port: 8080 }),
    periodSeconds: number(1, 30),
    failureThreshold: failures,
    timeoutSeconds: number(1, 10),
  });

/** ESPv2 in front of Envoy, reachable by the load balancer alone. */
function service(place: Place, secrets: readonly string[], bucket: string): Grammar {
  const { model, name, project, region, output } = place;
  const { run, network } = model.gcp;
  const resources = object({
    limits: object({ cpu: text(/^[1-8]$/), memory: text(/^(512Mi|[1-9]\d?Gi)$/) }),
    // Envoy and ESPv2 work between requests too: keys, health, reports.
    cpuIdle: is(false),
    startupCpuBoost: is(true),
  });
  const slowest = Math.max(...model.routes.map(({ timeoutMs }) => timeoutMs)) / 1000;
  const volume = (secret: string): Grammar =>
    object({
      name: text(/^secret-[0-9a-f]{8}$/),
      secret: is({
        secret: `${name}-${secret}`,
        items: [{ path: "secret.json", version: output(`secret-${secret}-version`, "version"), mode: 0o444 }],
      }),
    });
  const template: Grammar = object({
    serviceAccount: is(output("identity", "email")),
    executionEnvironment: is("EXECUTION_ENVIRONMENT_GEN2"),
    timeout: seconds(slowest, Math.min(3600, slowest + 61)),
    maxInstanceRequestConcurrency: is(run.concurrency),
    scaling: is({ maxInstanceCount: run.maxInstances, minInstanceCount: run.minInstances }),
    vpcAccess:
      network !== undefined && usesNetwork(model)
        ? is({ egress: "PRIVATE_RANGES_ONLY", networkInterfaces: [{ network: network.vpc, subnetwork: network.subnet }] })
        : nothing,
    containers: sequence(
      object({
        name: is("espv2"),
        image: is(`gcr.io/endpoints-release/endpoints-runtime-serverless:${model.gcp.versions.espv2}`),
        ports: is({ containerPort: 8080, name: "http1" }),
        envs: sequence(
          is({ name: "ENDPOINTS_SERVICE_NAME", value: place.endpoints }),
          is({ name: "ENDPOINTS_SERVICE_VERSION", value: output("endpoints", "configId") }),
          object({ name: is("ESPv2_ARGS"), value: text(/^\^\+\+\^--[a-z_]+(=[\w.:/-]+)?(\+\+--[A-Za-z_]+(=[\w.:/-]+)?)*$/) }),
        ),
        resources,
        startupProbe: probe(number(3, 60)),
        livenessProbe: probe(number(1, 5)),
      }),
      object({
        name: is("envoy"),
        image: is(`docker.io/envoyproxy/envoy:distroless-v${model.gcp.versions.envoy}`),
        args: sequence(is("--config-path"), text(/^\/etc\/gateway\/config\/envoy-[0-9a-f]{16}\.json$/), is("--log-level"), is("warning")),
        resources,
        volumeMounts: sequence(
          is({ mountPath: "/etc/gateway/config", name: "config" }),
          ...secrets.map((secret) => object({ mountPath: is(`/etc/gateway/secrets/${secret}`), name: text(/^secret-[0-9a-f]{8}$/) })),
        ),
      }),
    ),
    volumes: sequence(is({ gcs: { bucket, readOnly: true }, name: "config" }), ...secrets.map(volume)),
  });
  const whole: Grammar = object({
    ...LABELS,
    name: is(`${name}-gateway`),
    project: is(project),
    location: is(region),
    ingress: is("INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"),
    defaultUriDisabled: is(true),
    invokerIamDisabled: is(true),
    deletionProtection: is(run.deletionProtection),
    template,
    traffics: is([{ percent: 100, type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST" }]),
  });
  return (value, at, say) => {
    whole(value, at, say);
    const volumes = (value?.template?.volumes ?? []).map((one: { name?: string }) => one?.name).join();
    const mounts = (value?.template?.containers?.[1]?.volumeMounts ?? []).map((one: { name?: string }) => one?.name).join();
    if (volumes !== mounts) say(`${at}.template.volumes`, "each volume is mounted");
  };
}

const seconds = (least: number, most: number): Grammar =>
  where(
    (value) =>
      typeof value === "string" && /^\d+s$/.test(value) && Number.parseInt(value, 10) >= least && Number.parseInt(value, 10) <= most,
    `${least} to ${most} seconds`,
  );

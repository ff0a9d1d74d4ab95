import { Service } from "@pulumi/gcp/cloudrunv2/service.js";
import { RegionNetworkEndpointGroup } from "@pulumi/gcp/compute/regionNetworkEndpointGroup.js";
import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import { Bucket } from "@pulumi/gcp/storage/bucket.js";
import { BucketIAMMember } from "@pulumi/gcp/storage/bucketIAMMember.js";
import { BucketObject } from "@pulumi/gcp/storage/bucketObject.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { GcpBuild } from "./build.ts";
import type { Endpoints } from "./endpoints.ts";
import { envoyImage, espv2Arguments, espv2Image } from "./espv2.ts";
import type { Identity } from "./identity.ts";
import { FOLDER, type SecretFile } from "./materials.ts";
import { HEALTH_PATH, networkBackends, PORTS } from "./needs.ts";
import { SECRET_KEY } from "./sidecar/config.ts";

const CONFIG_FOLDER = `${FOLDER}/config`;

/** What the load balancer sends requests to. */
export interface Compute {
  readonly groups: readonly pulumi.Input<string>[];
  readonly resources: readonly pulumi.Resource[];
}

/** ESPv2 and Envoy in one Cloud Run service that only the load balancer reaches. */
export function cloudRun(
  b: GcpBuild,
  { service: endpoints, ready }: Endpoints,
  { account, member, rights }: Identity,
  config: pulumi.Output<string>,
  files: readonly SecretFile[],
): Compute {
  const { run } = b.model.gcp;
  const stored = configuration(b, config, member);
  const mounted = files.map((file) => mountedSecret(b, file, member));
  const service = new Service(
    `${b.name}-service`,
    {
      ...b.labelled("gateway"),
      location: b.region,
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      defaultUriDisabled: true,
      // Nobody but the load balancer gets this far, and it shows no identity of its own.
      invokerIamDisabled: true,
      deletionProtection: run.deletionProtection,
      template: {
        serviceAccount: account.email,
        executionEnvironment: "EXECUTION_ENVIRONMENT_GEN2",
        timeout: `${requestSeconds(b)}s`,
        maxInstanceRequestConcurrency: run.concurrency,
        scaling: { minInstanceCount: run.minInstances, maxInstanceCount: run.maxInstances },
        ...egress(b),
        containers: [
          {
            name: "espv2",
            image: espv2Image(b),
            ports: { name: "http1", containerPort: PORTS.espv2 },
            envs: [
              { name: "ENDPOINTS_SERVICE_NAME", value: endpoints.serviceName },
              // With the version of the definition a new definition is always a new revision.
              { name: "ENDPOINTS_SERVICE_VERSION", value: endpoints.configId },
              { name: "ESPv2_ARGS", value: `^++^${espv2Arguments(b).join("++")}` },
            ],
            resources: { limits: { cpu: "1", memory: "512Mi" }, cpuIdle: false, startupCpuBoost: true },
            // Through ESPv2 and Envoy: a revision whose parts do not work together never gets traffic.
            startupProbe: { httpGet: { path: HEALTH_PATH, port: PORTS.espv2 }, periodSeconds: 2, failureThreshold: 30, timeoutSeconds: 2 },
            livenessProbe: { httpGet: { path: HEALTH_PATH, port: PORTS.espv2 }, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
          },
          {
            name: "envoy",
            image: envoyImage(b),
            args: [pulumi.interpolate`--config-path`, pulumi.interpolate`${CONFIG_FOLDER}/${stored.object.name}`, "--log-level", "warning"],
            resources: { limits: { cpu: "1", memory: "1Gi" }, cpuIdle: false, startupCpuBoost: true },
            volumeMounts: [
              { name: "config", mountPath: CONFIG_FOLDER },
              ...mounted.map(({ volume, name }) => ({ name: volume.name, mountPath: `${FOLDER}/secrets/${name}` })),
            ],
          },
        ],
        volumes: [{ name: "config", gcs: { bucket: stored.bucket.name, readOnly: true } }, ...mounted.map(({ volume }) => volume)],
      },
      traffics: [{ type: "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", percent: 100 }],
    },
    b.opts({ dependsOn: [...ready, ...rights, ...stored.rights, ...mounted.map((secret) => secret.right)] }),
  );
  const group = new RegionNetworkEndpointGroup(
    `${b.name}-group`,
    { ...b.called("gateway"), region: b.region, networkEndpointType: "SERVERLESS", cloudRun: { service: service.name } },
    b.opts(),
  );
  b.enforced.note(service, "host.only", "backend.private", "backend.onPremises");
  return { groups: [group.id], resources: [service, stored.object, ...mounted.map(({ version }) => version)] };
}

/** Long enough for the slowest route and its upload. */
function requestSeconds({ model }: GcpBuild): number {
  return Math.min(3600, Math.ceil(Math.max(...model.routes.map((route) => route.timeoutMs)) / 1000) + 60);
}

/** Private and on-premises backends are reached through the network, everything else directly. */
function egress(b: GcpBuild) {
  const { network } = b.model.gcp;
  if (network === undefined || networkBackends(b.model).length === 0) return {};
  return {
    vpcAccess: { egress: "PRIVATE_RANGES_ONLY", networkInterfaces: [{ network: network.vpc, subnetwork: network.subnet }] },
  };
}

/** Envoy's configuration in a bucket, under a name made from its content: changed content is a new object, and so a new revision. */
function configuration(b: GcpBuild, config: pulumi.Output<string>, member: pulumi.Output<string>) {
  const bucket = new Bucket(
    `${b.name}-config`,
    {
      name: `${b.project}-${b.name}-gateway-config`,
      project: b.project,
      location: b.region,
      uniformBucketLevelAccess: true,
      publicAccessPrevention: "enforced",
      versioning: { enabled: true },
      labels: b.labels,
      forceDestroy: true,
    },
    b.opts(),
  );
  const object = new BucketObject(
    `${b.name}-config-object`,
    {
      bucket: bucket.name,
      name: config.apply((text) => `envoy-${digest(text).slice(0, 16)}.json`),
      content: config,
      contentType: "application/json",
    },
    // Instances of an older revision may still have to start with theirs; the bucket takes them along.
    b.opts({ retainOnDelete: true }),
  );
  const right = new BucketIAMMember(
    `${b.name}-config-reader`,
    { bucket: bucket.name, role: "roles/storage.objectViewer", member },
    b.opts(),
  );
  return { bucket, object, rights: [right] };
}

/** One secret of Secret Manager as a volume, at exactly the version of this deployment. */
function mountedSecret(b: GcpBuild, { name, content }: SecretFile, member: pulumi.Output<string>) {
  const secret = new Secret(
    `${b.name}-secret-${name}`,
    {
      project: b.project,
      secretId: `${b.name}-${name}`,
      labels: b.labels,
      replication: { userManaged: { replicas: [{ location: b.region }] } },
    },
    b.opts(),
  );
  const version = new SecretVersion(`${b.name}-secret-${name}-version`, { secret: secret.id, secretData: content }, b.opts());
  const right = new SecretIamMember(
    `${b.name}-secret-${name}-reader`,
    { project: b.project, secretId: secret.secretId, role: "roles/secretmanager.secretAccessor", member },
    b.opts(),
  );
  b.enforced.note(version, "backend.clientCertificate.internal", "backend.clientCertificate.imported");
  const volume = {
    name: `secret-${digest(name).slice(0, 8)}`,
    secret: { secret: secret.secretId, items: [{ path: SECRET_KEY, version: version.version, mode: 0o444 }] },
  };
  return { name, version, right, volume };
}

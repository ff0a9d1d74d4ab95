import { Firewall } from "@pulumi/gcp/compute/firewall.js";
import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import * as pulumi from "@pulumi/pulumi";
import { digest } from "../../digest.ts";
import type { GcpBuild } from "./build.ts";
import type { Endpoints } from "./endpoints.ts";
import { envoyImage, espv2Arguments, espv2Image } from "./espv2.ts";
import type { Identity } from "./identity.ts";
import { FOLDER, type SecretFile } from "./materials.ts";
import { HEALTH_PATH, PORTS } from "./needs.ts";
import type { Compute } from "./run.ts";
import { SECRET_KEY } from "./sidecar/config.ts";

/** Where Google's load balancers and health checks come from. */
const LOAD_BALANCERS = ["130.211.0.0/22", "35.191.0.0/16"];

const CONFIG_KEY = "envoy.json";

/** Nothing in the gateway's containers needs more than this. */
const RESTRICTED = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

/** ESPv2 and Envoy in pods of an existing cluster, in network endpoint groups the load balancer sends requests to. */
export function gke(
  b: GcpBuild,
  { service: endpoints, ready }: Endpoints,
  { account, rights }: Identity,
  config: pulumi.Output<string>,
  files: readonly SecretFile[],
): Compute {
  const settings = b.model.gcp.gke;
  if (settings === undefined) throw new Error("gcp.gke is missing");
  const space = new Namespace(
    `${b.name}-namespace`,
    { metadata: { name: settings.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
    b.opts(),
  );
  const namespace = space.metadata.name;
  const labels = { app: b.name };
  const metadata = { namespace, labels };
  const identity = new ServiceAccount(
    `${b.name}-account`,
    {
      metadata: { ...metadata, name: b.name, annotations: { "iam.gke.io/gcp-service-account": account.email } },
      automountServiceAccountToken: false,
    },
    b.opts(),
  );
  // Named after its content, immutable: changed content is a new object, and so new pods.
  const stored = new ConfigMap(
    `${b.name}-config`,
    {
      metadata: { ...metadata, name: config.apply((text) => `${b.name}-${digest(text).slice(0, 10)}`) },
      immutable: true,
      data: { [CONFIG_KEY]: config },
    },
    b.opts(),
  );
  const secrets = files.map((file) => {
    const secret = new Secret(
      `${b.name}-secret-${file.name}`,
      {
        metadata: {
          ...metadata,
          // A few digits of the digest tell nothing of a key; the object's id shows them anyway.
          name: pulumi.unsecret(file.content.apply((text) => `${b.name}-${digest(file.name).slice(0, 8)}-${digest(text).slice(0, 10)}`)),
        },
        immutable: true,
        stringData: { [SECRET_KEY]: file.content },
      },
      b.opts(),
    );
    b.enforced.note(secret, "backend.clientCertificate.internal", "backend.clientCertificate.imported");
    return { name: file.name, volume: `secret-${digest(file.name).slice(0, 8)}`, secret };
  });
  const drain = drainSeconds(b);
  const lifecycle = { preStop: { sleep: { seconds: drain } } };
  const probe = { httpGet: { path: HEALTH_PATH, port: PORTS.espv2, scheme: "HTTPS" } };
  const pods = new Deployment(
    `${b.name}-pods`,
    {
      metadata: { ...metadata, name: b.name },
      spec: {
        replicas: settings.replicas,
        selector: { matchLabels: labels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: identity.metadata.name,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: drain + 30,
            topologySpreadConstraints: [
              {
                maxSkew: 1,
                topologyKey: "topology.kubernetes.io/zone",
                whenUnsatisfiable: "ScheduleAnyway",
                labelSelector: { matchLabels: labels },
              },
            ],
            containers: [
              {
                name: "espv2",
                image: espv2Image(b),
                args: [
                  `--listener_port=${PORTS.espv2}`,
                  pulumi.interpolate`--service=${endpoints.serviceName}`,
                  // With the version of the definition a new definition always makes new pods.
                  pulumi.interpolate`--version=${endpoints.configId}`,
                  "--rollout_strategy=fixed",
                  // TLS from the load balancer to the pod; it takes any certificate of a backend in Google Cloud.
                  "--generate_self_signed_cert",
                  ...espv2Arguments(b),
                ],
                ports: [{ name: "https", containerPort: PORTS.espv2 }],
                readinessProbe: { ...probe, periodSeconds: 5, failureThreshold: 3 },
                livenessProbe: { ...probe, periodSeconds: 10, failureThreshold: 6, initialDelaySeconds: 30 },
                resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } },
                securityContext: { ...RESTRICTED, runAsUser: 1000 },
                lifecycle,
              },
              {
                name: "envoy",
                image: envoyImage(b),
                args: ["--config-path", `${FOLDER}/config/${CONFIG_KEY}`, "--log-level", "warning"],
                resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "1Gi" } },
                securityContext: { ...RESTRICTED, readOnlyRootFilesystem: true, runAsUser: 65_532 },
                lifecycle,
                volumeMounts: [
                  { name: "config", mountPath: `${FOLDER}/config`, readOnly: true },
                  ...secrets.map(({ name, volume }) => ({ name: volume, mountPath: `${FOLDER}/secrets/${name}`, readOnly: true })),
                ],
              },
            ],
            volumes: [
              { name: "config", configMap: { name: stored.metadata.name } },
              ...secrets.map(({ volume, secret }) => ({ name: volume, secret: { secretName: secret.metadata.name, defaultMode: 0o444 } })),
            ],
          },
        },
      },
    },
    b.opts({ dependsOn: [...ready, ...rights], customTimeouts: { create: "10m", update: "10m" } }),
  );
  new PodDisruptionBudget(
    `${b.name}-budget`,
    { metadata: { ...metadata, name: b.name }, spec: { maxUnavailable: 1, selector: { matchLabels: labels } } },
    b.opts(),
  );
  const guard = onlyLoadBalancer(b, metadata, labels, settings.network);
  const group = `${b.name}-gateway`;
  const service = new Service(
    `${b.name}-pods-service`,
    {
      metadata: {
        ...metadata,
        name: b.name,
        // GKE makes a network endpoint group of this name in every zone that has nodes.
        annotations: { "cloud.google.com/neg": JSON.stringify({ exposed_ports: { "443": { name: group } } }) },
      },
      spec: { type: "ClusterIP", selector: labels, ports: [{ name: "https", port: 443, targetPort: PORTS.espv2 }] },
    },
    b.opts({ dependsOn: [pods] }),
  );
  // Known only once the service is there, because GKE makes the groups for it.
  const groups = settings.zones.map((zone) =>
    service.metadata.name.apply(
      () => `https://www.googleapis.com/compute/v1/projects/${b.project}/zones/${zone}/networkEndpointGroups/${group}`,
    ),
  );
  return { groups, resources: [pods, stored, service, ...guard] };
}

/**
 * How long a pod that is to go works on: until the load balancer has taken it out of its group, and what it serves by then is answered.
 * Both containers would end at once when told to. The load balancer itself waits no longer than five minutes.
 */
function drainSeconds({ model }: GcpBuild): number {
  const slowest = Math.ceil(Math.max(...model.routes.map((route) => route.timeoutMs)) / 1000);
  return LEAVING_SECONDS + Math.min(slowest, DRAINING_SECONDS);
}

/** Until no new request comes to a pod that is to go. */
const LEAVING_SECONDS = 30;
/** The load balancer's connection draining timeout, its default. */
const DRAINING_SECONDS = 300;

/** In the cluster and in its network nobody but the load balancer reaches the pods. */
function onlyLoadBalancer(
  b: GcpBuild,
  metadata: { readonly namespace: pulumi.Input<string>; readonly labels: Record<string, string> },
  labels: Record<string, string>,
  network: string,
): pulumi.Resource[] {
  const policy = new NetworkPolicy(
    `${b.name}-pods-access`,
    {
      metadata: { ...metadata, name: b.name },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress"],
        ingress: [{ from: LOAD_BALANCERS.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ port: PORTS.espv2, protocol: "TCP" }] }],
      },
    },
    b.opts(),
  );
  const rule = new Firewall(
    `${b.name}-pods-firewall`,
    {
      ...b.called("gateway-pods"),
      network,
      direction: "INGRESS",
      sourceRanges: LOAD_BALANCERS,
      allows: [{ protocol: "tcp", ports: [String(PORTS.espv2)] }],
    },
    b.opts(),
  );
  for (const resource of [policy, rule]) b.enforced.note(resource, "host.only", "backend.private", "backend.onPremises");
  return [policy, rule];
}

import { elements, type Grammar, is, maybe, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import type { Place } from "./roles.ts";

/** What pods mount: objects of the cluster, by the names they have there. */
export interface Mounts {
  readonly config: unknown;
  readonly secrets: readonly { readonly secret: string; readonly objectName: unknown }[];
}

const HEALTH = "/.well-known/gateway-health";
const VOLUME = text(/^secret-[0-9a-f]{8}$/);

/** A Deployment's spec: pods with two containers that can do nothing but serve, none gone before its successor works. */
export function podsGrammar(place: Place, replicas: number, mounts: Mounts): Grammar {
  const labels = { app: place.name };
  return object({
    replicas: is(replicas),
    selector: is({ matchLabels: labels }),
    strategy: is({ type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } }),
    template: object({
      // By these the deployment, the service and the network policy find the pods.
      metadata: is({ labels }),
      spec: podGrammar(place, mounts),
    }),
  });
}

function podGrammar(place: Place, mounts: Mounts): Grammar {
  const drained = Math.min(300, Math.max(...place.model.routes.map(({ timeoutMs }) => timeoutMs)) / 1000);
  // Told to go, both containers go at once: only when the load balancer knows, and what it had sent is answered, may they be told.
  const lifecycle = object({ preStop: object({ sleep: object({ seconds: number(drained + 15, drained + 120) }) }) });
  const whole = object({
    serviceAccountName: is(place.name),
    // Google's metadata server gives pods their identity; for a token of the cluster they have no use.
    automountServiceAccountToken: is(false),
    terminationGracePeriodSeconds: number(drained + 15, drained + 300),
    topologySpreadConstraints: is([
      {
        maxSkew: 1,
        topologyKey: "topology.kubernetes.io/zone",
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: { app: place.name } },
      },
    ]),
    containers: sequence(espv2(place, lifecycle), envoy(place, mounts, lifecycle)),
    volumes: sequence(
      is({ name: "config", configMap: { name: mounts.config } }),
      ...mounts.secrets.map(({ objectName }) => object({ name: VOLUME, secret: is({ secretName: objectName, defaultMode: 0o444 }) })),
    ),
  });
  return (value, at, say) => {
    whole(value, at, say);
    const sleeps = (value?.containers ?? []).map((one: Json) => one?.lifecycle?.preStop?.sleep?.seconds);
    if (!(value?.terminationGracePeriodSeconds > Math.max(...sleeps))) say(`${at}.terminationGracePeriodSeconds`, "longer than pods sleep");
    const names = (list: Json): string[] => (Array.isArray(list) ? list : []).map((one: Json) => String(one?.name));
    const volumes = names(value?.volumes);
    if (volumes.join() !== names(value?.containers?.[1]?.volumeMounts).join() || new Set(volumes).size !== volumes.length)
      say(`${at}.volumes`, "each volume has a name of its own and is mounted");
  };
}

/** What Kubernetes' profile "restricted" asks of a container, and more: nobody of the image's choosing, nothing beyond an ordinary process. */
const restricted = (readOnly: boolean): Grammar =>
  object({
    allowPrivilegeEscalation: is(false),
    capabilities: is({ drop: ["ALL"] }),
    runAsNonRoot: is(true),
    runAsUser: number(1, 65_535),
    seccompProfile: is({ type: "RuntimeDefault" }),
    // ESPv2 writes its configuration and its certificate when it starts.
    readOnlyRootFilesystem: readOnly ? is(true) : maybe(is(false, true)),
  });

/** Without requests a pod is the first to go; without a limit of memory it can take its neighbours'. */
const RESOURCES = object({
  requests: object({ cpu: text(/^[1-9]\d{2}m$/), memory: text(/^[1-9]\d{2}Mi$/) }),
  limits: object({ memory: text(/^([1-9]\d{2}Mi|[1-4]Gi)$/) }),
});

const probe = (failures: Grammar, delay: Grammar): Grammar =>
  object({
    httpGet: is({ path: HEALTH, port: 8080, scheme: "HTTPS" }),
    periodSeconds: number(1, 30),
    failureThreshold: failures,
    initialDelaySeconds: delay,
    timeoutSeconds: maybe(number(1, 10)),
  });

/** ESPv2, which takes TLS of the load balancer and hands on to the loopback interface. */
function espv2({ model, endpoints, output }: Place, lifecycle: Grammar): Grammar {
  const { tracing } = model.observability;
  return object({
    name: is("espv2"),
    image: is(`gcr.io/endpoints-release/endpoints-runtime:${model.gcp.versions.espv2}`),
    args: elements(
      "--listener_port=8080",
      `--service=${endpoints}`,
      `--version=${output("endpoints", "configId")}`,
      "--rollout_strategy=fixed",
      "--generate_self_signed_cert",
      "--backend=http://127.0.0.1:8081",
      // Closed when its control plane is away, no retries, one reading of paths, no address taken from clients.
      "--service_control_network_fail_policy=close",
      "--backend_retry_num=0",
      "--disallow_escaped_slashes_in_path",
      "--envoy_xff_num_trusted_hops=0",
      ...(tracing
        ? [
            `--tracing_sample_rate=${tracing.samplingPercent / 100}`,
            "--tracing_outgoing_context=traceparent",
            "--tracing_incoming_context=traceparent",
          ]
        : ["--disable_tracing"]),
    ),
    ports: is([{ name: "https", containerPort: 8080 }]),
    readinessProbe: probe(number(1, 5), maybe(number(0, 60))),
    // Slower than what takes a pod out of service: a busy pod is not started anew.
    livenessProbe: probe(number(3, 30), number(10, 300)),
    resources: RESOURCES,
    securityContext: restricted(false),
    lifecycle,
  });
}

/** Envoy, started with the configuration of this deployment; nothing of its own listens outside the pod. */
function envoy({ model }: Place, { secrets }: Mounts, lifecycle: Grammar): Grammar {
  return object({
    name: is("envoy"),
    image: is(`docker.io/envoyproxy/envoy:distroless-v${model.gcp.versions.envoy}`),
    args: is(["--config-path", "/etc/gateway/config/envoy.json", "--log-level", "warning"]),
    resources: RESOURCES,
    securityContext: restricted(true),
    lifecycle,
    volumeMounts: sequence(
      is({ name: "config", mountPath: "/etc/gateway/config", readOnly: true }),
      ...secrets.map(({ secret }) => object({ name: VOLUME, mountPath: is(`/etc/gateway/secrets/${secret}`), readOnly: is(true) })),
    ),
  });
}

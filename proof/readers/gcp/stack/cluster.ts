import type { ControlId } from "../../../../components/backends/controls.ts";
import { elements, type Grammar, is, json, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Resources } from "../../resources.ts";
import { type Mounts, podsGrammar } from "./pods.ts";
import type { Place, Role, Roles } from "./roles.ts";
import { secretControl, secretFile, secretsOf } from "./secrets.ts";

/** Where Google's load balancers and their health checks come from. */
const LOAD_BALANCERS = ["130.211.0.0/22", "35.191.0.0/16"];

/** What the gateway is in a cluster: its namespace, account, configuration, secrets and pods, and that the load balancer alone gets to them. */
export function clusterRoles(place: Place, resources: Resources): Roles {
  const { model, name, project, output } = place;
  const cluster = model.gcp.gke;
  if (cluster === undefined) return {};
  const labels = { app: name };
  const inCluster = (
    version: string,
    kind: string,
    control: ControlId,
    fields: Readonly<Record<string, Grammar>>,
    called: Grammar = is(name),
    annotations: Grammar = nothing,
  ): Role => ({
    type: `kubernetes:${version === "v1" ? "core/v1" : version}:${kind}`,
    needed: true,
    control,
    grammar: object({
      apiVersion: is(version),
      kind: is(kind),
      metadata: object({ name: called, namespace: is(cluster.namespace), labels: is(labels), annotations }),
      ...fields,
    }),
  });
  const google = (type: string, control: ControlId, fields: Readonly<Record<string, Grammar>>): Role => ({
    type,
    needed: true,
    control,
    grammar: object(fields),
  });
  const roles: Record<string, Role> = {
    namespace: {
      type: "kubernetes:core/v1:Namespace",
      needed: true,
      control: "host.only",
      grammar: object({
        apiVersion: is("v1"),
        kind: is("Namespace"),
        // Kubernetes itself refuses pods that could do more than the gateway's.
        metadata: is({ name: cluster.namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } }),
      }),
    },
    account: inCluster(
      "v1",
      "ServiceAccount",
      "require.any",
      { automountServiceAccountToken: is(false) },
      is(name),
      is({ "iam.gke.io/gcp-service-account": output("identity", "email") }),
    ),
    "identity-workload": google("gcp:serviceaccount/iAMMember:IAMMember", "require.any", {
      serviceAccountId: is(output("identity", "name")),
      role: is("roles/iam.workloadIdentityUser"),
      member: is(`serviceAccount:${project}.svc.id.goog[${cluster.namespace}/${name}]`),
    }),
    config: inCluster(
      "v1",
      "ConfigMap",
      "request.path",
      // What is in it is read with the rest of Envoy's configuration.
      { immutable: is(true), data: object({ "envoy.json": text() }) },
      text(new RegExp(`^${name}-[0-9a-f]{10}$`)),
    ),
    pods: inCluster("apps/v1", "Deployment", "host.only", { spec: podsGrammar(place, cluster.replicas, mountsOf(place, resources)) }),
    budget: inCluster("policy/v1", "PodDisruptionBudget", "route.timeout", {
      spec: is({ maxUnavailable: 1, selector: { matchLabels: labels } }),
    }),
    "pods-access": inCluster("networking.k8s.io/v1", "NetworkPolicy", "host.only", {
      spec: object({
        podSelector: is({ matchLabels: labels }),
        policyTypes: is(["Ingress"]),
        ingress: sequence(
          object({
            from: elements(...LOAD_BALANCERS.map((cidr) => ({ ipBlock: { cidr } }))),
            ports: is([{ port: 8080, protocol: "TCP" }]),
          }),
        ),
      }),
    }),
    "pods-firewall": google("gcp:compute/firewall:Firewall", "host.only", {
      name: is(`${name}-gateway-pods`),
      project: is(project),
      network: is(cluster.network),
      direction: is("INGRESS"),
      sourceRanges: elements(...LOAD_BALANCERS),
      allows: is([{ protocol: "tcp", ports: ["8080"] }]),
    }),
    "pods-service": inCluster(
      "v1",
      "Service",
      "host.only",
      { spec: is({ type: "ClusterIP", selector: labels, ports: [{ name: "https", port: 443, targetPort: 8080 }] }) },
      is(name),
      // The groups of endpoints the load balancer knows are made by GKE, under this name.
      object({ "cloud.google.com/neg": json(is({ exposed_ports: { "443": { name: `${name}-gateway` } } })) }),
    ),
    health: google("gcp:compute/healthCheck:HealthCheck", "host.only", {
      name: is(`${name}-health`),
      project: is(project),
      checkIntervalSec: number(5, 30),
      timeoutSec: number(1, 5),
      healthyThreshold: number(1, 5),
      unhealthyThreshold: number(1, 5),
      httpsHealthCheck: is({ requestPath: "/.well-known/gateway-health", portSpecification: "USE_SERVING_PORT" }),
    }),
  };
  for (const secret of secretsOf(place))
    roles[`secret-${secret}`] = inCluster(
      "v1",
      "Secret",
      secretControl(secret),
      { immutable: is(true), stringData: object({ "secret.json": secretFile(place, secret) }) },
      text(new RegExp(`^${name}-[0-9a-f]{8}-[0-9a-f]{10}$`)),
    );
  return roles;
}

/** What the objects pods mount are called in this plan: their names are made of what is in them. */
function mountsOf(place: Place, resources: Resources): Mounts {
  const called = (type: string, suffix: string): unknown =>
    resources.of(type).find(({ name }) => name === `${place.name}-${suffix}`)?.inputs.metadata?.name;
  return {
    config: called("kubernetes:core/v1:ConfigMap", "config"),
    secrets: secretsOf(place).map((secret) => ({ secret, objectName: called("kubernetes:core/v1:Secret", `secret-${secret}`) })),
  };
}

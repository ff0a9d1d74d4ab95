import { type Capabilities, composed, everywhere, native, type Restriction, refused } from "../../capabilities.ts";
import { HEALTH_PATH } from "../needs.ts";
import { onBackend, onModel, onRoute, refuse } from "../restrictions.ts";

const byEnvoy = (how: string, deviation?: string) => native(`Envoy behind ESPv2: ${how}`, deviation);

const templated: Restriction = onRoute("a path Endpoints can describe", ({ path }) => {
  if (path.trailingSlash)
    return refuse("Endpoints does not tell a path with a slash at its end from one without", `write ${path.text.slice(0, -1)}`);
  if (path.text === HEALTH_PATH) return refuse("the gateway's own health is seen there", "choose another path");
  const colon = path.segments.findIndex((segment) => "literal" in segment && segment.literal.includes(":"));
  return colon !== -1 && colon < path.segments.length - 1
    ? refuse("Endpoints takes a colon in the last segment only, where it stands before a custom verb", "choose a path without a colon")
    : undefined;
});

const rewriteGroups: Restriction = onRoute("a rewritten path has at most nine parameters, a prefix's rest included", ({ path }) => {
  const groups = path.segments.filter((segment) => "parameter" in segment).length + (path.kind === "prefix" ? 1 : 0);
  return groups > 9
    ? refuse(`the path has ${groups} parameters`, "use at most nine parameters in the path of a route with rewrite")
    : undefined;
});

/** Paths, methods and what is done to requests. */
export const ROUTES = {
  "route.exact": everywhere(composed("Path of the Endpoints definition, then Envoy's route table"), templated),
  "route.template": everywhere(composed("Path template of the Endpoints definition, then Envoy's route table"), templated),
  "route.prefix": everywhere(composed("Wildcard of the Endpoints definition, then Envoy's route table"), templated),
  "route.methods": everywhere(
    composed("Operations of the Endpoints definition, then Envoy's route table", "another method is answered 405 without Allow by ESPv2"),
  ),
  "route.rewrite": everywhere(byEnvoy("regex_rewrite"), rewriteGroups),
  "route.headers": everywhere(byEnvoy("header mutation", "answers ESPv2 and the load balancer make themselves are not changed")),
  "route.weights": everywhere(byEnvoy("weighted clusters")),
  "route.grpc": everywhere(
    refused(
      "an Endpoints service is described by OpenAPI or by protocol buffers, not by both, and this one by OpenAPI",
      "remove the route, or serve gRPC from another cloud or from cloud: local",
    ),
  ),
  "route.timeout": everywhere(
    composed("Deadline of the Endpoints definition and Envoy's route timeout, answered 504"),
    onRoute("up to an hour on Cloud Run", ({ timeoutMs }, _model, variant) =>
      variant === "cloud-run" && timeoutMs > 3_540_000
        ? refuse(
            `Cloud Run ends requests after an hour, this route waits ${timeoutMs} ms`,
            "set a timeout of 59m or less, or use gcp.flavour: gke",
          )
        : undefined,
    ),
  ),
} as const satisfies Partial<Capabilities>;

const needsNetwork: Restriction = onBackend("with a network to reach it through", (backend, model, variant) =>
  variant === "cloud-run" && model.gcp.network === undefined
    ? refuse(
        `Cloud Run has no way into the network of backend "${backend.name}"`,
        "give gcp.network with vpc and subnet, for Direct VPC egress",
      )
    : undefined,
);

/** What Cloud Run sends into the network (private ranges); everything else goes out to the Internet. */
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|100\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])\.)/;

const privateAddresses: Restriction = onBackend(
  "on Cloud Run with addresses of the private ranges",
  ({ name, network }, _model, variant) => {
    const other =
      variant === "cloud-run" && network.type !== "public" ? network.addresses.find((address) => !PRIVATE.test(address)) : undefined;
    return other === undefined
      ? undefined
      : refuse(
          `Cloud Run would look for ${other} on the Internet`,
          `give backends.${name}.network.addresses from 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 or 100.64.0.0/10, or use gcp.flavour: gke`,
        );
  },
);

const tlsEndToEnd = (how: string) => everywhere(byEnvoy(`${how}, also on premises: nothing in between ends TLS`));

/** Backends and the way to them. */
export const BACKENDS = {
  "backend.tls.public": tlsEndToEnd("chain, name and validity against the public roots"),
  "backend.tls.internal": tlsEndToEnd("the stack's own authority, name checked"),
  "backend.tls.ca": tlsEndToEnd("the declared authorities, name checked"),
  "backend.tls.pinned": tlsEndToEnd("verify_certificate_hash of this one certificate"),
  "backend.tls.unverified": everywhere(byEnvoy("TLS without validation, a finding in every plan")),
  "backend.tls.serverName": everywhere(byEnvoy("SNI and subject alternative name")),
  "backend.clientCertificate.internal": everywhere(
    composed("Certificate of the stack's own authority, mounted from Secret Manager or a Kubernetes secret, shown by Envoy"),
  ),
  "backend.clientCertificate.imported": everywhere(
    composed("Certificate and key mounted from Secret Manager or a Kubernetes secret, shown by Envoy"),
  ),
  "backend.private": {
    support: { "*": native("Direct VPC egress of Cloud Run"), gke: native("The cluster's own network") },
    restrictions: [needsNetwork, privateAddresses],
  },
  "backend.onPremises": {
    support: {
      "*": composed("Direct VPC egress of Cloud Run, then HA VPN or Interconnect; Envoy verifies the backend itself"),
      gke: composed("The cluster's own network, then HA VPN or Interconnect; Envoy verifies the backend itself"),
    },
    restrictions: [
      needsNetwork,
      privateAddresses,
      onBackend("on GKE with the network of the line, where this stack makes it", (backend, model) =>
        model.gcp.network === undefined
          ? refuse(`there is no network for the line to backend "${backend.name}"`, "give gcp.network with vpc, subnet and line")
          : undefined,
      ),
    ],
  },
  "backend.preserveHost": everywhere(byEnvoy("no host rewrite")),
  "backend.retries": everywhere(byEnvoy("retry policy; ESPv2's own retries are switched off")),
  "backend.circuitBreaker": everywhere(
    byEnvoy(
      "outlier detection, and thresholds on requests",
      "each instance counts for itself, and its threshold is its share of maxRequests",
    ),
    onBackend("maxRequests of at least one for each instance", (backend, model, variant) => {
      const instances = variant === "gke" ? (model.gcp.gke?.replicas ?? 1) : model.gcp.run.maxInstances;
      const most = backend.circuitBreaker?.maxRequests ?? instances;
      return most < instances
        ? refuse(
            `${most} requests at the same time cannot be shared by ${instances} instances`,
            "raise maxRequests, or lower gcp.run.maxInstances or gcp.gke.replicas",
          )
        : undefined;
    }),
  ),
  "backend.healthCheck": everywhere(byEnvoy("HTTP health check of every instance")),
} as const satisfies Partial<Capabilities>;

/** Logs, metrics, traces, alarms. */
export const OBSERVE = {
  "observe.accessLogs": everywhere(
    composed(
      "JSON lines of Envoy, paths without query, in a log bucket of their own kept for the declared days; the load balancer's log is off, because it holds whole URLs",
    ),
  ),
  "observe.logHeaders": everywhere(byEnvoy("request headers in the access log")),
  "observe.metrics": everywhere(native("Metrics of the load balancer and of Endpoints in Cloud Monitoring")),
  "observe.tracing": everywhere(
    native("Cloud Trace by ESPv2"),
    onModel("no endpoint of one's own", (model) =>
      model.observability.tracing?.endpoint !== undefined
        ? refuse("ESPv2 traces to Cloud Trace only", "remove observability.tracing.endpoint")
        : undefined,
    ),
  ),
  "observe.alarms": everywhere(
    native("Alert policies on 5xx, latency, denials of Cloud Armor, and an uptime check with the certificate's days"),
    onModel("no client certificates at the front door", (model) =>
      model.tls.clientValidation === undefined
        ? undefined
        : refuse(
            "an uptime check has no client certificate to show, so that the gateway's answers and the certificate's days would go unwatched",
            "leave observability.alarms out, and watch the gateway from a client of your own",
          ),
    ),
    onModel("e-mail addresses only", (model) => {
      const other = model.observability.alarms?.notify.find((address) => !address.startsWith("mailto:"));
      return other === undefined
        ? undefined
        : refuse("a webhook of Cloud Monitoring cannot prove to its receiver who it is", "notify by mailto:, and forward from there");
    }),
  ),
} as const satisfies Partial<Capabilities>;

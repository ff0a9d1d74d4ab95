import { BackendService } from "@pulumi/gcp/compute/backendService.js";
import { GlobalAddress } from "@pulumi/gcp/compute/globalAddress.js";
import { GlobalForwardingRule } from "@pulumi/gcp/compute/globalForwardingRule.js";
import { HealthCheck } from "@pulumi/gcp/compute/healthCheck.js";
import type { SecurityPolicy } from "@pulumi/gcp/compute/securityPolicy.js";
import { SSLPolicy } from "@pulumi/gcp/compute/sslpolicy.js";
import { TargetHttpProxy } from "@pulumi/gcp/compute/targetHttpProxy.js";
import { TargetHttpsProxy } from "@pulumi/gcp/compute/targetHttpsProxy.js";
import { URLMap } from "@pulumi/gcp/compute/urlmap.js";
import type { ServerTlsPolicy } from "@pulumi/gcp/networksecurity/serverTlsPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import type { GcpBuild } from "./build.ts";
import type { FrontCertificate } from "./certificate.ts";
import { EDGE_HEADERS, HEALTH_PATH, strictTransportSecurity } from "./needs.ts";
import type { Compute } from "./run.ts";

/** Everything on the global external Application Load Balancer. */
const SCHEME = "EXTERNAL_MANAGED";

export interface Front {
  readonly address: GlobalAddress;
  readonly urlMap: URLMap;
  readonly backend: BackendService;
}

/** The load balancer: one address, HTTPS with the gateway behind it, plain HTTP only as a redirect. */
export function front(
  b: GcpBuild,
  compute: Compute,
  certificate: FrontCertificate,
  clients: ServerTlsPolicy | undefined,
  policy: SecurityPolicy,
): Front {
  const address = new GlobalAddress(`${b.name}-address`, { ...b.called("address"), ipVersion: "IPV4" }, b.opts());
  const backend = backendService(b, compute, policy);
  const urlMap = new URLMap(`${b.name}-urls`, { ...b.called("urls"), defaultService: backend.id }, b.opts());
  const ssl = new SSLPolicy(
    `${b.name}-tls`,
    { ...b.called("tls"), minTlsVersion: b.model.tls.minimumVersion === "1.3" ? "TLS_1_3" : "TLS_1_2", profile: b.model.gcp.tlsProfile },
    b.opts(),
  );
  const proxy = new TargetHttpsProxy(
    `${b.name}-https`,
    {
      ...b.called("https"),
      urlMap: urlMap.id,
      sslPolicy: ssl.id,
      certificateMap: pulumi.interpolate`//certificatemanager.googleapis.com/${certificate.map.id}`,
      ...(clients === undefined ? {} : { serverTlsPolicy: clients.id }),
    },
    b.opts({ dependsOn: [...certificate.ready] }),
  );
  const rule = new GlobalForwardingRule(
    `${b.name}-https-rule`,
    { ...b.called("https"), target: proxy.id, ipAddress: address.id, portRange: "443", loadBalancingScheme: SCHEME },
    b.opts(),
  );
  b.enforced.note(ssl, "tls.version");
  b.enforced.note(proxy, "tls.version", "tls.clientValidation.required", "http.refuse");
  b.enforced.note(rule, "http.refuse", "ddos.standard", "request.framing");
  if (b.model.http === "redirect") redirect(b, address);
  return { address, urlMap, backend };
}

function backendService(b: GcpBuild, { groups, resources }: Compute, policy: SecurityPolicy): BackendService {
  const cluster = b.variant === "gke";
  const check = cluster
    ? new HealthCheck(
        `${b.name}-health`,
        {
          ...b.called("health"),
          checkIntervalSec: 10,
          timeoutSec: 5,
          healthyThreshold: 2,
          unhealthyThreshold: 3,
          httpsHealthCheck: { requestPath: HEALTH_PATH, portSpecification: "USE_SERVING_PORT" },
        },
        b.opts(),
      )
    : undefined;
  const backend = new BackendService(
    `${b.name}-backend`,
    {
      ...b.called("backend"),
      loadBalancingScheme: SCHEME,
      protocol: "HTTPS",
      backends: groups.map((group) => ({ group, ...(cluster ? { balancingMode: "RATE", maxRatePerEndpoint: 10_000 } : {}) })),
      ...(check === undefined ? {} : { healthChecks: check.id, timeoutSec: seconds(b) }),
      securityPolicy: policy.id,
      customRequestHeaders: edgeHeaders(b),
      customResponseHeaders: [`strict-transport-security: ${strictTransportSecurity(b.model.tls)}`],
      // Its log would hold whole URLs with their queries; Envoy writes the access log.
      logConfig: { enable: false },
    },
    b.opts({ dependsOn: [...resources] }),
  );
  return b.enforced.note(backend, "tls.hsts", "request.headers", "observe.metrics");
}

/** What only the load balancer knows of a client; Cloud Armor refuses requests that bring these headers. */
function edgeHeaders({ model }: GcpBuild): string[] {
  const certificate = [
    `${EDGE_HEADERS.certificate}: {client_cert_leaf}`,
    `${EDGE_HEADERS.fingerprint}: {client_cert_sha256_fingerprint}`,
    `${EDGE_HEADERS.dnsNames}: {client_cert_dnsname_sans}`,
    `${EDGE_HEADERS.uriNames}: {client_cert_uri_sans}`,
  ];
  return [`${EDGE_HEADERS.clientIp}: {client_ip_address}`, ...(model.tls.clientValidation === undefined ? [] : certificate)];
}

/** The load balancer waits longer than the slowest route. */
const seconds = ({ model }: GcpBuild): number => Math.ceil(Math.max(...model.routes.map((route) => route.timeoutMs)) / 1000) + 60;

function redirect(b: GcpBuild, address: GlobalAddress): void {
  const map = new URLMap(
    `${b.name}-redirect`,
    {
      ...b.called("redirect"),
      defaultUrlRedirect: {
        httpsRedirect: true,
        hostRedirect: b.model.hostname,
        redirectResponseCode: "PERMANENT_REDIRECT",
        stripQuery: false,
      },
    },
    b.opts(),
  );
  const proxy = new TargetHttpProxy(`${b.name}-http`, { ...b.called("http"), urlMap: map.id }, b.opts());
  const rule = new GlobalForwardingRule(
    `${b.name}-http-rule`,
    { ...b.called("http"), target: proxy.id, ipAddress: address.id, portRange: "80", loadBalancingScheme: SCHEME },
    b.opts(),
  );
  for (const resource of [map, rule]) b.enforced.note(resource, "http.redirect");
}

import * as compute from "@pulumi/gcp/compute/index.js";
import * as dns from "@pulumi/gcp/dns/index.js";
import type { Stack } from "../record.ts";

/** A load balancer that answers, and little more. */
export const balancer: Stack = {
  name: "a load balancer",
  program() {
    const policy = new compute.SecurityPolicy("watches", {
      rules: [
        {
          action: "deny(403)",
          priority: 1000,
          preview: true,
          match: { expr: { expression: "evaluatePreconfiguredWaf('sqli-v33-stable')" } },
        },
        { action: "allow", priority: 2147483647, match: { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } } },
      ],
    });
    const service = new compute.BackendService("shop", { protocol: "HTTP", loadBalancingScheme: "EXTERNAL_MANAGED" });
    new compute.BackendService("sampled", {
      protocol: "HTTPS",
      loadBalancingScheme: "EXTERNAL_MANAGED",
      securityPolicy: policy.id,
      logConfig: { enable: true, sampleRate: 0.1 },
    });
    new compute.RegionBackendService("regional", {
      region: "europe-west1",
      protocol: "HTTP",
      loadBalancingScheme: "EXTERNAL_MANAGED",
      logConfig: { enable: true },
    });
    const map = new compute.URLMap("shop", { defaultService: service.id });
    new compute.TargetHttpProxy("plain", { urlMap: map.id });
    new compute.TargetHttpsProxy("tls", { urlMap: map.id, sslCertificates: ["certificate"], tlsEarlyData: "PERMISSIVE" });
    new compute.SSLPolicy("old", { profile: "COMPATIBLE", minTlsVersion: "TLS_1_0" });
    new dns.ManagedZone("public", { dnsName: "example.com." });
    new compute.Firewall("ssh", { network: "default", allows: [{ protocol: "tcp", ports: ["22"] }], sourceRanges: ["0.0.0.0/0"] });
    new compute.Firewall("all", { network: "default", allows: [{ protocol: "all" }], sourceRanges: ["::/0"] });
  },
  findings: [
    "gcp-armor-enforces watches",
    "gcp-armor-log4j watches",
    "gcp-backend-armor regional",
    "gcp-backend-armor shop",
    "gcp-backend-logs sampled",
    "gcp-backend-logs shop",
    "gcp-backend-protocol regional",
    "gcp-backend-protocol shop",
    "gcp-dns-dnssec public",
    "gcp-firewall-open all",
    "gcp-firewall-open ssh",
    "gcp-http-proxy-redirect plain",
    "gcp-https-proxy-early-data tls",
    "gcp-https-proxy-ssl-policy tls",
    "gcp-ssl-policy old",
  ],
};

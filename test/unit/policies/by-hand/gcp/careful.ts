import * as cloudrun from "@pulumi/gcp/cloudrun/index.js";
import * as cloudrunv2 from "@pulumi/gcp/cloudrunv2/index.js";
import * as compute from "@pulumi/gcp/compute/index.js";
import * as dns from "@pulumi/gcp/dns/index.js";
import * as endpoints from "@pulumi/gcp/endpoints/index.js";
import * as projects from "@pulumi/gcp/projects/index.js";
import * as secretmanager from "@pulumi/gcp/secretmanager/index.js";
import * as serviceaccount from "@pulumi/gcp/serviceaccount/index.js";
import type { Stack } from "../record.ts";
import { PROJECT } from "./shared.ts";

/** The same things by hand, with care: nothing to find. */
export const careful: Stack = {
  name: "with care",
  program() {
    const policy = new compute.SecurityPolicy("blocks", {
      rules: [
        { action: "deny(403)", priority: 1000, match: { expr: { expression: "evaluatePreconfiguredWaf('cve-canary')" } } },
        { action: "allow", priority: 2147483647, match: { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: ["*"] } } },
      ],
    });
    const service = new compute.BackendService("shop", {
      protocol: "HTTPS",
      loadBalancingScheme: "EXTERNAL_MANAGED",
      securityPolicy: policy.id,
      logConfig: { enable: true },
    });
    new compute.RegionBackendService("inner", { region: "europe-west1", protocol: "TCP" });
    const map = new compute.URLMap("shop", { defaultService: service.id });
    const redirect = new compute.URLMap("redirect", { defaultUrlRedirect: { httpsRedirect: true, stripQuery: false } });
    new compute.TargetHttpProxy("plain", { urlMap: redirect.id });
    const modern = new compute.SSLPolicy("modern", { profile: "RESTRICTED", minTlsVersion: "TLS_1_2" });
    new compute.TargetHttpsProxy("tls", { urlMap: map.id, certificateMap: "map", sslPolicy: modern.id });
    new dns.ManagedZone("public", { dnsName: "example.com.", dnssecConfig: { state: "on" } });
    new dns.ManagedZone("inner", { dnsName: "inner.example.com.", visibility: "private" });
    new compute.Firewall("web", { network: "default", allows: [{ protocol: "tcp", ports: ["443"] }], sourceRanges: ["0.0.0.0/0"] });
    new compute.Firewall("probes", { network: "default", allows: [{ protocol: "tcp", ports: ["8443"] }], sourceRanges: ["35.191.0.0/16"] });
    new compute.Firewall("inner", { network: "default", allows: [{ protocol: "tcp" }], sourceTags: ["web"] });
    new compute.Firewall("as", {
      network: "default",
      allows: [{ protocol: "tcp" }],
      sourceServiceAccounts: ["web@shop.iam.gserviceaccount.com"],
    });
    new compute.Firewall("out", {
      network: "default",
      direction: "EGRESS",
      allows: [{ protocol: "all" }],
      destinationRanges: ["0.0.0.0/0"],
    });
    new compute.Firewall("none", { network: "default", denies: [{ protocol: "all" }], sourceRanges: ["0.0.0.0/0"] });
    const account = new serviceaccount.Account("shop", { accountId: "shop" });
    const run = new cloudrunv2.Service("shop", {
      location: "europe-west1",
      ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
      defaultUriDisabled: true,
      template: {
        serviceAccount: account.email,
        containers: [{ image: `europe-docker.pkg.dev/shop/images/shop@sha256:${"0".repeat(64)}` }],
      },
    });
    new cloudrunv2.ServiceIamMember("balancer", {
      name: run.name,
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "allUsers",
    });
    const first = new cloudrun.Service("first-generation", {
      location: "europe-west1",
      metadata: { annotations: { "run.googleapis.com/ingress": "internal-and-cloud-load-balancing" } },
      template: { spec: { serviceAccountName: account.email, containers: [{ image: "europe-docker.pkg.dev/shop/images/shop:1.2.3" }] } },
    });
    new cloudrun.IamMember("balancer-first", {
      service: first.name,
      location: "europe-west1",
      role: "roles/run.invoker",
      member: "allUsers",
    });
    new secretmanager.SecretIamMember("key", {
      secretId: "key",
      role: "roles/secretmanager.secretAccessor",
      member: "serviceAccount:shop@shop.iam.gserviceaccount.com",
    });
    new projects.IAMMember("logs", {
      ...PROJECT,
      role: "roles/logging.logWriter",
      member: "serviceAccount:shop@shop.iam.gserviceaccount.com",
    });
    new projects.ApiKey("partner", { ...PROJECT, restrictions: { apiTargets: [{ service: "api.example.com" }] } });
    new serviceaccount.Key("uploaded", { serviceAccountId: account.name, publicKeyData: "LS0t" });
    new endpoints.Service("shop", {
      serviceName: "api.example.com",
      openapiConfig: JSON.stringify({ swagger: "2.0", schemes: ["https"], "x-google-backend": { address: "https://orders.example.com" } }),
    });
  },
  findings: [],
};

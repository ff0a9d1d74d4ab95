import { LATER, type RuleCases, ref } from "./cases.ts";

const MAP = "gcp:compute/uRLMap:URLMap";
const RUN = "gcp:cloudrunv2/service:Service";
const redirect = { defaultUrlRedirect: { httpsRedirect: true, stripQuery: false } };
const invoker = "gcp:cloudrunv2/serviceIamMember:ServiceIamMember";
const member = "gcp:secretmanager/secretIamMember:SecretIamMember";
const deny = (preview?: unknown) => ({
  action: "deny(403)",
  preview,
  match: { expr: { expression: "evaluatePreconfiguredWaf('cve-canary')" } },
});
const container = (image: unknown) => ({ props: { template: { containers: [{ image }] } } });
const allow = (ports: unknown, sourceRanges: unknown = ["0.0.0.0/0"]) => ({
  props: { sourceRanges, allows: [{ protocol: "tcp", ports }] },
});

const RUN_V1 = "gcp:cloudrun/service:Service";
const firstRun = (ingress: string) => ({ type: RUN_V1, props: { metadata: { annotations: { "run.googleapis.com/ingress": ingress } } } });

export const gcpCases: Record<string, RuleCases> = {
  "gcp-ssl-policy": {
    pass: [{ props: { minTlsVersion: "TLS_1_2", profile: "MODERN" } }, { props: { minTlsVersion: "TLS_1_3", profile: "RESTRICTED" } }],
    fail: [
      { props: {} },
      { props: { minTlsVersion: "TLS_1_2", profile: "COMPATIBLE" } },
      { props: { minTlsVersion: "TLS_1_0", profile: "MODERN" } },
    ],
    undefined: [{ props: { minTlsVersion: LATER, profile: "MODERN" } }],
  },
  "gcp-https-proxy-ssl-policy": { pass: [{ props: { sslPolicy: ref("policy.id") } }], fail: [{ props: {} }], undefined: [] },
  "gcp-https-proxy-early-data": {
    pass: [{ props: {} }, { props: { tlsEarlyData: "DISABLED" } }],
    fail: [{ props: { tlsEarlyData: "PERMISSIVE" } }],
    undefined: [{ props: { tlsEarlyData: LATER } }],
  },
  "gcp-http-proxy-redirect": {
    pass: [{ props: {}, beside: [{ type: MAP, usedBy: true, props: redirect }] }],
    fail: [
      { props: {}, beside: [{ type: MAP, usedBy: true, props: { defaultService: ref("backend.id") } }] },
      { props: {}, beside: [{ type: MAP, usedBy: true, props: { ...redirect, pathMatchers: [{ name: "a" }] } }] },
    ],
    undefined: [{ props: { urlMap: LATER } }],
  },
  "gcp-backend-armor": {
    pass: [
      { props: { securityPolicy: ref("armor.id") } },
      { props: { loadBalancingScheme: "INTERNAL_MANAGED" } },
      { type: "gcp:compute/regionBackendService:RegionBackendService", props: {} },
    ],
    fail: [{ props: { loadBalancingScheme: "EXTERNAL_MANAGED" } }, { props: {} }],
    undefined: [],
  },
  "gcp-backend-logs": {
    pass: [
      { props: { loadBalancingScheme: "INTERNAL_MANAGED" } },
      { props: { logConfig: { enable: true, sampleRate: 1 } } },
      { props: { logConfig: { enable: true } } },
    ],
    fail: [{ props: {} }, { props: { logConfig: { enable: true, sampleRate: 0.1 } } }],
    undefined: [{ props: { logConfig: LATER } }],
  },
  "gcp-backend-protocol": {
    pass: [{ props: { protocol: "HTTPS" } }, { props: { protocol: "HTTP2" } }],
    fail: [{ props: {} }, { props: { protocol: "HTTP" } }],
    undefined: [{ props: { protocol: LATER } }],
  },
  "gcp-armor-enforces": {
    pass: [{ props: { rules: [deny(), deny(false)] } }],
    fail: [{ props: { rules: [deny(), deny(true)] } }],
    undefined: [{ props: { rules: LATER } }],
  },
  "gcp-armor-log4j": {
    pass: [{ props: { rules: [deny()] } }],
    fail: [{ props: {} }, { props: { rules: [{ ...deny(), action: "allow" }] } }],
    undefined: [{ props: { rules: LATER } }],
  },
  "gcp-run-ingress": {
    pass: [{ props: { ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" } }, firstRun("internal-and-cloud-load-balancing")],
    fail: [{ props: {} }, { props: { ingress: "INGRESS_TRAFFIC_ALL" } }, firstRun("all"), { type: RUN_V1, props: {} }],
    undefined: [{ props: { ingress: LATER } }, { type: RUN_V1, props: { metadata: LATER } }],
  },
  "gcp-run-default-uri": {
    pass: [{ props: { defaultUriDisabled: true } }],
    fail: [{ props: {} }],
    undefined: [{ props: { defaultUriDisabled: LATER } }],
  },
  "gcp-run-identity": {
    pass: [
      { props: { template: { serviceAccount: ref("account.email") } } },
      { props: { template: { serviceAccount: "gw@p.iam.gserviceaccount.com" } } },
    ],
    fail: [
      { props: { template: {} } },
      { props: { template: { serviceAccount: "123-compute@developer.gserviceaccount.com" } } },
      { type: RUN_V1, props: { template: { spec: {} } } },
    ],
    undefined: [],
  },
  "gcp-run-image-pinned": {
    pass: [
      container("gcr.io/endpoints-release/endpoints-runtime-serverless:2.51.0"),
      container("docker.io/envoyproxy/envoy:distroless-v1.40.0"),
      container(`a.example/b@sha256:${"a".repeat(64)}`),
    ],
    fail: [container("a.example/b:latest"), container("a.example/b"), container("a.example/b:2")],
    undefined: [container(LATER)],
  },
  "gcp-iam-public": {
    pass: [
      { type: member, props: { member: ref("account.member") } },
      { type: member, props: { member: "user:a@b.example" } },
      { type: "gcp:compute/firewall:Firewall", props: { member: "allUsers" } },
      {
        type: invoker,
        props: { member: "allUsers", role: "roles/run.invoker" },
        beside: [{ type: RUN, usedBy: true, props: { ingress: "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER" } }],
      },
    ],
    fail: [
      { type: member, props: { member: "allUsers" } },
      { type: "gcp:storage/bucketIAMMember:BucketIAMMember", props: { member: "allAuthenticatedUsers" } },
      { type: "gcp:cloudrun/iamMember:IamMember", props: { member: "allUsers" }, beside: [{ ...firstRun("all"), usedBy: true }] },
      { type: "gcp:secretmanager/secretIamBinding:SecretIamBinding", props: { members: ["user:a@b.example", "allAuthenticatedUsers"] } },
      { type: "gcp:projects/iAMMember:IAMMember", props: { member: "allUsers" } },
      { type: invoker, props: { member: "allUsers" }, beside: [{ type: RUN, usedBy: true, props: { ingress: "INGRESS_TRAFFIC_ALL" } }] },
    ],
    undefined: [{ type: "gcp:secretmanager/secretIamBinding:SecretIamBinding", props: { members: LATER } }],
  },
  "gcp-iam-basic-roles": {
    pass: [{ props: { role: "roles/logging.logWriter" } }],
    fail: [{ props: { role: "roles/editor" } }],
    undefined: [{ props: { role: LATER } }],
  },
  "gcp-api-key-restricted": {
    pass: [{ props: { restrictions: { apiTargets: [{ service: "shop.endpoints.p.cloud.goog" }] } } }],
    fail: [{ props: {} }, { props: { restrictions: { apiTargets: [] } } }],
    undefined: [{ props: { restrictions: LATER } }],
  },
  "gcp-endpoints-backend-https": {
    pass: [{ props: { openapiConfig: "x-google-backend:\n  address: https://a.example" } }, { props: {} }],
    fail: [
      { props: { openapiConfig: "x-google-backend:\n  address: http://a.example" } },
      { props: { openapiConfig: '{"address": "grpc://a.example"}' } },
    ],
    undefined: [{ props: { openapiConfig: LATER } }],
  },
  "gcp-dns-dnssec": {
    pass: [{ props: { dnssecConfig: { state: "on" } } }, { props: { visibility: "private" } }],
    fail: [{ props: {} }],
    undefined: [{ props: { dnssecConfig: LATER } }],
  },
  "gcp-firewall-open": {
    pass: [
      allow(["443"]),
      allow(["22"], ["10.0.0.0/8"]),
      { props: { direction: "EGRESS", sourceRanges: ["0.0.0.0/0"], allows: [{ protocol: "all" }] } },
    ],
    fail: [allow(["22"]), allow(undefined), allow(["443", "8000-9000"], ["::/0"])],
    undefined: [allow(["22"], LATER)],
  },
  "gcp-secret-readers": {
    pass: [{ props: { role: "roles/logging.logWriter" } }],
    fail: [{ props: { role: "roles/secretmanager.secretAccessor" } }],
    undefined: [{ props: { role: LATER } }],
  },
  "gcp-service-account-keys": {
    pass: [{ props: { publicKeyData: "MII" } }],
    fail: [{ props: {} }],
    undefined: [{ props: { publicKeyData: LATER } }],
  },
};

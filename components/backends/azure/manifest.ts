import { stringify } from "yaml";

export interface ManifestSettings {
  /** Name of the gateway in the service, and of everything in Kubernetes. */
  readonly name: string;
  /** Host of the service's configuration endpoint. */
  readonly endpoint: string;
  /** Image with its version. */
  readonly image: string;
  readonly replicas: number;
  /** True where port 80 is open, for redirects. */
  readonly plainHttp: boolean;
}

const HTTP = 8080;
const HTTPS = 8081;
/**
 * Suites with forward secrecy and authenticated encryption, of those the gateway has (vendor's self-hosted gateway overview); without a list it
 * also takes CBC and static RSA.
 */
const SUITES = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
  "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
].join(",");
/** Replicas tell each other what they have counted. */
const COUNTERS = [4290, 4291];

/**
 * Kubernetes manifest of a self-hosted gateway, one YAML document for each object. Settings are those of the vendor's production guidance;
 * the token is read from a secret that people create.
 */
export function manifest({ name, endpoint, image, replicas, plainHttp }: ManifestSettings): string {
  const labels = { app: name };
  const metadata = { name, labels };
  const ports = [...(plainHttp ? [{ name: "http", port: 80, targetPort: HTTP }] : []), { name: "https", port: 443, targetPort: HTTPS }];
  const probe = (path: string) => ({ httpGet: { path, port: HTTP, scheme: "HTTP" }, periodSeconds: 5, failureThreshold: 3 });
  const objects = [
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { ...metadata, name: `${name}-settings` },
      data: {
        "config.service.endpoint": endpoint,
        "neighborhood.host": `${name}-replicas`,
        "net.server.tls.ciphers.allowed-suites": SUITES,
        "net.client.tls.ciphers.allowed-suites": SUITES,
        "telemetry.logs.std": "json",
      },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas,
        selector: { matchLabels: labels },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
        template: {
          metadata: { labels },
          spec: {
            terminationGracePeriodSeconds: 60,
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, runAsUser: 1001, seccompProfile: { type: "RuntimeDefault" } },
            containers: [
              {
                name: "gateway",
                image,
                securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
                ports: [
                  { name: "http", containerPort: HTTP },
                  { name: "https", containerPort: HTTPS },
                  ...COUNTERS.map((containerPort) => ({ name: `count-${containerPort}`, containerPort, protocol: "UDP" })),
                ],
                envFrom: [{ configMapRef: { name: `${name}-settings` } }],
                env: [{ name: "config.service.auth", valueFrom: { secretKeyRef: { name: `${name}-token`, key: "value" } } }],
                readinessProbe: probe("/status-0123456789abcdef"),
                livenessProbe: { ...probe("/status-0123456789abcdef"), periodSeconds: 15 },
                resources: { requests: { cpu: "500m", memory: "512Mi" }, limits: { memory: "2Gi" } },
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      // Local keeps the client's address, by which the gateway admits and counts.
      spec: { type: "LoadBalancer", externalTrafficPolicy: "Local", selector: labels, ports },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { ...metadata, name: `${name}-replicas` },
      spec: {
        clusterIP: "None",
        selector: labels,
        ports: COUNTERS.map((port) => ({ name: `count-${port}`, port, targetPort: port, protocol: "UDP" })),
      },
    },
    {
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata,
      spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
    },
  ];
  return objects.map((object) => stringify(object, { lineWidth: 0 })).join("---\n");
}

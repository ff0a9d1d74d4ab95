import type { MeshService, MeshSettings } from "./settings.ts";
import { entered, GATEWAY, gatewayPrincipal, principal } from "./settings.ts";

/** A Kubernetes object as it is sent to the API server. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Name of the Secret with the ingress gateway's certificate. */
export const INGRESS_CREDENTIAL = "gateway-ingress";

/** Namespace of the services: sidecars are put in. What puts them in may need rights no pod should have, so pods are only warned of. */
export const namespaceManifest = ({ namespace }: MeshSettings): Manifest => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: namespace, labels: { "istio-injection": "enabled", "pod-security.kubernetes.io/warn": "restricted" } },
});

/** Everything the mesh is told about the services of one document. Pure: the same settings give the same objects, in the same order. */
export function meshManifests(settings: MeshSettings): Manifest[] {
  return [
    strictMutualTls(settings),
    denyEverything(settings),
    onlyFromMesh(settings),
    ...settings.services.flatMap((service) => [mutualTlsTo(settings, service), ...allowCallers(settings, service)]),
    ...(entered(settings).length === 0 ? [] : ingress(settings)),
  ];
}

/** No pod of the namespace takes a connection without a client certificate of the mesh. */
const strictMutualTls = ({ namespace }: MeshSettings): Manifest => ({
  apiVersion: "security.istio.io/v1",
  kind: "PeerAuthentication",
  metadata: { name: "default", namespace },
  spec: { mtls: { mode: "STRICT" } },
});

/** A policy that allows and has no rule matches nobody; from then on only what another policy allows gets through. */
const denyEverything = ({ namespace }: MeshSettings): Manifest => ({
  apiVersion: "security.istio.io/v1",
  kind: "AuthorizationPolicy",
  metadata: { name: "allow-nothing", namespace },
  spec: {},
});

/** What does not pass a sidecar, such as a pod without one, is stopped by the network. */
const onlyFromMesh = ({ namespace, ingress: { namespace: from } }: MeshSettings): Manifest => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "only-from-mesh", namespace },
  spec: {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          { podSelector: {} },
          ...(from === namespace ? [] : [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": from } } }]),
        ],
      },
    ],
  },
});

const hostOf = ({ namespace }: MeshSettings, { name }: MeshService): string => `${name}.${namespace}.svc.cluster.local`;

/** Callers show their certificate too; without this a caller's sidecar might speak plainly where it takes the server for one without. */
const mutualTlsTo = (settings: MeshSettings, service: MeshService): Manifest => ({
  apiVersion: "networking.istio.io/v1",
  kind: "DestinationRule",
  metadata: { name: service.name, namespace: settings.namespace },
  spec: { host: hostOf(settings, service), trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } } },
});

function allowCallers(settings: MeshSettings, { name, port, callers }: MeshService): Manifest[] {
  const principals = callers.map((caller) => {
    if (caller === GATEWAY) return principal(settings, settings.ingress.namespace, settings.ingress.serviceAccount);
    const service = settings.services.find((candidate) => candidate.name === caller);
    if (service === undefined) throw new Error(`${name} names the caller ${caller}, which is no service`);
    return principal(settings, settings.namespace, service.serviceAccount);
  });
  if (principals.length === 0) return [];
  return [
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: `${name}-callers`, namespace: settings.namespace },
      spec: {
        selector: { matchLabels: { app: name } },
        action: "ALLOW",
        rules: [{ from: [{ source: { principals } }], to: [{ operation: { ports: [String(port)] } }] }],
      },
    },
  ];
}

/** The way in: a client certificate of the internal authority, and among those only the gateway's. */
function ingress(settings: MeshSettings): Manifest[] {
  const { namespace, labels } = settings.ingress;
  const services = entered(settings);
  const hosts = services.flatMap((service) => service.hosts);
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata: { name: "gateway-ingress", namespace },
      spec: {
        selector: { ...labels },
        servers: [
          {
            port: { number: 443, name: "https", protocol: "HTTPS" },
            hosts,
            tls: { mode: "MUTUAL", credentialName: INGRESS_CREDENTIAL, minProtocolVersion: "TLSV1_2" },
          },
        ],
      },
    },
    {
      apiVersion: "security.istio.io/v1",
      kind: "AuthorizationPolicy",
      metadata: { name: "gateway-only", namespace },
      spec: {
        selector: { matchLabels: { ...labels } },
        action: "ALLOW",
        rules: [
          { from: [{ source: { principals: [gatewayPrincipal(settings)] } }], to: [{ operation: { hosts: hosts.flatMap(withPort) } }] },
        ],
      },
    },
    ...services.map((service) => ({
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata: { name: `${service.name}-ingress`, namespace },
      spec: {
        hosts: [...service.hosts],
        gateways: ["gateway-ingress"],
        http: [{ route: [{ destination: { host: hostOf(settings, service), port: { number: service.port } } }] }],
      },
    })),
  ];
}

/** `Host` carries the port where it is not 443. */
const withPort = (host: string): string[] => [host, `${host}:*`];

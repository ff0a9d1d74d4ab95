import type { GatewayModel, InternalService } from "../../../components/spec/model.ts";
import type { Expected } from "../expected.ts";
import { type Shape, secret } from "../shape.ts";
import { authorityBelow, belowWithRoot, chainOf, keyOfSigned, leafOf, signed, trusted } from "./authority.ts";
import { object, objectName } from "./cluster.ts";
import type { Context } from "./context.ts";
import { CONTROL } from "./services.ts";

type Mesh = NonNullable<NonNullable<NonNullable<GatewayModel["internal"]>["kubernetes"]>["mesh"]>;

const SECURITY = "security.istio.io/v1";
const NETWORKING = "networking.istio.io/v1";
const CREDENTIAL = "gateway-ingress";

/** Mutual TLS between services, nobody let in whom the document does not name, and one way in for the gateway. */
export function* mesh(c: Context, wanted: Mesh, namespace: string): Generator<Expected> {
  const services = Object.values(c.model.internal?.services ?? {});
  const entered = services.filter(({ callers }) => callers.includes("gateway"));
  const before = ["mesh-namespace", ...(wanted.pluggedInCa ? ["mesh-cacerts"] : []), ...(entered.length > 0 ? ["mesh-ingress"] : [])];
  const made = (apiVersion: string, kind: string, space: string, name: string, spec: Shape): Expected =>
    object(apiVersion, kind, `mesh-${kind.toLowerCase()}-${name}`, space, name, { spec }, before);

  if (wanted.pluggedInCa) yield* pluggedIn(c, wanted);
  yield made(SECURITY, "PeerAuthentication", namespace, "default", { mtls: { mode: "STRICT" } });
  // It allows, and has no rule: nobody.
  yield made(SECURITY, "AuthorizationPolicy", namespace, "allow-nothing", {});
  yield made("networking.k8s.io/v1", "NetworkPolicy", namespace, "only-from-mesh", {
    podSelector: {},
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: [
          { podSelector: {} },
          ...(wanted.ingress.namespace === namespace
            ? []
            : [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": wanted.ingress.namespace } } }]),
        ],
      },
    ],
  });
  for (const service of services) {
    const name = objectName(service.name);
    yield made(NETWORKING, "DestinationRule", namespace, name, {
      host: hostOf(service, namespace),
      trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } },
    });
    if (service.callers.length > 0)
      yield made(SECURITY, "AuthorizationPolicy", namespace, `${name}-callers`, {
        selector: { matchLabels: { app: name } },
        action: "ALLOW",
        rules: [
          {
            from: [{ source: { principals: service.callers.map((caller) => principal(c, wanted, namespace, caller)) } }],
            to: [{ operation: { ports: [String(service.port)] } }],
          },
        ],
      });
  }
  if (entered.length === 0) return;
  yield* credential(c, wanted, entered);
  for (const one of wayIn(c, wanted, entered)) yield made(...one);
  for (const service of entered)
    yield made(NETWORKING, "VirtualService", wanted.ingress.namespace, `${objectName(service.name)}-ingress`, {
      hosts: service.dnsNames,
      gateways: [CREDENTIAL],
      http: [{ route: [{ destination: { host: hostOf(service, namespace), port: { number: service.port } } }] }],
    });
}

const hostOf = ({ name }: InternalService, namespace: string): string => `${objectName(name)}.${namespace}.svc.cluster.local`;

/** Whom a caller is known as: a service by its account, the gateway by that of the way in. */
function principal(c: Context, { trustDomain, ingress }: Mesh, namespace: string, caller: string): string {
  const [space, account] =
    caller === "gateway" ? [ingress.namespace, ingress.serviceAccount] : [namespace, c.model.internal?.services[caller]?.serviceAccount];
  return `${trustDomain}/ns/${space}/sa/${account}`;
}

/** istiod's authority below the internal one. */
function* pluggedIn(c: Context, { systemNamespace }: Mesh): Generator<Expected> {
  yield* authorityBelow(c, "mesh", CONTROL);
  yield object("v1", "Secret", "mesh-cacerts", systemNamespace, "cacerts", {
    stringData: secret({
      "ca-cert.pem": leafOf(c, "mesh"),
      "ca-key.pem": c.ref("mesh-key", "privateKeyPem"),
      "root-cert.pem": trusted(c),
      "cert-chain.pem": belowWithRoot(c, "mesh"),
    }),
  });
}

/** What the way in shows, and whose certificates it takes. */
function* credential(c: Context, { ingress }: Mesh, entered: readonly InternalService[]): Generator<Expected> {
  yield* signed(c, "mesh-ingress", CONTROL, {
    subject: { commonName: "mesh ingress" },
    dnsNames: [...new Set(entered.flatMap(({ dnsNames }) => dnsNames))],
    uris: undefined,
    usages: ["server_auth"],
    hours: 2_160,
  });
  yield object("v1", "Secret", "mesh-ingress", ingress.namespace, CREDENTIAL, {
    type: "kubernetes.io/tls",
    stringData: secret({
      "tls.crt": chainOf(c, "mesh-ingress"),
      "tls.key": c.ref(keyOfSigned("mesh-ingress"), "privateKeyPemPkcs8"),
      "ca.crt": trusted(c),
    }),
  });
}

/** A certificate of the internal authority is wanted, and among those only the gateway's. */
function wayIn(
  c: Context,
  { ingress }: Mesh,
  entered: readonly InternalService[],
): [apiVersion: string, kind: string, space: string, name: string, spec: Shape][] {
  const hosts = entered.flatMap(({ dnsNames }) => dnsNames);
  return [
    [
      NETWORKING,
      "Gateway",
      ingress.namespace,
      CREDENTIAL,
      {
        selector: ingress.labels,
        servers: [
          {
            port: { number: 443, name: "https", protocol: "HTTPS" },
            hosts,
            tls: { mode: "MUTUAL", credentialName: CREDENTIAL, minProtocolVersion: "TLSV1_2" },
          },
        ],
      },
    ],
    [
      SECURITY,
      "AuthorizationPolicy",
      ingress.namespace,
      "gateway-only",
      {
        selector: { matchLabels: ingress.labels },
        action: "ALLOW",
        rules: [
          {
            from: [{ source: { principals: [`${c.model.hostname}/gateway`] } }],
            // Host carries the port where it is not 443.
            to: [{ operation: { hosts: hosts.flatMap((host) => [host, `${host}:*`]) } }],
          },
        ],
      },
    ],
  ];
}

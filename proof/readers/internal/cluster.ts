import type { InternalService } from "../../../components/spec/model.ts";
import type { Expected } from "../expected.ts";
import { type Shape, secret } from "../shape.ts";
import { authorityBelow, belowWithRoot, trusted } from "./authority.ts";
import type { Context } from "./context.ts";
import { mesh } from "./mesh.ts";
import { CONTROL, contents, identity, isStored, spiffe } from "./services.ts";

const HOUR = 3_600_000;

/** A service's name as objects of a cluster have it. */
export const objectName = (service: string): string => service.toLowerCase().replaceAll("_", "-");

/** An object of a cluster. */
export function object(
  apiVersion: string,
  kind: string,
  suffix: string,
  namespace: string | undefined,
  name: string,
  rest: Readonly<Record<string, Shape>>,
  after: readonly string[] = [],
): Expected {
  const { labels, ...more } = rest;
  return {
    type: `kubernetes:${apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`}:${kind}`,
    suffix,
    control: CONTROL,
    inputs: { apiVersion, kind, metadata: { name, namespace, labels }, ...more },
    after,
  };
}

/** Services in a cluster: their namespace and accounts, and how each gets a certificate of its own. */
export function* cluster(c: Context): Generator<Expected> {
  const kubernetes = c.model.internal?.kubernetes;
  const services = Object.values(c.model.internal?.services ?? {});
  if (kubernetes === undefined || services.length === 0) return;
  const { namespace, certificates } = kubernetes;
  // A changed Secret is changed in place: nobody is without a certificate in between.
  yield { type: "pulumi:providers:kubernetes", suffix: "cluster", control: CONTROL, inputs: { enableSecretMutable: "true" } };
  const space = kubernetes.mesh ? "mesh-namespace" : "services-namespace";
  // A mesh puts its sidecars in with rights the strictest standard forbids: there pods are warned of.
  const labels = kubernetes.mesh
    ? { "istio-injection": "enabled", "pod-security.kubernetes.io/warn": "restricted" }
    : { "pod-security.kubernetes.io/enforce": "restricted" };
  yield object("v1", "Namespace", space, undefined, namespace, { labels });
  // Nobody talks to the cluster's own API with it unless he asks to.
  for (const { name, serviceAccount } of services)
    yield object("v1", "ServiceAccount", `service-${name}-account`, namespace, serviceAccount, { automountServiceAccountToken: false }, [
      space,
    ]);
  if (kubernetes.mesh) yield* mesh(c, kubernetes.mesh, namespace);
  if (certificates === "secrets") for (const service of services) yield* secretOf(c, service, namespace);
  if (certificates === "certManager") yield* certManager(c, services, namespace);
}

/** A Secret of one service's own, which its account may read. */
function* secretOf(c: Context, service: InternalService, namespace: string): Generator<Expected> {
  const name = `${objectName(service.name)}-tls`;
  const suffix = `service-${service.name}-tls`;
  // Where a store of the cloud has it as well, it is one certificate.
  if (!isStored(service)) yield* identity(c, service);
  yield object("v1", "Secret", suffix, namespace, name, { type: "kubernetes.io/tls", stringData: secret(contents(c, service)) });
  const rbac = "rbac.authorization.k8s.io/v1";
  yield object(rbac, "Role", `${suffix}-reader`, namespace, `${name}-reader`, {
    rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [name], verbs: ["get", "watch"] }],
  });
  yield object(rbac, "RoleBinding", `${suffix}-reader`, namespace, `${name}-reader`, {
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: `${name}-reader` },
    subjects: [{ kind: "ServiceAccount", name: service.serviceAccount, namespace }],
  });
}

/** cert-manager's own authority below the internal one, and what it is to issue. */
function* certManager(c: Context, services: readonly InternalService[], namespace: string): Generator<Expected> {
  const { validityMs = 0, renewBeforeMs = 0 } = c.model.internal ?? {};
  const issuer = `${c.model.name}-authority`;
  yield* authorityBelow(c, "cert-manager", CONTROL);
  yield object("v1", "Secret", "cert-manager-authority", namespace, issuer, {
    type: "kubernetes.io/tls",
    stringData: secret({
      "tls.crt": belowWithRoot(c, "cert-manager"),
      "tls.key": c.ref("cert-manager-key", "privateKeyPem"),
      "ca.crt": trusted(c),
    }),
  });
  const after = ["cert-manager-authority"];
  const api = "cert-manager.io/v1";
  yield object(api, "Issuer", `issuer-${issuer}`, namespace, issuer, { spec: { ca: { secretName: issuer } } }, after);
  for (const service of services) {
    const name = objectName(service.name);
    const some = (names: readonly string[]): Shape => (names.length > 0 ? names : undefined);
    yield object(
      api,
      "Certificate",
      `certificate-${name}`,
      namespace,
      name,
      {
        spec: {
          secretName: `${name}-tls`,
          issuerRef: { name: issuer, kind: "Issuer", group: "cert-manager.io" },
          dnsNames: some(service.dnsNames),
          ipAddresses: some(service.ipAddresses),
          uris: [spiffe(c, service.name)],
          duration: `${validityMs / HOUR}h0m0s`,
          renewBefore: `${renewBeforeMs / HOUR}h0m0s`,
          privateKey: { algorithm: "ECDSA", size: 256, rotationPolicy: "Always" },
          usages: ["digital signature", "server auth", "client auth"],
        },
      },
      after,
    );
  }
}

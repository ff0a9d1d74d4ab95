import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import * as pulumi from "@pulumi/pulumi";
import { certManagerManifests } from "../mesh/cert-manager.ts";
import { cluster } from "../mesh/cluster.ts";
import { meshSettings } from "../mesh/from-model.ts";
import { object, ServiceMesh } from "../mesh/service-mesh.ts";
import { kubernetesName } from "../pki/distribution/kubernetes-name.ts";
import { KubernetesSecrets } from "../pki/distribution/kubernetes-secrets.ts";
import type { ServiceMaterial } from "../pki/distribution/material.ts";
import { hoursOf } from "../pki/internal/hours.ts";
import type { CertificateIssuer } from "../pki/internal/issuer.ts";
import type { Options } from "../pki/internal/keys.ts";
import { TlsIssuer } from "../pki/internal/tls-issuer.ts";
import type { GatewayModel } from "../spec/model.ts";
import type { ServicesBuild } from "./internal-services.ts";

const AUTHORITY_HOURS = 2 * 365 * 24;

type Kubernetes = NonNullable<NonNullable<GatewayModel["internal"]>["kubernetes"]>;

/** What of `internal` is in a Kubernetes cluster. */
export function inCluster(build: ServicesBuild, kubernetes: Kubernetes, material: (service: string) => ServiceMaterial): void {
  const { name, model, issuer } = build;
  const provider = cluster(name, build.opts());
  const opts: Options = (more) => build.opts({ provider, ...more });
  const space = kubernetes.mesh === undefined ? plainNamespace(name, kubernetes, opts) : mesh(build, kubernetes, provider);
  const services = Object.values(model.internal?.services ?? {});
  for (const service of services)
    new ServiceAccount(
      `${name}-service-${service.name}-account`,
      { metadata: { namespace: space, name: service.serviceAccount }, automountServiceAccountToken: false },
      opts(),
    );
  if (kubernetes.certificates === "secrets") {
    const store = new KubernetesSecrets(name, { namespace: space }, opts);
    for (const service of services) store.deliver(material(service.name), service.serviceAccount);
  }
  if (kubernetes.certificates === "certManager") certManager({ ...build, opts }, space, kubernetes.namespace, stackAuthority(issuer()));
}

const plainNamespace = (name: string, { namespace }: Kubernetes, opts: Options): pulumi.Output<string> =>
  new Namespace(
    `${name}-services-namespace`,
    { metadata: { name: namespace, labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
    opts(),
  ).metadata.name;

function mesh(
  { name, model, opts, issuer }: ServicesBuild,
  kubernetes: Kubernetes,
  provider: pulumi.ProviderResource,
): pulumi.Output<string> {
  return new ServiceMesh(
    `${name}-mesh`,
    {
      settings: meshSettings(model),
      issuer,
      ...(kubernetes.mesh?.pluggedInCa ? { pluggedIn: stackAuthority(issuer()) } : {}),
    },
    { ...componentOptions(opts), providers: { kubernetes: provider } },
  ).namespace;
}

/** cert-manager signs below the internal authority, with an intermediate that only this namespace holds. */
function certManager({ name, model, opts }: ServicesBuild, space: pulumi.Output<string>, namespace: string, issuer: TlsIssuer): void {
  const { internal } = model;
  if (internal === undefined) return;
  const authority = issuer.issueAuthority("cert-manager", { commonName: `${name} cert-manager authority`, validityHours: AUTHORITY_HOURS });
  const authoritySecret = `${name}-authority`;
  const secret = new Secret(
    `${name}-cert-manager-authority`,
    {
      metadata: { namespace: space, name: authoritySecret },
      type: "kubernetes.io/tls",
      stringData: pulumi.secret({ "tls.crt": authority.chainPem, "tls.key": authority.privateKeyPem, "ca.crt": issuer.trustBundlePem }),
    },
    opts(),
  );
  const manifests = certManagerManifests({
    namespace,
    issuer: `${name}-authority`,
    authoritySecret,
    certificates: Object.values(internal.services).map((service) => ({
      service: kubernetesName(service.name),
      dnsNames: service.dnsNames,
      ipAddresses: service.ipAddresses,
      uris: [service.identity],
      validityHours: hoursOf(internal.validityMs),
      renewBeforeHours: hoursOf(internal.renewBeforeMs),
    })),
  });
  for (const manifest of manifests) object(name, manifest, opts({ dependsOn: [secret] }));
}

/** `internalFaults` has refused the others by now. */
function stackAuthority(issuer: CertificateIssuer): TlsIssuer {
  if (issuer instanceof TlsIssuer) return issuer;
  throw new pulumi.RunError("internal.authority.issuer: only an authority of the stack's own can hand on an authority below itself");
}

/** What a component may be given of a resource's options. */
function componentOptions(opts: Options): pulumi.ComponentResourceOptions {
  const { parent, dependsOn } = opts();
  return { ...(parent === undefined ? {} : { parent }), ...(dependsOn === undefined ? {} : { dependsOn }) };
}

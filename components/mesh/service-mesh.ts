import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateIssuer } from "../pki/internal/issuer.ts";
import type { TlsIssuer } from "../pki/internal/tls-issuer.ts";
import { INGRESS_CREDENTIAL, type Manifest, meshManifests, namespaceManifest } from "./manifests.ts";
import { entered, type MeshSettings } from "./settings.ts";

export interface ServiceMeshArgs {
  /** Who is in the mesh, and who may call whom. */
  readonly settings: MeshSettings;
  /** Signs the certificate the ingress gateway shows, and says whom it trusts; asked for where the gateway may call a service. */
  readonly issuer: () => CertificateIssuer;
  /** The authority istiod signs workloads' certificates below. @default istiod's own root */
  readonly pluggedIn?: TlsIssuer;
  /** Hours the ingress gateway's certificate is valid. @default 2160, 90 days */
  readonly validityHours?: number;
}

const INGRESS_HOURS = 90 * 24;
const MESH_AUTHORITY_HOURS = 2 * 365 * 24;

/** Istio names the Secret it takes an authority from so. */
const CACERTS = "cacerts";

/**
 * The services of a document in an Istio mesh: mutual TLS only, everything denied that nobody allows, and one way in, which opens to the gateway's
 * certificate alone. Istio itself is there already; a Kubernetes provider says where.
 */
export class ServiceMesh extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** Names of the objects made, as `kind/namespace/name`. */
  readonly objects: readonly string[];

  constructor(name: string, args: ServiceMeshArgs, opts?: pulumi.ComponentResourceOptions) {
    super("secure-gateway:mesh:ServiceMesh", name, {}, opts);
    const { settings, issuer, pluggedIn } = args;
    const own = { parent: this };
    const authority = pluggedIn && this.#plugIn(name, settings, pluggedIn);
    const space = namespaceManifest(settings);
    const namespace = new Namespace(`${name}-namespace`, { metadata: metadataOf(space) }, own);
    const credential = entered(settings).length === 0 ? undefined : this.#credential(name, args, issuer());
    const before = [namespace, ...(authority === undefined ? [] : [authority]), ...(credential === undefined ? [] : [credential])];
    const manifests = meshManifests(settings);
    for (const manifest of manifests) object(name, manifest, { parent: this, dependsOn: before });
    this.namespace = namespace.metadata.name;
    this.objects = [space, ...manifests].map(({ kind, metadata }) => `${kind}/${metadata.namespace ?? ""}/${metadata.name}`);
    this.registerOutputs({ namespace: this.namespace });
  }

  /** istiod reads it when it starts; a changed one it takes over by itself while it runs. */
  #plugIn(name: string, { systemNamespace }: MeshSettings, issuer: TlsIssuer): Secret {
    const authority = issuer.issueAuthority("mesh", { commonName: `${name} authority`, validityHours: MESH_AUTHORITY_HOURS });
    return new Secret(
      `${name}-${CACERTS}`,
      {
        metadata: { name: CACERTS, namespace: systemNamespace },
        stringData: pulumi.secret({
          "ca-cert.pem": authority.certificatePem,
          "ca-key.pem": authority.privateKeyPem,
          "root-cert.pem": issuer.trustBundlePem,
          "cert-chain.pem": authority.chainPem,
        }),
      },
      { parent: this },
    );
  }

  #credential(name: string, { settings, validityHours = INGRESS_HOURS }: ServiceMeshArgs, issuer: CertificateIssuer): Secret {
    const certificate = issuer.issue("mesh-ingress", {
      commonName: "mesh ingress",
      dnsNames: [...new Set(entered(settings).flatMap(({ hosts }) => hosts))],
      usages: ["server"],
      validityHours,
    });
    return new Secret(
      `${name}-ingress`,
      {
        metadata: { name: INGRESS_CREDENTIAL, namespace: settings.ingress.namespace },
        type: "kubernetes.io/tls",
        stringData: pulumi.secret({
          "tls.crt": certificate.fullchainPem,
          "tls.key": certificate.privateKeyPkcs8Pem,
          "ca.crt": issuer.trustBundlePem,
        }),
      },
      { parent: this },
    );
  }
}

const metadataOf = ({ metadata: { name, namespace, labels } }: Manifest) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
  ...(labels === undefined ? {} : { labels: { ...labels } }),
});

/** Makes one object. @param name Of the component it belongs to */
export function object(name: string, manifest: Manifest, opts: pulumi.CustomResourceOptions): pulumi.CustomResource {
  const { apiVersion, kind, spec } = manifest;
  const called = `${name}-${kind.toLowerCase()}-${manifest.metadata.name}`;
  const metadata = metadataOf(manifest);
  if (kind === "NetworkPolicy") return new NetworkPolicy(called, { metadata, spec: spec as never }, opts);
  return new CustomResource(called, { apiVersion, kind, metadata, ...(spec === undefined ? {} : { spec }) }, opts);
}

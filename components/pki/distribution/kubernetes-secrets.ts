import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Role } from "@pulumi/kubernetes/rbac/v1/role.js";
import { RoleBinding } from "@pulumi/kubernetes/rbac/v1/roleBinding.js";
import * as pulumi from "@pulumi/pulumi";
import type { Options } from "../internal/keys.ts";
import type { CertificateStore, Delivery } from "./delivery.ts";
import { kubernetesName } from "./kubernetes-name.ts";
import { filesOf, type ServiceMaterial } from "./material.ts";

export interface KubernetesSecretsSettings {
  readonly namespace: pulumi.Input<string>;
}

/** One Secret of type kubernetes.io/tls per service, and one Role with that Secret's name. Whoever may make pods in the namespace can mount all of them. */
export class KubernetesSecrets implements CertificateStore {
  readonly #name: string;
  readonly #settings: KubernetesSecretsSettings;
  readonly #opts: Options;

  constructor(name: string, settings: KubernetesSecretsSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
  }

  /** @param reader Name of the service account the service runs with */
  deliver(material: ServiceMaterial, reader: string | undefined): Delivery {
    const { namespace } = this.#settings;
    const object = kubernetesName(material.service);
    const name = `${this.#name}-service-${material.service}`;
    const secret = new Secret(
      `${name}-tls`,
      { metadata: { namespace, name: `${object}-tls` }, type: "kubernetes.io/tls", stringData: filesOf(material) },
      this.#opts(),
    );
    const place = pulumi.interpolate`${namespace}/${object}-tls`;
    if (reader === undefined) return { place, resources: [secret] };
    const metadata = { namespace, name: `${object}-tls-reader` };
    const role = new Role(
      `${name}-tls-reader`,
      { metadata, rules: [{ apiGroups: [""], resources: ["secrets"], resourceNames: [`${object}-tls`], verbs: ["get", "watch"] }] },
      this.#opts(),
    );
    const binding = new RoleBinding(
      `${name}-tls-reader`,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: metadata.name },
        subjects: [{ kind: "ServiceAccount", name: reader, namespace }],
      },
      this.#opts({ dependsOn: [role] }),
    );
    return { place, resources: [secret, role, binding] };
  }
}

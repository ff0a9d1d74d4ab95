import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretIamMember } from "@pulumi/gcp/secretmanager/secretIamMember.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import type { Options } from "../internal/keys.ts";
import type { CertificateStore, Delivery } from "./delivery.ts";
import { jsonOf, type ServiceMaterial } from "./material.ts";

export interface GoogleSecretManagerSettings {
  readonly project: string;
  /** Region the secrets are kept in. */
  readonly region: string;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** One secret per service in Secret Manager, and one binding on that secret alone. */
export class GoogleSecretManager implements CertificateStore {
  readonly #name: string;
  readonly #settings: GoogleSecretManagerSettings;
  readonly #opts: Options;

  constructor(name: string, settings: GoogleSecretManagerSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
  }

  /** @param reader E-mail of the service account the service runs with */
  deliver(material: ServiceMaterial, reader: string | undefined): Delivery {
    const name = `${this.#name}-service-${material.service}`;
    const { project, region, labels = {} } = this.#settings;
    const secret = new Secret(
      `${name}-secret`,
      { project, secretId: name, labels: { ...labels }, replication: { userManaged: { replicas: [{ location: region }] } } },
      this.#opts(),
    );
    const version = new SecretVersion(`${name}-secret-version`, { secret: secret.id, secretData: jsonOf(material) }, this.#opts());
    if (reader === undefined) return { place: secret.name, resources: [secret, version] };
    const right = new SecretIamMember(
      `${name}-secret-reader`,
      { project, secretId: secret.secretId, role: "roles/secretmanager.secretAccessor", member: `serviceAccount:${reader}` },
      this.#opts(),
    );
    return { place: secret.name, resources: [secret, version, right] };
  }
}

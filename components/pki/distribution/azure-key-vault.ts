import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { Secret } from "@pulumi/azure-native/keyvault/secret.js";
import { Vault } from "@pulumi/azure-native/keyvault/vault.js";
import * as pulumi from "@pulumi/pulumi";
import type { Options } from "../internal/keys.ts";
import type { CertificateStore, Delivery } from "./delivery.ts";
import { SECRETS_USER, vaultName } from "./key-vault.ts";
import { jsonOf, type ServiceMaterial } from "./material.ts";

export interface AzureKeyVaultSettings {
  readonly resourceGroupName: pulumi.Input<string>;
  readonly tenantId: pulumi.Input<string>;
  readonly subscriptionId: pulumi.Input<string>;
  /** @default the resource group's */
  readonly location?: string;
  /** @default none */
  readonly tags?: Readonly<Record<string, string>>;
}

/** A vault of its own for services, one secret per service in it, and one role assignment per service on that secret alone. */
export class AzureKeyVault implements CertificateStore {
  readonly vault: Vault;
  readonly #name: string;
  readonly #settings: AzureKeyVaultSettings;
  readonly #opts: Options;

  constructor(name: string, settings: AzureKeyVaultSettings, opts: Options) {
    this.#name = name;
    this.#settings = settings;
    this.#opts = opts;
    const { resourceGroupName, tenantId, location, tags = {} } = settings;
    this.vault = new Vault(
      vaultName(name, "svc"),
      {
        resourceGroupName,
        ...(location === undefined ? {} : { location }),
        properties: {
          tenantId,
          sku: { family: "A", name: "standard" },
          // Rights on single secrets exist with role assignments only, not with access policies.
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 7,
          enablePurgeProtection: true,
        },
        tags: { ...tags },
      },
      opts(),
    );
  }

  /** @param reader Object id of the identity the service runs with */
  deliver(material: ServiceMaterial, reader: string | undefined): Delivery {
    const name = `${this.#name}-service-${material.service}`;
    const { resourceGroupName, subscriptionId, tags = {} } = this.#settings;
    const secretName = `service-${material.service.replaceAll("_", "-")}`;
    const secret = new Secret(
      `${name}-secret`,
      {
        resourceGroupName,
        vaultName: this.vault.name,
        secretName,
        properties: {
          value: jsonOf(material),
          contentType: "application/json",
          attributes: { enabled: true, expires: material.certificate.notAfter.apply(secondsOf) },
        },
        tags: { ...tags },
      },
      this.#opts(),
    );
    const place = pulumi.interpolate`${this.vault.properties.apply(({ vaultUri }) => vaultUri ?? "")}secrets/${secretName}`;
    if (reader === undefined) return { place, resources: [secret] };
    const right = new RoleAssignment(
      `${name}-secret-reader`,
      {
        scope: pulumi.interpolate`${this.vault.id}/secrets/${secretName}`,
        principalId: reader,
        principalType: "ServicePrincipal",
        roleDefinitionId: pulumi.interpolate`/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${SECRETS_USER}`,
      },
      this.#opts({ dependsOn: [secret] }),
    );
    return { place, resources: [secret, right] };
  }
}

/** Key Vault says of an expired secret that it is; the time is not known in an offline plan. */
const secondsOf = (time: string): number => Math.floor(Date.parse(time) / 1000) || 0;

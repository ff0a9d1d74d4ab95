import { RoleAssignment } from "@pulumi/azure-native/authorization/roleAssignment.js";
import { Secret } from "@pulumi/azure-native/keyvault/secret.js";
import { Vault } from "@pulumi/azure-native/keyvault/vault.js";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import { SECRETS_USER, vaultName } from "../../pki/distribution/key-vault.ts";
import type { AzureBuild } from "./build.ts";

/** A secret as API Management refers to it: by its id without a version, so that it follows renewals. */
export interface VaultSecret {
  readonly id: pulumi.Output<string>;
  /** What must be there before somebody reads it. */
  readonly ready: readonly pulumi.Resource[];
  readonly resource: Secret;
}

/** The stack's vault, made with the first secret. */
export class GatewayVault {
  readonly vault: Vault;
  readonly #b: AzureBuild;
  readonly #readers: RoleAssignment[] = [];

  constructor(b: AzureBuild, reader: UserAssignedIdentity | undefined) {
    this.#b = b;
    this.vault = new Vault(
      vaultName(b.name, "kv"),
      {
        resourceGroupName: b.group,
        properties: {
          tenantId: b.tenantId,
          sku: { family: "A", name: "standard" },
          enableRbacAuthorization: true,
          enableSoftDelete: true,
          softDeleteRetentionInDays: 7,
          enablePurgeProtection: true,
          // API Management reaches a vault behind a firewall by its system-assigned identity only.
          publicNetworkAccess: "Enabled",
        },
        tags: b.tags,
        ...b.inLocation,
      },
      b.opts(),
    );
    if (reader) this.#readers.push(readerOf(b, "vault-reader", this.vault.id, reader));
  }

  /** Keeps a value; a new one becomes a new version. */
  secret(suffix: string, value: pulumi.Input<string>, more: { contentType?: string; expires?: pulumi.Input<string> } = {}): VaultSecret {
    const secretName = suffix;
    const { expires } = more;
    const resource = new Secret(
      `${this.#b.name}-${suffix}`,
      {
        resourceGroupName: this.#b.group,
        vaultName: this.vault.name,
        secretName,
        properties: {
          value: pulumi.secret(value),
          contentType: more.contentType ?? "text/plain",
          attributes: {
            enabled: true,
            ...(expires === undefined ? {} : { expires: pulumi.output(expires).apply((time) => Math.floor(Date.parse(time) / 1000)) }),
          },
        },
        tags: this.#b.tags,
      },
      this.#b.opts(),
    );
    const uri = this.vault.properties.apply(({ vaultUri }) => vaultUri ?? "");
    return { id: pulumi.interpolate`${uri}secrets/${secretName}`, ready: [resource, ...this.#readers], resource };
  }
}

/** Lets an identity read the secrets of a vault. */
export function readerOf(b: AzureBuild, suffix: string, vaultId: pulumi.Input<string>, identity: UserAssignedIdentity): RoleAssignment {
  return new RoleAssignment(
    `${b.name}-${suffix}`,
    {
      scope: vaultId,
      principalId: identity.principalId,
      principalType: "ServicePrincipal",
      roleDefinitionId: pulumi.interpolate`/subscriptions/${b.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${SECRETS_USER}`,
    },
    b.opts(),
  );
}

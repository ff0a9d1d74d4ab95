import { ResourceGroup } from "@pulumi/azure-native/resources/resourceGroup.js";
import { AzureKeyVault } from "../../pki/distribution/azure-key-vault.ts";
import type { AzureBuild } from "./build.ts";

/** The vault of the services' identities: not the gateway's, so that no right on one of them is a right on the other. */
export function serviceVault(b: AzureBuild): AzureKeyVault {
  const { resourceGroup, location } = b.model.azure;
  const group =
    resourceGroup === undefined ? new ResourceGroup(`${b.name}-services-group`, { tags: b.tags, ...b.inLocation }, b.opts()).name : b.group;
  return new AzureKeyVault(
    b.name,
    {
      resourceGroupName: group,
      tenantId: b.tenantId,
      subscriptionId: b.subscriptionId,
      tags: b.tags,
      ...(location === undefined ? {} : { location }),
    },
    b.opts.bind(b),
  );
}

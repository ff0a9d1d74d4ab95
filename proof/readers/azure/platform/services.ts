import { createHash } from "node:crypto";
import type { InternalService } from "../../../../components/spec/model.ts";
import { FAR } from "../../../open-plan.ts";
import type { Expected } from "../../expected.ts";
import type { Context } from "../../internal/context.ts";
import { CONTROL, contents, identity, storedServices } from "../../internal/services.ts";
import { between, is, json, like, type Shape, secret } from "../../shape.ts";

/** The built-in role that reads secrets and does nothing else. */
const SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6";

const labels = is("labels", (value) => typeof value === "object" && value !== null && Object.values(value).every(named));
const named = (value: unknown): boolean => typeof value === "string" && value !== "";

/** Certificates of services, in a vault of their own, where each finds its own and nobody else does. */
export function* services(c: Context): Generator<Expected> {
  const stored = storedServices(c);
  if (stored.length === 0) return;
  const place = placeOf(c);
  if (place.group !== undefined)
    yield {
      type: "azure-native:resources:ResourceGroup",
      suffix: place.group,
      control: CONTROL,
      inputs: { location: c.model.azure.location, tags: labels },
    };
  yield {
    type: "azure-native:keyvault:Vault",
    suffix: "svc",
    name: place.vault,
    control: CONTROL,
    inputs: {
      resourceGroupName: place.groupName,
      location: c.model.azure.location,
      properties: {
        tenantId: `\${tenant}`,
        sku: { family: "A", name: "standard" },
        // Rights on single secrets are there with roles only.
        enableRbacAuthorization: true,
        enableSoftDelete: true,
        softDeleteRetentionInDays: between(7, 90),
        enablePurgeProtection: true,
        enabledForDeployment: false,
        enabledForDiskEncryption: false,
        enabledForTemplateDeployment: false,
        // Services may stand anywhere; who may read is decided by roles.
        publicNetworkAccess: like(/^enabled$/i),
      },
      tags: labels,
    },
  };
  for (const service of stored) yield* secretOf(c, service, place);
}

interface Place {
  /** The group the stack makes for the vault. */
  readonly group: string | undefined;
  readonly groupName: Shape;
  readonly vault: string;
}

function placeOf({ model, ref }: Context): Place {
  const { resourceGroup } = model.azure;
  const group = resourceGroup === undefined ? "services-group" : undefined;
  return {
    group,
    groupName: resourceGroup ?? ref("services-group", "name"),
    vault: `${shortened(model.name)}-svc`,
  };
}

/**
 * A vault's name has 24 signs at most, eight of which are the provider's own digits and four the ending: twelve are left. A longer name has to be
 * told from others that begin like it.
 */
const shortened = (name: string): string =>
  name.length > 12 ? `${name.slice(0, 7).replace(/-+$/, "")}-${createHash("sha256").update(name).digest("hex").slice(0, 4)}` : name;

/** A secret of one service's own, which one identity may read. */
function* secretOf(c: Context, service: InternalService, { groupName, vault }: Place): Generator<Expected> {
  const suffix = `service-${service.name}-secret`;
  // A vault's secrets have no underscores in their names.
  const secretName = `service-${service.name.replaceAll("_", "-")}`;
  yield* identity(c, service);
  yield {
    type: "azure-native:keyvault:Secret",
    suffix,
    control: CONTROL,
    inputs: {
      resourceGroupName: groupName,
      vaultName: `\${${vault}.name}`,
      secretName,
      properties: {
        value: secret(json(contents(c, service))),
        contentType: "application/json",
        // The vault tells of it when it is about to end.
        attributes: { enabled: true, expires: Date.parse(FAR) / 1000 },
      },
      tags: labels,
    },
  };
  yield {
    type: "azure-native:authorization:RoleAssignment",
    suffix: `${suffix}-reader`,
    control: CONTROL,
    inputs: {
      scope: `\${${vault}.id}/secrets/${secretName}`,
      principalId: service.reader,
      principalType: "ServicePrincipal",
      roleDefinitionId: `/subscriptions/\${subscription}/providers/Microsoft.Authorization/roleDefinitions/${SECRETS_USER}`,
    },
    // A right is given on what is there.
    after: [suffix],
  };
}

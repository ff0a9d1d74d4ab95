import { ARM_TYPES } from "../../../../tools/translate/arm/types.ts";
import { CloudError, type FunctionRule, type RuleSet } from "../../core/rule.ts";
import { hex, text } from "../../core/values.ts";
import { apimanagement } from "./apimanagement.ts";
import { idOf, SUBSCRIPTION, same, shared, TENANT } from "./arm.ts";
import { network } from "./network.ts";
import { platform } from "./platform.ts";

/** `get…` of a type of ARM: its outputs by the names of the path. */
const reading =
  (token: string): FunctionRule =>
  (args, { cloud }) => {
    const arm = ARM_TYPES.get(token);
    if (!arm) throw new Error(`tools/translate/arm/types.ts does not know ${token}`);
    const id = idOf(arm, args);
    const found = cloud.all(`azure-native:${token}`).find((resource) => same(resource.id, id));
    if (!found) throw new CloudError(`Status=404 Code="ResourceNotFound" Message="The Resource '${id}' was not found."`);
    return { ...found.outputs, id: found.id };
  };

/** Keys of a subscription: those the program gave, or what the service made up. */
const listSubscriptionSecrets: FunctionRule = (args, { cloud }) => {
  const found = cloud
    .all("azure-native:apimanagement:Subscription")
    .find(({ inputs }) => inputs.sid === args.sid && same(inputs.serviceName, args.serviceName));
  if (!found) throw new CloudError(`Status=404 Code="ResourceNotFound" Message="Subscription not found."`);
  return {
    primaryKey: found.inputs.primaryKey ?? hex(32, found.seed, "primary"),
    secondaryKey: found.inputs.secondaryKey ?? hex(32, found.seed, "secondary"),
  };
};

const READ = {
  getApiManagementService: "apimanagement:ApiManagementService",
  getUserAssignedIdentity: "managedidentity:UserAssignedIdentity",
  getVault: "keyvault:Vault",
  getZone: "dns:Zone",
  getVirtualNetwork: "network:VirtualNetwork",
  getSubnet: "network:Subnet",
  getWorkspace: "operationalinsights:Workspace",
  getResourceGroup: "resources:ResourceGroup",
} as const;

export const ruleSet: RuleSet = {
  name: "azure-native",
  rules: [...platform, ...apimanagement, ...network],
  common: shared,
  functions: {
    ...Object.fromEntries(Object.entries(READ).map(([name, token]) => [`azure-native:${token.split(":")[0]}:${name}`, reading(token)])),
    "azure-native:apimanagement:listSubscriptionSecrets": listSubscriptionSecrets,
    "azure-native:apimanagement:listNamedValue": (args, { cloud }) => {
      const found = cloud.all("azure-native:apimanagement:NamedValue").find(({ inputs }) => inputs.namedValueId === args.namedValueId);
      if (!found) throw new CloudError('Status=404 Code="ResourceNotFound" Message="Named value not found."');
      return { value: text(found.inputs.value) };
    },
    "azure-native:operationalinsights:getSharedKeys": (args) => ({
      primarySharedKey: hex(64, args.workspaceName, "primary"),
      secondarySharedKey: hex(64, args.workspaceName, "secondary"),
    }),
    "azure-native:authorization:getClientConfig": () => ({
      clientId: "11111111-2222-4333-8444-555555555555",
      objectId: "22222222-3333-4444-8555-666666666666",
      subscriptionId: SUBSCRIPTION,
      tenantId: TENANT,
    }),
  },
};

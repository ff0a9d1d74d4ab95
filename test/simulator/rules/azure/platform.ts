import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { text, timestamp, uuid, type Values } from "../../core/values.ts";
import { azure, located, SUBSCRIPTION, TENANT } from "./arm.ts";

const guid = (context: RuleContext, salt: string): string => uuid(context.hex(32, salt));
const created = ({ previous, now }: RuleContext, property: string): string => text(previous[property]) || timestamp(now);

export const platform: readonly Rule[] = [
  located("resources:ResourceGroup", {
    outputs: () => ({ properties: { provisioningState: "Succeeded" }, type: "Microsoft.Resources/resourceGroups" }),
  }),
  located("managedidentity:UserAssignedIdentity", {
    outputs: (context) => ({ clientId: guid(context, "client"), principalId: guid(context, "principal"), tenantId: TENANT }),
  }),
  azure("authorization:RoleAssignment", {
    // Every property of an assignment is fixed once it exists.
    replaceOn: ["principalId", "roleDefinitionId", "principalType", "condition", "delegatedManagedIdentityResourceId"],
    defaults: ({ scope, principalId, roleDefinitionId }) => ({ roleAssignmentName: uuid(scope, principalId, roleDefinitionId) }),
    unique: {
      key: ({ inputs }) => [inputs.scope, inputs.principalId, inputs.roleDefinitionId].map(text).join(" ").toLowerCase(),
      message: () => 'Code="RoleAssignmentExists" Message="The role assignment already exists."',
    },
    outputs: (context) => ({
      createdBy: "simulator",
      createdOn: created(context, "createdOn"),
      updatedBy: "simulator",
      updatedOn: created(context, "createdOn"),
    }),
  }),
  azure("authorization:RoleDefinition", {
    defaults: ({ roleName, scope }) => ({ roleDefinitionId: uuid(roleName, scope) }),
    outputs: (context) => ({
      createdBy: "simulator",
      createdOn: created(context, "createdOn"),
      updatedBy: "simulator",
      updatedOn: created(context, "createdOn"),
    }),
  }),
  azure("authorization:ManagementLockByScope"),
  located("keyvault:Vault", {
    unique: {
      key: ({ inputs }) => text(inputs.vaultName).toLowerCase(),
      message: ({ inputs }) => `Code="VaultAlreadyExists" Message="The vault name '${text(inputs.vaultName)}' is already in use."`,
    },
    check: ({ vaultName }) =>
      typeof vaultName === "string" && !vaultName.startsWith("04da6b54") && !/^[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]$/.test(vaultName)
        ? [
            {
              property: "vaultName",
              reason: `"${vaultName}" is not a vault name: 3 to 24 letters, digits and hyphens, beginning with a letter`,
            },
          ]
        : [],
    hold: {
      key: ({ inputs }) => text(inputs.vaultName).toLowerCase(),
      days: 90,
      message: () =>
        'Code="ConflictError" Message="A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault."',
      recovers: ({ inputs }) => (inputs.properties as Values | undefined)?.createMode === "recover",
    },
    outputs: ({ inputs }) => ({
      properties: {
        enableSoftDelete: true,
        provisioningState: "Succeeded",
        softDeleteRetentionInDays: 90,
        ...(inputs.properties as Values),
        vaultUri: `https://${text(inputs.vaultName)}.vault.azure.net/`,
      },
    }),
  }),
  azure("keyvault:Secret", {
    outputs: (context) => {
      const base = `https://${text(context.inputs.vaultName)}.vault.azure.net/secrets/${text(context.inputs.secretName)}`;
      const { value: _, ...properties } = (context.inputs.properties ?? {}) as Values;
      return {
        location: "westeurope",
        tags: context.inputs.tags ?? {},
        properties: {
          attributes: { enabled: true },
          ...properties,
          secretUri: base,
          secretUriWithVersion: `${base}/${context.hex(32, context.inputs.properties)}`,
        },
      };
    },
    volatile: { properties: ["properties"] },
  }),
  azure("keyvault:Key", {
    outputs: (context) => {
      const keyUri = `https://${text(context.inputs.vaultName)}.vault.azure.net/keys/${text(context.inputs.keyName)}`;
      return {
        location: "westeurope",
        tags: context.inputs.tags ?? {},
        keyUri,
        keyUriWithVersion: `${keyUri}/${context.hex(32, "version")}`,
      };
    },
  }),
  located("operationalinsights:Workspace", {
    adopts: true,
    outputs: (context) => ({
      customerId: guid(context, "customer"),
      createdDate: created(context, "createdDate"),
      modifiedDate: created(context, "createdDate"),
      privateLinkScopedResources: [],
    }),
  }),
  located("applicationinsights:Component", {
    outputs: (context) => {
      const key = guid(context, "key");
      return {
        appId: guid(context, "app"),
        applicationId: text(context.inputs.resourceName),
        instrumentationKey: key,
        connectionString: `InstrumentationKey=${key};IngestionEndpoint=https://westeurope-5.in.applicationinsights.azure.com/`,
        creationDate: created(context, "creationDate"),
        hockeyAppToken: "",
        laMigrationDate: created(context, "creationDate"),
        privateLinkScopedResources: [],
        tenantId: SUBSCRIPTION,
      };
    },
  }),
  located("applicationinsights:Workbook", {
    defaults: ({ displayName }) => ({ resourceName: uuid(displayName) }),
    outputs: (context) => ({
      revision: context.hex(32, context.inputs),
      timeModified: created(context, "timeModified"),
      userId: "simulator",
    }),
  }),
  located("applicationinsights:WebTest"),
  located("portal:Dashboard", {
    outputs: ({ inputs }) => ({ properties: { provisioningState: "Succeeded", ...(inputs.properties as Values | undefined) } }),
  }),
  located("monitor:MetricAlert", { outputs: (context) => ({ isMigrated: false, lastUpdatedTime: created(context, "lastUpdatedTime") }) }),
  located("monitor:ActionGroup"),
  located("monitor:ScheduledQueryRule", {
    outputs: () => ({ createdWithApiVersion: "2023-12-01", isLegacyLogAnalyticsRule: false, isWorkspaceAlertsStorageConfigured: false }),
  }),
  located("monitor:ActivityLogAlert"),
  azure("monitor:DiagnosticSetting", {
    autoName: { property: "name", digits: 8 },
    admit: ({ inputs }) => {
      if (
        [inputs.workspaceId, inputs.storageAccountId, inputs.eventHubAuthorizationRuleId, inputs.marketplacePartnerId].every(
          (value) => value === undefined,
        )
      )
        throw new CloudError('Code="BadRequest" Message="At least one data sink needs to be specified."');
    },
  }),
  located("eventgrid:SystemTopic", { outputs: (context) => ({ metricResourceId: guid(context, "metric") }) }),
  azure("eventgrid:SystemTopicEventSubscription", { outputs: ({ inputs }) => ({ topic: text(inputs.systemTopicName) }) }),
  azure("eventgrid:EventSubscription", { outputs: ({ inputs }) => ({ topic: text(inputs.scope) }) }),
];

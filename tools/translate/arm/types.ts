/** How a resource type of `azure-native` stands in Azure Resource Manager. */
export interface ArmType {
  /** Resource type, such as `Microsoft.ApiManagement/service/apis`. */
  readonly type: string;
  /** Inputs that name the resource and its parents, one for each segment of the type after the namespace. */
  readonly names: readonly string[];
  /** Input that holds the id of the resource it extends; such a resource has no resource group of its own. */
  readonly scope?: string;
}

const under = (
  namespace: string,
  parent: string,
  names: readonly string[],
  children: Readonly<Record<string, readonly [string, string]>>,
) =>
  Object.entries(children).map(
    ([token, [segment, name]]) => [token, { type: `${namespace}/${parent}/${segment}`, names: [...names, name] }] as const,
  );

const top = (type: string, name: string): ArmType => ({ type, names: [name] });

const API_MANAGEMENT = "Microsoft.ApiManagement";

/**
 * Resource types by Pulumi token without the package name. Source: REST reference of each resource provider (the path of its
 * create-or-update operation), names of the inputs as in the typings of `@pulumi/azure-native`.
 */
export const ARM_TYPES: ReadonlyMap<string, ArmType> = new Map<string, ArmType>([
  ["resources:ResourceGroup", top("Microsoft.Resources/resourceGroups", "resourceGroupName")],
  ["apimanagement:ApiManagementService", top(`${API_MANAGEMENT}/service`, "serviceName")],
  ...under(API_MANAGEMENT, "service", ["serviceName"], {
    "apimanagement:Api": ["apis", "apiId"],
    "apimanagement:ApiVersionSet": ["apiVersionSets", "versionSetId"],
    "apimanagement:Policy": ["policies", "policyId"],
    "apimanagement:PolicyFragment": ["policyFragments", "id"],
    "apimanagement:Product": ["products", "productId"],
    "apimanagement:Subscription": ["subscriptions", "sid"],
    "apimanagement:NamedValue": ["namedValues", "namedValueId"],
    "apimanagement:Backend": ["backends", "backendId"],
    "apimanagement:Certificate": ["certificates", "certificateId"],
    "apimanagement:Logger": ["loggers", "loggerId"],
    "apimanagement:Diagnostic": ["diagnostics", "diagnosticId"],
    "apimanagement:Gateway": ["gateways", "gatewayId"],
    "apimanagement:OpenIdConnectProvider": ["openidConnectProviders", "opid"],
    "apimanagement:AuthorizationServer": ["authorizationServers", "authsid"],
    "apimanagement:User": ["users", "userId"],
    "apimanagement:Group": ["groups", "groupId"],
    "apimanagement:Tag": ["tags", "tagId"],
    "apimanagement:Cache": ["caches", "cacheId"],
  }),
  ...under(API_MANAGEMENT, "service/apis", ["serviceName", "apiId"], {
    "apimanagement:ApiPolicy": ["policies", "policyId"],
    "apimanagement:ApiOperation": ["operations", "operationId"],
    "apimanagement:ApiDiagnostic": ["diagnostics", "diagnosticId"],
    "apimanagement:ApiRelease": ["releases", "releaseId"],
    "apimanagement:ApiSchema": ["schemas", "schemaId"],
  }),
  [
    "apimanagement:ApiOperationPolicy",
    { type: `${API_MANAGEMENT}/service/apis/operations/policies`, names: ["serviceName", "apiId", "operationId", "policyId"] },
  ],
  ...under(API_MANAGEMENT, "service/products", ["serviceName", "productId"], {
    "apimanagement:ProductApi": ["apis", "apiId"],
    "apimanagement:ProductPolicy": ["policies", "policyId"],
  }),
  ...under(API_MANAGEMENT, "service/gateways", ["serviceName", "gatewayId"], {
    "apimanagement:GatewayApiEntityTag": ["apis", "apiId"],
    "apimanagement:GatewayHostnameConfiguration": ["hostnameConfigurations", "hcId"],
    "apimanagement:GatewayCertificateAuthority": ["certificateAuthorities", "certificateId"],
  }),
  ["keyvault:Vault", top("Microsoft.KeyVault/vaults", "vaultName")],
  ["keyvault:Secret", { type: "Microsoft.KeyVault/vaults/secrets", names: ["vaultName", "secretName"] }],
  ["keyvault:Key", { type: "Microsoft.KeyVault/vaults/keys", names: ["vaultName", "keyName"] }],
  ["managedidentity:UserAssignedIdentity", top("Microsoft.ManagedIdentity/userAssignedIdentities", "resourceName")],
  ["authorization:RoleAssignment", { type: "Microsoft.Authorization/roleAssignments", names: ["roleAssignmentName"], scope: "scope" }],
  ["authorization:RoleDefinition", { type: "Microsoft.Authorization/roleDefinitions", names: ["roleDefinitionId"], scope: "scope" }],
  ["authorization:ManagementLockByScope", { type: "Microsoft.Authorization/locks", names: ["lockName"], scope: "scope" }],
  ["operationalinsights:Workspace", top("Microsoft.OperationalInsights/workspaces", "workspaceName")],
  ["applicationinsights:Component", top("Microsoft.Insights/components", "resourceName")],
  ["applicationinsights:Workbook", top("Microsoft.Insights/workbooks", "resourceName")],
  ["applicationinsights:WebTest", top("Microsoft.Insights/webtests", "webTestName")],
  ["portal:Dashboard", top("Microsoft.Portal/dashboards", "dashboardName")],
  ["monitor:MetricAlert", top("Microsoft.Insights/metricAlerts", "ruleName")],
  ["monitor:ActionGroup", top("Microsoft.Insights/actionGroups", "actionGroupName")],
  ["monitor:ScheduledQueryRule", top("Microsoft.Insights/scheduledQueryRules", "ruleName")],
  ["monitor:ActivityLogAlert", top("Microsoft.Insights/activityLogAlerts", "activityLogAlertName")],
  ["monitor:DiagnosticSetting", { type: "Microsoft.Insights/diagnosticSettings", names: ["name"], scope: "resourceUri" }],
  ["eventgrid:SystemTopic", top("Microsoft.EventGrid/systemTopics", "systemTopicName")],
  [
    "eventgrid:SystemTopicEventSubscription",
    { type: "Microsoft.EventGrid/systemTopics/eventSubscriptions", names: ["systemTopicName", "eventSubscriptionName"] },
  ],
  ["eventgrid:EventSubscription", { type: "Microsoft.EventGrid/eventSubscriptions", names: ["eventSubscriptionName"], scope: "scope" }],
  ["cdn:Profile", top("Microsoft.Cdn/profiles", "profileName")],
  ...under("Microsoft.Cdn", "profiles", ["profileName"], {
    "cdn:AFDEndpoint": ["afdEndpoints", "endpointName"],
    "cdn:AFDOriginGroup": ["originGroups", "originGroupName"],
    "cdn:AFDCustomDomain": ["customDomains", "customDomainName"],
    "cdn:SecurityPolicy": ["securityPolicies", "securityPolicyName"],
    "cdn:RuleSet": ["ruleSets", "ruleSetName"],
    "cdn:Secret": ["secrets", "secretName"],
  }),
  ["cdn:AFDOrigin", { type: "Microsoft.Cdn/profiles/originGroups/origins", names: ["profileName", "originGroupName", "originName"] }],
  ["cdn:Route", { type: "Microsoft.Cdn/profiles/afdEndpoints/routes", names: ["profileName", "endpointName", "routeName"] }],
  ["cdn:Rule", { type: "Microsoft.Cdn/profiles/ruleSets/rules", names: ["profileName", "ruleSetName", "ruleName"] }],
  ["frontdoor:Policy", top("Microsoft.Network/frontDoorWebApplicationFirewallPolicies", "policyName")],
  ["network:VirtualNetwork", top("Microsoft.Network/virtualNetworks", "virtualNetworkName")],
  ...under("Microsoft.Network", "virtualNetworks", ["virtualNetworkName"], {
    "network:Subnet": ["subnets", "subnetName"],
    "network:VirtualNetworkPeering": ["virtualNetworkPeerings", "virtualNetworkPeeringName"],
  }),
  ["network:NetworkSecurityGroup", top("Microsoft.Network/networkSecurityGroups", "networkSecurityGroupName")],
  [
    "network:SecurityRule",
    { type: "Microsoft.Network/networkSecurityGroups/securityRules", names: ["networkSecurityGroupName", "securityRuleName"] },
  ],
  ["network:PublicIPAddress", top("Microsoft.Network/publicIPAddresses", "publicIpAddressName")],
  ["network:VirtualNetworkGateway", top("Microsoft.Network/virtualNetworkGateways", "virtualNetworkGatewayName")],
  ["network:LocalNetworkGateway", top("Microsoft.Network/localNetworkGateways", "localNetworkGatewayName")],
  ["network:VirtualNetworkGatewayConnection", top("Microsoft.Network/connections", "virtualNetworkGatewayConnectionName")],
  ["network:ExpressRouteCircuit", top("Microsoft.Network/expressRouteCircuits", "circuitName")],
  ["network:PrivateEndpoint", top("Microsoft.Network/privateEndpoints", "privateEndpointName")],
  ["network:RouteTable", top("Microsoft.Network/routeTables", "routeTableName")],
  ["network:NatGateway", top("Microsoft.Network/natGateways", "natGatewayName")],
  ["network:DdosProtectionPlan", top("Microsoft.Network/ddosProtectionPlans", "ddosProtectionPlanName")],
  ["network:ApplicationGateway", top("Microsoft.Network/applicationGateways", "applicationGatewayName")],
  ["network:WebApplicationFirewallPolicy", top("Microsoft.Network/ApplicationGatewayWebApplicationFirewallPolicies", "policyName")],
  ["dns:Zone", top("Microsoft.Network/dnsZones", "zoneName")],
  // The last segment of a record's type is its record type: `Microsoft.Network/dnsZones/CNAME`.
  ["dns:RecordSet", { type: "Microsoft.Network/dnsZones/{recordType}", names: ["zoneName", "relativeRecordSetName"] }],
  ["privatedns:PrivateZone", top("Microsoft.Network/privateDnsZones", "privateZoneName")],
  [
    "privatedns:PrivateRecordSet",
    { type: "Microsoft.Network/privateDnsZones/{recordType}", names: ["privateZoneName", "relativeRecordSetName"] },
  ],
  [
    "privatedns:VirtualNetworkLink",
    { type: "Microsoft.Network/privateDnsZones/virtualNetworkLinks", names: ["privateZoneName", "virtualNetworkLinkName"] },
  ],
]);

/** The ARM type of a token with package name (`azure-native:apimanagement:Api`); a version in the token (`apimanagement/v20240501:Api`) does not matter. */
export function armTypeOf(token: string): ArmType | undefined {
  return ARM_TYPES.get(token.replace(/^azure-native:/, "").replace(/\/v\d{8}(?:preview)?:/, ":"));
}

import * as apim from "@pulumi/azure-native/apimanagement/index.js";
import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as frontdoor from "@pulumi/azure-native/frontdoor/index.js";
import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as network from "@pulumi/azure-native/network/index.js";
import type { Stack } from "../record.ts";
import { ON, policy, RESOURCE_GROUP } from "./shared.ts";

const SWITCHED_OFF = [
  "Security.Protocols.Tls10",
  "Security.Protocols.Tls11",
  "Security.Protocols.Ssl30",
  "Security.Backend.Protocols.Tls10",
  "Security.Backend.Protocols.Tls11",
  "Security.Backend.Protocols.Ssl30",
  "Security.Ciphers.TripleDes168",
];

/** The same things by hand, with care: nothing to find. */
export const careful: Stack = {
  name: "with care",
  program() {
    const apimService = new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "Premium", capacity: 1 },
      identity: { type: "UserAssigned", userAssignedIdentities: { "/identities/apim": {} } },
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
      hostnameConfigurations: [
        { type: "Proxy", hostName: "api.example.com", keyVaultId: "https://keys.vault.azure.net/secrets/front", identityClientId: "1" },
      ],
      customProperties: Object.fromEntries(SWITCHED_OFF.map((name) => [`Microsoft.WindowsAzure.ApiManagement.Gateway.${name}`, "False"])),
    });
    new monitor.DiagnosticSetting("apim", {
      resourceUri: apimService.id,
      workspaceId: "/workspaces/logs",
      logs: [{ categoryGroup: "allLogs", enabled: true }],
    });
    const api = new apim.Api("orders", { ...ON, apiId: "orders", displayName: "orders", path: "orders", protocols: ["https"] });
    new apim.ApiPolicy("orders", {
      ...ON,
      apiId: api.name,
      policyId: "policy",
      format: "xml",
      value: policy(
        "<cors><allowed-origins><origin>https://shop.example.com</origin></allowed-origins></cors>" +
          '<validate-jwt header-name="Authorization"><openid-config url="https://login.example.com/.well-known/openid-configuration" />' +
          "<audiences><audience>shop</audience></audiences></validate-jwt>" +
          '<set-backend-service backend-id="orders" />',
      ),
    });
    new apim.Backend("orders", { ...ON, backendId: "orders", protocol: "http", url: "https://orders.example.com" });
    new apim.NamedValue("password", {
      ...ON,
      namedValueId: "db",
      displayName: "database-password",
      secret: true,
      keyVault: { secretIdentifier: "https://keys.vault.azure.net/secrets/db" },
    });
    new apim.NamedValue("region", { ...ON, namedValueId: "region", displayName: "region", value: "westeurope" });
    new apim.Subscription("partner", { ...ON, sid: "partner", displayName: "partner", scope: "/products/partners" });
    new apim.Diagnostic("insights", {
      ...ON,
      diagnosticId: "applicationinsights",
      loggerId: "/loggers/insights",
      frontend: { request: { headers: ["User-Agent"], body: { bytes: 0 } } },
    });
    const profile = { ...RESOURCE_GROUP, profileName: "edge" };
    new cdn.AFDCustomDomain("name", {
      ...profile,
      customDomainName: "name",
      hostName: "api.example.com",
      tlsSettings: { certificateType: "ManagedCertificate", minimumTlsVersion: "TLS12" },
    });
    new cdn.AFDOrigin("apim", { ...profile, originGroupName: "apim", originName: "apim", hostName: "apim.example.com" });
    new cdn.Route("all", {
      ...profile,
      endpointName: "edge",
      routeName: "all",
      supportedProtocols: ["Http", "Https"],
      httpsRedirect: "Enabled",
      forwardingProtocol: "HttpsOnly",
      linkToDefaultDomain: "Disabled",
    });
    new frontdoor.Policy("blocks", {
      ...RESOURCE_GROUP,
      policyName: "blocks",
      policySettings: { mode: "Prevention", enabledState: "Enabled" },
      managedRules: { managedRuleSets: [{ ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.1", ruleSetAction: "Block" }] },
    });
    new keyvault.Vault("keys", {
      ...RESOURCE_GROUP,
      vaultName: "keys",
      properties: {
        tenantId: "00000000-0000-0000-0000-000000000000",
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        enablePurgeProtection: true,
      },
    });
    const rule = { access: "Allow", direction: "Inbound", protocol: "Tcp", sourcePortRange: "*", destinationAddressPrefix: "*" };
    new network.NetworkSecurityGroup("front", {
      ...RESOURCE_GROUP,
      securityRules: [
        { name: "web", ...rule, priority: 100, sourceAddressPrefix: "Internet", destinationPortRange: "443" },
        { name: "management", ...rule, priority: 110, sourceAddressPrefix: "ApiManagement", destinationPortRange: "3443" },
      ],
    });
    new network.SecurityRule("office", {
      ...RESOURCE_GROUP,
      networkSecurityGroupName: "front",
      ...rule,
      priority: 120,
      sourceAddressPrefix: "198.51.100.0/24",
      destinationPortRange: "22",
    });
  },
  findings: [],
};

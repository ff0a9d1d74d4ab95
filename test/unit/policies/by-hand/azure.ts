import * as apim from "@pulumi/azure-native/apimanagement/index.js";
import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as frontdoor from "@pulumi/azure-native/frontdoor/index.js";
import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as monitor from "@pulumi/azure-native/monitor/index.js";
import * as network from "@pulumi/azure-native/network/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "./record.ts";

const RESOURCE_GROUP = { resourceGroupName: "shop" };
const ON = { ...RESOURCE_GROUP, serviceName: "shop-apim" };
const policy = (inbound: string) => `<policies><inbound>${inbound}</inbound></policies>`;

/** API Management as a quick start leaves it. */
const service: Stack = {
  name: "API Management, piece by piece",
  program() {
    new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      serviceName: "shop-apim",
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "Developer", capacity: 1 },
      hostnameConfigurations: [
        { type: "Proxy", hostName: "api.example.com", encodedCertificate: pulumi.secret("MIIK"), certificatePassword: pulumi.secret("x") },
      ],
      customProperties: { "Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10": "False" },
    });
    const api = new apim.Api("orders", { ...ON, apiId: "orders", displayName: "orders", path: "orders", protocols: ["http", "https"] });
    new apim.ApiPolicy("orders", {
      ...ON,
      apiId: api.name,
      policyId: "policy",
      format: "xml",
      value: policy(
        '<cors allow-credentials="true"><allowed-origins><origin>*</origin></allowed-origins></cors>' +
          '<validate-jwt header-name="Authorization" require-expiration-time="false"><openid-config url="https://login.example.com/.well-known/openid-configuration" />' +
          "<audiences><audience>shop</audience></audiences></validate-jwt>" +
          '<validate-client-certificate validate-trust="false" />' +
          '<set-backend-service base-url="http://orders.example.com" />',
      ),
    });
    new apim.Backend("orders", {
      ...ON,
      backendId: "orders",
      protocol: "http",
      url: "https://orders.example.com",
      tls: { validateCertificateChain: false, validateCertificateName: true },
    });
    new apim.Backend("stock", { ...ON, backendId: "stock", protocol: "http", url: "http://stock.example.com" });
    new apim.NamedValue("password", { ...ON, namedValueId: "db", displayName: "database-password", value: "hunter2" });
    new apim.Subscription("everything", { ...ON, sid: "everything", displayName: "everything", scope: "/apis" });
    new apim.Diagnostic("bodies", {
      ...ON,
      diagnosticId: "applicationinsights",
      loggerId: "/loggers/insights",
      frontend: { request: { body: { bytes: 1024 } } },
    });
    new apim.ApiDiagnostic("tokens", {
      ...ON,
      apiId: api.name,
      diagnosticId: "applicationinsights",
      loggerId: "/loggers/insights",
      backend: { request: { headers: ["Authorization"] } },
    });
  },
  findings: [
    "azure-apim-api-https orders",
    "azure-apim-backend-tls orders",
    "azure-apim-backend-tls stock",
    "azure-apim-client-certificate-checks orders",
    "azure-apim-cors-credentials orders",
    "azure-apim-diagnostic-content bodies",
    "azure-apim-diagnostic-content tokens",
    "azure-apim-hostname-certificate apim",
    "azure-apim-identity apim",
    "azure-apim-jwt-checks orders",
    "azure-apim-logs apim",
    "azure-apim-minimum-api-version apim",
    "azure-apim-named-value-secret password",
    "azure-apim-old-protocols apim",
    "azure-apim-policy-backend-https orders",
    "azure-apim-subscription-scope everything",
  ],
};

/** The consumption tier, whose policies look at a certificate nobody is asked for. */
const consumption: Stack = {
  name: "API Management on the Consumption tier",
  program() {
    const apimService = new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "Consumption", capacity: 0 },
      identity: { type: "SystemAssigned" },
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
    });
    new monitor.DiagnosticSetting("apim", {
      resourceUri: apimService.id,
      workspaceId: "/workspaces/logs",
      logs: [{ category: "GatewayLogs", enabled: true }],
    });
    new apim.Policy("all", {
      ...ON,
      policyId: "policy",
      value: policy("<validate-client-certificate><identities><identity thumbprint='00' /></identities></validate-client-certificate>"),
    });
  },
  findings: ["azure-apim-consumption-client-certificates apim"],
};

/** Logs that are set up, but not the ones that say who called. */
const otherLogs: Stack = {
  name: "diagnostic settings without the gateway's log",
  program() {
    const apimService = new apim.ApiManagementService("apim", {
      ...RESOURCE_GROUP,
      publisherName: "shop",
      publisherEmail: "api@example.com",
      sku: { name: "BasicV2", capacity: 1 },
      identity: { type: "UserAssigned", userAssignedIdentities: { "/identities/apim": {} } },
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
    });
    new monitor.DiagnosticSetting("metrics", {
      resourceUri: apimService.id,
      workspaceId: "/workspaces/logs",
      metrics: [{ category: "AllMetrics", enabled: true }],
      logs: [{ category: "GatewayLogs", enabled: false }],
    });
  },
  findings: ["azure-apim-logs apim"],
};

/** Front Door and what stands around it. */
const edge: Stack = {
  name: "Front Door, firewalls, a vault and a network",
  program() {
    const profile = { ...RESOURCE_GROUP, profileName: "edge" };
    new cdn.AFDCustomDomain("old", {
      ...profile,
      customDomainName: "old",
      hostName: "old.example.com",
      tlsSettings: { certificateType: "ManagedCertificate", minimumTlsVersion: "TLS10" },
    });
    new cdn.AFDOrigin("apim", {
      ...profile,
      originGroupName: "apim",
      originName: "apim",
      hostName: "apim.example.com",
      enforceCertificateNameCheck: false,
    });
    new cdn.Route("plain", {
      ...profile,
      endpointName: "edge",
      routeName: "plain",
      supportedProtocols: ["Http", "Https"],
      httpsRedirect: "Disabled",
      forwardingProtocol: "MatchRequest",
      linkToDefaultDomain: "Enabled",
    });
    new frontdoor.Policy("watches", {
      ...RESOURCE_GROUP,
      policyName: "watches",
      policySettings: { mode: "Detection", enabledState: "Enabled" },
      managedRules: { managedRuleSets: [{ ruleSetType: "Microsoft_BotManagerRuleSet", ruleSetVersion: "1.1" }] },
    });
    new network.WebApplicationFirewallPolicy("off", {
      ...RESOURCE_GROUP,
      policyName: "off",
      policySettings: { mode: "Prevention", state: "Disabled" },
      managedRules: { managedRuleSets: [{ ruleSetType: "OWASP", ruleSetVersion: "3.2" }] },
    });
    new keyvault.Vault("keys", {
      ...RESOURCE_GROUP,
      vaultName: "keys",
      properties: {
        tenantId: "00000000-0000-0000-0000-000000000000",
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
      },
    });
    const ssh = {
      access: "Allow",
      direction: "Inbound",
      priority: 100,
      protocol: "Tcp",
      sourcePortRange: "*",
      destinationAddressPrefix: "*",
    };
    new network.NetworkSecurityGroup("front", {
      ...RESOURCE_GROUP,
      securityRules: [{ name: "ssh", ...ssh, sourceAddressPrefix: "*", destinationPortRange: "22" }],
    });
    new network.SecurityRule("database", {
      ...RESOURCE_GROUP,
      networkSecurityGroupName: "front",
      ...ssh,
      sourceAddressPrefix: "Internet",
      destinationPortRange: "1433",
    });
  },
  findings: [
    "azure-frontdoor-default-domain plain",
    "azure-frontdoor-https plain",
    "azure-frontdoor-origin-certificate apim",
    "azure-frontdoor-tls old",
    "azure-keyvault-hardened keys",
    "azure-nsg-open database",
    "azure-nsg-open front",
    "azure-waf-log4j watches",
    "azure-waf-prevention off",
    "azure-waf-prevention watches",
  ],
};

/** Types of an explicit version of Azure's API, as programs name them that pin one. */
class Versioned extends pulumi.CustomResource {}
const versioned: Stack = {
  name: "pinned API versions",
  program() {
    new Versioned("azure-native:apimanagement/v20220801:Backend", "pinned", {
      ...ON,
      backendId: "a",
      protocol: "http",
      url: "http://a.example.com",
    });
    new Versioned("azure-native:network/v20230201:NetworkSecurityGroup", "pinned-front", {
      ...RESOURCE_GROUP,
      securityRules: [
        {
          name: "all",
          access: "Allow",
          direction: "Inbound",
          priority: 100,
          protocol: "*",
          sourceAddressPrefix: "*",
          destinationPortRange: "*",
        },
      ],
    });
  },
  findings: ["azure-apim-backend-tls pinned", "azure-nsg-open pinned-front"],
};

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
const careful: Stack = {
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

export const azureStacks: readonly Stack[] = [service, consumption, otherLogs, edge, versioned, careful];

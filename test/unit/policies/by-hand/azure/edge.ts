import * as cdn from "@pulumi/azure-native/cdn/index.js";
import * as frontdoor from "@pulumi/azure-native/frontdoor/index.js";
import * as keyvault from "@pulumi/azure-native/keyvault/index.js";
import * as network from "@pulumi/azure-native/network/index.js";
import type { Stack } from "../record.ts";
import { RESOURCE_GROUP } from "./shared.ts";

/** Front Door and what stands around it. */
export const edge: Stack = {
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

import { type Case, LATER, type RuleCases, ref } from "./cases.ts";

const PREFIX = "Microsoft.WindowsAzure.ApiManagement.Gateway.";
const off = Object.fromEntries(
  [
    "Security.Protocols.Tls10",
    "Security.Protocols.Tls11",
    "Security.Protocols.Ssl30",
    "Security.Backend.Protocols.Tls10",
    "Security.Backend.Protocols.Tls11",
    "Security.Backend.Protocols.Ssl30",
    "Security.Ciphers.TripleDes168",
  ].map((name) => [PREFIX + name, "False"]),
);
const API_POLICY = "azure-native:apimanagement:ApiPolicy";
const classic = { sku: { name: "Premium", capacity: 1 } };
const policy = (inbound: string): Case => ({ props: { format: "xml", value: `<policies><inbound>${inbound}</inbound></policies>` } });
const unknownPolicy: Case = { props: { value: LATER } };
const jwt = (attributes: string, inner: string) =>
  policy(`<validate-jwt header-name="Authorization" ${attributes}>${inner}</validate-jwt>`);
const complete = '<openid-config url="https://i.example" /><audiences><audience>shop</audience></audiences>';
const prevention = { policySettings: { mode: "Prevention", enabledState: "Enabled" } };
const rule = (rule: Record<string, unknown>) => ({ props: { securityRules: [{ access: "Allow", direction: "Inbound", ...rule }] } });

const logged = (logs: unknown) => ({
  props: {},
  beside: [{ type: "azure-native:monitor:DiagnosticSetting", uses: true, props: { logs } }],
});

export const azureCases: Record<string, RuleCases> = {
  "azure-apim-old-protocols": {
    pass: [
      { props: { ...classic, customProperties: off } },
      { props: { sku: { name: "StandardV2" } } },
      { props: { sku: { name: "Consumption" } } },
    ],
    fail: [{ props: classic }, { props: { ...classic, customProperties: { ...off, [`${PREFIX}Security.Protocols.Tls10`]: "True" } } }],
    undefined: [{ props: { ...classic, customProperties: LATER } }],
  },
  "azure-apim-identity": {
    pass: [{ props: { identity: { type: "UserAssigned" } } }],
    fail: [{ props: {} }, { props: { identity: { type: "None" } } }],
    undefined: [{ props: { identity: LATER } }],
  },
  "azure-apim-minimum-api-version": {
    pass: [{ props: { apiVersionConstraint: { minApiVersion: "2021-08-01" } } }],
    fail: [{ props: {} }, { props: { apiVersionConstraint: { minApiVersion: "2018-01-01" } } }],
    undefined: [{ props: { apiVersionConstraint: LATER } }],
  },
  "azure-apim-api-https": {
    pass: [
      { props: { protocols: ["https"] } },
      {
        props: { protocols: ["http", "https"] },
        beside: [
          {
            type: API_POLICY,
            uses: true,
            props: { value: '<when condition="@(context.Request.OriginalUrl.Scheme != &quot;https&quot;)">' },
          },
        ],
      },
    ],
    fail: [
      { props: {} },
      { props: { protocols: ["http", "https"] } },
      { props: { protocols: [] } },
      { props: { protocols: ["http"] }, beside: [{ type: API_POLICY, uses: true, props: { value: "<policies />" } }] },
      { props: { protocols: ["http"] }, beside: [{ type: API_POLICY, props: { value: "OriginalUrl.Scheme" } }] },
    ],
    undefined: [
      { props: { protocols: LATER } },
      { props: { protocols: ["http"] }, beside: [{ type: API_POLICY, uses: true, props: { value: LATER } }] },
    ],
  },
  "azure-apim-backend-tls": {
    pass: [{ props: { url: "https://a.example" } }, { props: { url: "https://a.example", tls: { validateCertificateChain: true } } }],
    fail: [
      { props: { url: "http://a.example" } },
      { props: { url: "https://a.example", tls: { validateCertificateChain: false } } },
      { props: { url: "https://a.example", tls: { validateCertificateName: false } } },
    ],
    undefined: [{ props: { url: LATER } }],
  },
  "azure-apim-named-value-secret": {
    pass: [
      { props: { displayName: "origin-token", secret: true } },
      { props: { displayName: "client-secret", keyVault: { secretIdentifier: ref("secret.id") } } },
      { props: { displayName: "region", value: "eu" } },
    ],
    fail: [{ props: { displayName: "client-secret", value: "x" } }, { props: { displayName: "api-key", secret: false } }],
    undefined: [{ props: { displayName: LATER } }],
  },
  "azure-apim-subscription-scope": {
    pass: [{ props: { scope: "/products/basic" } }, { props: { scope: "/apis/shop" } }],
    fail: [{ props: { scope: "/apis" } }, { props: {} }],
    undefined: [{ props: { scope: LATER } }],
  },
  "azure-apim-logs": {
    pass: [
      logged([{ category: "GatewayLogs", enabled: true }]),
      logged([
        { category: "WebSocketConnectionLogs", enabled: true },
        { categoryGroup: "allLogs", enabled: true },
      ]),
    ],
    fail: [
      { props: {} },
      logged(undefined),
      logged([{ category: "GatewayLogs", enabled: false }]),
      logged([{ category: "Other", enabled: true }]),
    ],
    undefined: [logged(LATER)],
  },
  "azure-apim-diagnostic-content": {
    pass: [{ props: {} }, { props: { frontend: { request: { body: { bytes: 0 }, headers: ["x-request-id"] } } } }],
    fail: [
      { props: { backend: { response: { body: { bytes: 8192 } } } } },
      { props: { frontend: { request: { headers: ["Authorization"] } } } },
    ],
    undefined: [{ props: { frontend: LATER } }],
  },
  "azure-apim-hostname-certificate": {
    pass: [{ props: {} }, { props: { hostnameConfigurations: [{ keyVaultId: "https://v.vault.azure.net/secrets/tls" }] } }],
    fail: [
      { props: { hostnameConfigurations: [{ encodedCertificate: "MII" }] } },
      { props: { hostnameConfigurations: [{ keyVaultId: "https://v.vault.azure.net/secrets/tls/0123456789abcdef0123456789abcdef" }] } },
    ],
    undefined: [{ props: { hostnameConfigurations: LATER } }],
  },
  "azure-apim-consumption-client-certificates": {
    pass: [
      { props: classic },
      { props: { sku: { name: "Consumption" } } },
      {
        props: { sku: { name: "Consumption" }, enableClientCertificate: true },
        beside: [{ type: "azure-native:apimanagement:ApiPolicy", props: { value: "<validate-client-certificate />" } }],
      },
    ],
    fail: [
      {
        props: { sku: { name: "Consumption" } },
        beside: [{ type: "azure-native:apimanagement:ApiPolicy", props: { value: "<validate-client-certificate />" } }],
      },
    ],
    undefined: [{ props: { sku: LATER } }],
  },
  "azure-apim-jwt-checks": {
    pass: [jwt("", complete), policy("<base />"), jwt('require-signed-tokens="true"', complete)],
    fail: [
      jwt('require-signed-tokens="false"', complete),
      jwt('require-expiration-time="False"', complete),
      jwt("", "<audiences><audience>shop</audience></audiences>"),
      jwt("", '<openid-config url="https://i.example" />'),
      jwt("", "<issuer-signing-keys><key>a</key></issuer-signing-keys><audiences><audience>shop</audience></audiences>"),
      { props: { value: "<policies><inbound>" } },
    ],
    undefined: [unknownPolicy, { props: { format: "rawxml", value: "<policies><inbound>" } }],
  },
  "azure-apim-policy-backend-https": {
    pass: [policy('<set-backend-service base-url="https://a.example" />'), policy('<set-backend-service backend-id="orders" />')],
    fail: [policy('<choose><when condition="true"><set-backend-service base-url="http://a.example" /></when></choose>')],
    undefined: [unknownPolicy],
  },
  "azure-apim-cors-credentials": {
    pass: [
      policy('<cors allow-credentials="true"><allowed-origins><origin>https://a.example</origin></allowed-origins></cors>'),
      policy("<cors><allowed-origins><origin>*</origin></allowed-origins></cors>"),
    ],
    fail: [policy('<cors allow-credentials="true"><allowed-origins><origin> * </origin></allowed-origins></cors>')],
    undefined: [unknownPolicy],
  },
  "azure-apim-client-certificate-checks": {
    pass: [
      policy('<validate-client-certificate validate-trust="true" />'),
      policy(
        '<validate-client-certificate validate-trust="false"><identities><identity thumbprint="a" /></identities></validate-client-certificate>',
      ),
    ],
    fail: [
      policy('<validate-client-certificate validate-not-after="false" />'),
      policy('<validate-client-certificate validate-trust="false" />'),
    ],
    undefined: [unknownPolicy],
  },
  "azure-frontdoor-https": {
    pass: [
      { props: { httpsRedirect: "Enabled", forwardingProtocol: "HttpsOnly", supportedProtocols: ["Http", "Https"] } },
      { props: { forwardingProtocol: "HttpsOnly", supportedProtocols: ["Https"] } },
    ],
    fail: [
      { props: { httpsRedirect: "Disabled", forwardingProtocol: "HttpsOnly" } },
      { props: { httpsRedirect: "Enabled", forwardingProtocol: "MatchRequest" } },
    ],
    undefined: [{ props: { supportedProtocols: LATER } }],
  },
  "azure-frontdoor-default-domain": {
    pass: [{ props: { linkToDefaultDomain: "Disabled" } }],
    fail: [{ props: {} }, { props: { linkToDefaultDomain: "Enabled" } }],
    undefined: [{ props: { linkToDefaultDomain: LATER } }],
  },
  "azure-frontdoor-tls": {
    pass: [{ props: { tlsSettings: { minimumTlsVersion: "TLS12" } } }, { props: { tlsSettings: { cipherSuiteSetType: "TLS12_2023" } } }],
    fail: [{ props: {} }, { props: { tlsSettings: { minimumTlsVersion: "TLS10" } } }],
    undefined: [{ props: { tlsSettings: LATER } }],
  },
  "azure-frontdoor-origin-certificate": {
    pass: [{ props: {} }, { props: { enforceCertificateNameCheck: true } }],
    fail: [{ props: { enforceCertificateNameCheck: false } }],
    undefined: [{ props: { enforceCertificateNameCheck: LATER } }],
  },
  "azure-waf-prevention": {
    pass: [{ props: prevention }, { props: { policySettings: { mode: "Prevention" } } }],
    fail: [
      { props: {} },
      { props: { policySettings: { mode: "Detection" } } },
      { props: { policySettings: { mode: "Prevention", enabledState: "Disabled" } } },
    ],
    undefined: [{ props: { policySettings: LATER } }],
  },
  "azure-waf-log4j": {
    pass: [{ props: { managedRules: { managedRuleSets: [{ ruleSetType: "Microsoft_DefaultRuleSet", ruleSetVersion: "2.1" }] } } }],
    fail: [{ props: {} }, { props: { managedRules: { managedRuleSets: [{ ruleSetType: "Microsoft_BotManagerRuleSet" }] } } }],
    undefined: [{ props: { managedRules: LATER } }],
  },
  "azure-keyvault-hardened": {
    pass: [{ props: { properties: { enablePurgeProtection: true, enableRbacAuthorization: true } } }],
    fail: [{ props: { properties: { enablePurgeProtection: true } } }, { props: { properties: { enableRbacAuthorization: true } } }],
    undefined: [{ props: { properties: LATER } }],
  },
  "azure-nsg-open": {
    pass: [
      rule({ sourceAddressPrefix: "Internet", destinationPortRange: "443" }),
      rule({ sourceAddressPrefix: "ApiManagement", destinationPortRange: "3443" }),
      rule({ sourceAddressPrefix: "*", destinationPortRange: "22", access: "Deny" }),
    ],
    fail: [
      rule({ sourceAddressPrefix: "*", destinationPortRange: "22" }),
      rule({ sourceAddressPrefixes: ["10.0.0.0/8", "0.0.0.0/0"], destinationPortRanges: ["443", "8443"] }),
      {
        type: "azure-native:network:SecurityRule",
        props: { access: "Allow", direction: "Inbound", sourceAddressPrefix: "*", destinationPortRange: "22" },
      },
    ],
    undefined: [{ props: { securityRules: LATER } }, { type: "azure-native:network:SecurityRule", props: { access: LATER } }],
  },
};

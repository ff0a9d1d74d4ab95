import * as apim from "@pulumi/azure-native/apimanagement/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../record.ts";
import { ON, policy, RESOURCE_GROUP } from "./shared.ts";

/** API Management as a quick start leaves it. */
export const service: Stack = {
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

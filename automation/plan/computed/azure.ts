import type { CloudAnswers, ComputedOutputs } from "../recorder.ts";

/** Outputs Azure computes, by resource type without the package. Every resource has `name`, `id` is the recorder's. */
const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "applicationinsights:Component": ["connectionString"],
  "cdn:AFDEndpoint": ["hostName"],
  "cdn:Profile": ["frontDoorId"],
  "managedidentity:UserAssignedIdentity": ["clientId", "principalId"],
};

/** The input that names a resource, where others refer to it by name. */
const OWN_NAME: Readonly<Record<string, string>> = {
  "apimanagement:Api": "apiId",
  "apimanagement:ApiManagementService": "serviceName",
  "apimanagement:Gateway": "gatewayId",
  "apimanagement:Product": "productId",
  "keyvault:Vault": "vaultName",
  "privatedns:PrivateZone": "privateZoneName",
  "resources:ResourceGroup": "resourceGroupName",
};

/** What stands in a plan for what Azure computes: `${resource.output}`. */
export const azureOutputs: ComputedOutputs = (type, name, inputs) => {
  // A PFX is built of real keys only; without one it is known after deployment.
  if (type === "tls:index/privateKey:PrivateKey") return { privateKeyPem: undefined };
  // The end of a certificate becomes a number.
  if (type === "tls:index/locallySignedCert:LocallySignedCert") return { validityEndTime: undefined };
  if (type === "acme:index/certificate:Certificate") return { certificateNotAfter: undefined };
  if (!type.startsWith("azure-native:")) return {};
  const token = type.slice("azure-native:".length);
  const of = (output: string) => `\${${name}.${output}}`;
  const own = OWN_NAME[token];
  const given = own === undefined ? undefined : inputs[own];
  const physical = typeof given === "string" ? given : of("name");
  const simple = { name: physical, ...Object.fromEntries((OUTPUTS[token] ?? []).map((output) => [output, of(output)])) };
  switch (token) {
    case "apimanagement:ApiManagementService":
      return {
        ...simple,
        gatewayUrl: `https://${typeof given === "string" ? given : `${name}-random`}.azure-api.net`,
        privateIPAddresses: inputs.virtualNetworkType === "Internal" ? [of("privateIPAddresses[0]")] : [],
      };
    case "keyvault:Vault":
      return { ...simple, properties: { ...(inputs.properties as object), vaultUri: `https://${physical}.vault.azure.net/` } };
    case "cdn:AFDCustomDomain":
      return { ...simple, validationProperties: { validationToken: of("validationProperties.validationToken") } };
    default:
      return simple;
  }
};

/** What stands in a plan for what a program asks Azure. */
export const azureAnswers: CloudAnswers = (token, inputs) => {
  switch (token) {
    case "azure-native:authorization:getClientConfig":
      // biome-ignore lint/suspicious/noTemplateCurlyInString: placeholders a reader of the plan sees
      return { clientId: "${client}", objectId: "${object}", subscriptionId: "${subscription}", tenantId: "${tenant}" };
    case "azure-native:apimanagement:getApiManagementService": {
      const name = String(inputs.serviceName);
      // An empty tier says that nothing is known of the service.
      return { name, sku: { name: "", capacity: 0 }, gatewayUrl: `https://${name}.azure-api.net`, privateIPAddresses: [] };
    }
    default:
      return undefined;
  }
};

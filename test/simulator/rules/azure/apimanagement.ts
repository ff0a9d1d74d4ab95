import { X509Certificate } from "node:crypto";
import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { objects, text, timestamp, type Values } from "../../core/values.ts";
import { azure, located } from "./arm.ts";

const NAMESPACE = "azure-native:apimanagement";
const service = ({ inputs }: RuleContext): string => `${text(inputs.resourceGroupName)}/${text(inputs.serviceName)}`.toLowerCase();

/** Writes to one API, or to one product, that overlap are refused (Azure/apiops#379, azure-api-management-devops-resource-kit#432). */
const busy = (...parts: readonly ("apiId" | "productId")[]): Rule["serialized"] => ({
  keys: (context) => parts.map((part) => `${service(context)}/${part}/${text(context.inputs[part]).replace(/;rev=.*/, "")}`.toLowerCase()),
  message: () => 'Status=409 Code="PessimisticConcurrencyConflict" Message="Operation on the API is in progress"',
});

const siblings = (context: RuleContext, kind: string) =>
  context.all(`${NAMESPACE}:${kind}`).filter(({ inputs }) => service({ ...context, inputs }) === service(context));

/** What a policy document names must exist in the same service before it is accepted. */
function admitPolicy(context: RuleContext): void {
  const value = text(context.inputs.value);
  const refuse = (what: string) => {
    throw new CloudError(`Code="ValidationError" Message="One or more fields contain incorrect values: Error in element: ${what}"`);
  };
  if (!value.includes("<")) refuse("the policy document is not XML");
  const has = (kind: string, property: string) =>
    new Set(siblings(context, kind).map((one) => text(one.inputs[property] ?? one.outputs[property])));
  const attributes = (name: string) => [...value.matchAll(new RegExp(`\\b${name}="([^"@{]+)"`, "g"))].map((match) => match[1] as string);
  const references = [
    { kind: "Backend", property: "backendId", names: attributes("backend-id"), words: "Backend with id '%' could not be found." },
    { kind: "PolicyFragment", property: "id", names: attributes("fragment-id"), words: "Policy fragment '%' could not be found." },
    {
      kind: "Certificate",
      property: "certificateId",
      names: attributes("certificate-id"),
      words: "Certificate with id '%' could not be found.",
    },
    {
      kind: "NamedValue",
      property: "displayName",
      names: [...value.matchAll(/\{\{([A-Za-z0-9._-]+)\}\}/g)].map((match) => match[1] as string),
      words: "Cannot find a property '%'",
    },
  ];
  for (const { kind, property, names, words } of references) {
    if (names.length === 0) continue;
    const known = has(kind, property);
    for (const name of names) if (!known.has(name)) refuse(words.replace("%", name));
  }
}

const onlyPolicy = ({ policyId }: Values) =>
  typeof policyId === "string" && policyId !== "policy"
    ? [{ property: "policyId", reason: 'the identifier of a policy is always "policy"' }]
    : [];

const policy = (token: string, ...parts: readonly ("apiId" | "productId")[]): Rule =>
  azure(token, {
    check: onlyPolicy,
    defaults: () => ({ policyId: "policy" }),
    admit: admitPolicy,
    ...(parts.length > 0 ? { serialized: busy(...parts) as NonNullable<Rule["serialized"]> } : {}),
    computedDefaults: () => ({ format: "xml" }),
  });

/** Refuses a delete while a policy document of the service still names it. */
const namedInPolicies =
  (mark: (context: RuleContext) => string, message: (context: RuleContext) => string) =>
  (context: RuleContext): void => {
    const documents = ["Policy", "ApiPolicy", "ApiOperationPolicy", "ProductPolicy", "PolicyFragment"].flatMap((kind) =>
      siblings(context, kind),
    );
    if (documents.some(({ inputs }) => text(inputs.value).includes(mark(context)))) throw new CloudError(message(context));
  };

/** A user-assigned identity must be allowed to read the vault before API Management takes a secret from it. */
export function needVaultAccess({ all }: RuleContext, secretId: unknown, clientId: unknown): void {
  const url = text(secretId);
  if (url === "") return;
  const vault = all("azure-native:keyvault:Vault").find(({ outputs }) =>
    url.toLowerCase().startsWith(text((outputs.properties as Values | undefined)?.vaultUri).toLowerCase()),
  );
  const identity = all("azure-native:managedidentity:UserAssignedIdentity").find(({ outputs }) => outputs.clientId === clientId);
  const principal = identity?.outputs.principalId;
  const byRole = all("azure-native:authorization:RoleAssignment").some(
    ({ inputs }) => inputs.principalId === principal && text(vault?.id).toLowerCase().startsWith(text(inputs.scope).toLowerCase()),
  );
  const policies = objects((vault?.inputs.properties as Values | undefined)?.accessPolicies);
  if (vault && identity && (byRole || policies.some(({ objectId }) => objectId === principal))) return;
  throw new CloudError(
    `Code="BadRequest" Message="Failed to access KeyVault secret ${url} using Managed Service Identity of Api Management service. Check if Managed Service Identity of type: UserAssigned, ClientId: ${text(clientId)} has GET permissions on secrets in the KeyVault."`,
  );
}

const admitService = (context: RuleContext): void => {
  for (const { keyVaultId, identityClientId } of objects(context.inputs.hostnameConfigurations))
    needVaultAccess(context, keyVaultId, identityClientId);
};

const admitKeyVault = (context: RuleContext): void => {
  const { secretIdentifier, identityClientId } = (context.inputs.keyVault ?? {}) as Values;
  needVaultAccess(context, secretIdentifier, identityClientId);
};

export const apimanagement: readonly Rule[] = [
  located("apimanagement:ApiManagementService", {
    admit: admitService,
    unique: {
      key: ({ inputs }) => text(inputs.serviceName).toLowerCase(),
      message: ({ inputs }) => `Code="ServiceAlreadyExists" Message="Api service already exists: ${text(inputs.serviceName)}"`,
    },
    hold: {
      key: ({ inputs }) => text(inputs.serviceName).toLowerCase(),
      days: 2,
      message: ({ inputs }) =>
        `Code="ServiceAlreadyExistsInSoftDeletedState" Message="Api service ${text(inputs.serviceName)} was soft-deleted. In order to create the new service with the same name, you have to either undelete the service or purge it."`,
      recovers: ({ inputs }) => inputs.restore === true,
      keepsInputs: true,
    },
    computedDefaults: () => ({
      virtualNetworkType: "None",
      publicNetworkAccess: "Enabled",
      disableGateway: false,
      natGatewayState: "Disabled",
    }),
    outputs: (context) => {
      const name = text(context.inputs.serviceName);
      const classic = !/V2$|^Consumption$/.test(text((context.inputs.sku as Values | undefined)?.name));
      return {
        createdAtUtc: text(context.previous.createdAtUtc) || timestamp(context.now),
        gatewayUrl: `https://${name}.azure-api.net`,
        gatewayRegionalUrl: `https://${name}-westeurope-01.regional.azure-api.net`,
        developerPortalUrl: `https://${name}.developer.azure-api.net`,
        managementApiUrl: `https://${name}.management.azure-api.net`,
        portalUrl: `https://${name}.portal.azure-api.net`,
        scmUrl: `https://${name}.scm.azure-api.net`,
        platformVersion: classic ? "stv2" : "mtv1",
        privateIPAddresses: context.inputs.virtualNetworkType === "Internal" ? ["10.0.0.4"] : [],
        publicIPAddresses: classic ? ["203.0.113.20"] : [],
        outboundPublicIPAddresses: ["203.0.113.20"],
        targetProvisioningState: "",
        privateEndpointConnections: [],
      };
    },
  }),
  azure("apimanagement:Api", {
    serialized: busy("apiId"),
    computedDefaults: ({ inputs }) => ({
      apiRevision: "1",
      isCurrent: true,
      subscriptionRequired: true,
      displayName: inputs.apiId,
      subscriptionKeyParameterNames: { header: "Ocp-Apim-Subscription-Key", query: "subscription-key" },
    }),
    outputs: () => ({ isOnline: true }),
    unique: {
      key: (context) => `${service(context)}/${text(context.inputs.path)}/${text(context.inputs.apiVersion)}`,
      message: () =>
        'Code="ValidationError" Message="One or more fields contain incorrect values: Cannot create API: an API with the same path exists."',
    },
  }),
  policy("apimanagement:ApiPolicy", "apiId"),
  policy("apimanagement:Policy"),
  policy("apimanagement:ApiOperationPolicy", "apiId"),
  policy("apimanagement:ProductPolicy", "productId"),
  azure("apimanagement:ApiOperation", { serialized: busy("apiId") }),
  azure("apimanagement:ApiDiagnostic", { serialized: busy("apiId") }),
  azure("apimanagement:ApiRelease", {
    serialized: busy("apiId"),
    outputs: ({ previous, now }) => ({
      createdDateTime: text(previous.createdDateTime) || timestamp(now),
      updatedDateTime: text(previous.createdDateTime) || timestamp(now),
    }),
  }),
  azure("apimanagement:ApiSchema", { serialized: busy("apiId") }),
  azure("apimanagement:ApiVersionSet"),
  azure("apimanagement:PolicyFragment", {
    admit: admitPolicy,
    forbidDelete: namedInPolicies(
      ({ inputs }) => `fragment-id="${text(inputs.id)}"`,
      ({ inputs }) => `Code="ValidationError" Message="Policy fragment ${text(inputs.id)} is in use and cannot be deleted."`,
    ),
  }),
  azure("apimanagement:Product", { computedDefaults: () => ({ state: "notPublished", subscriptionRequired: true }) }),
  azure("apimanagement:ProductApi", { serialized: busy("apiId", "productId"), outputs: () => ({ isOnline: true, path: "" }) }),
  azure("apimanagement:Subscription", {
    computedDefaults: ({ hex }) => ({
      state: "submitted",
      allowTracing: false,
      primaryKey: hex(32, "primary"),
      secondaryKey: hex(32, "secondary"),
    }),
    outputs: ({ previous, now }) => ({ createdDate: text(previous.createdDate) || timestamp(now) }),
  }),
  azure("apimanagement:NamedValue", {
    admit: admitKeyVault,
    unique: {
      key: (context) => `${service(context)}/${text(context.inputs.displayName)}`,
      message: ({ inputs }) => `Code="ValidationError" Message="Property already exists: ${text(inputs.displayName)}"`,
    },
    forbidDelete: namedInPolicies(
      ({ inputs }) => `{{${text(inputs.displayName)}}}`,
      ({ inputs }) => `Code="ValidationError" Message="Property '${text(inputs.displayName)}' is used in a policy and cannot be deleted."`,
    ),
  }),
  azure("apimanagement:Backend", {
    computedDefaults: () => ({ properties: {}, type: "Single" }),
    outputs: () => ({ type: "Microsoft.ApiManagement/service/backends" }),
  }),
  azure("apimanagement:Certificate", {
    admit: admitKeyVault,
    outputs: (context) => {
      const own = certificateOf(context.inputs.data);
      return {
        subject: own?.subject ?? "CN=simulated",
        thumbprint: own?.fingerprint.replace(/:/g, "") ?? context.hex(40, context.inputs).toUpperCase(),
        expirationDate: own
          ? timestamp(new Date(own.validTo))
          : text(context.previous.expirationDate) || timestamp(new Date(context.now.getTime() + 365 * 86_400_000)),
      };
    },
    volatile: { thumbprint: ["data", "keyVault"], expirationDate: ["data", "keyVault"], subject: ["data", "keyVault"] },
  }),
  azure("apimanagement:Logger"),
  azure("apimanagement:Diagnostic"),
  azure("apimanagement:Gateway"),
  azure("apimanagement:GatewayApiEntityTag", {
    computedDefaults: () => ({ provisioningState: "created" }),
    outputs: () => ({ isOnline: true, path: "" }),
  }),
  azure("apimanagement:GatewayHostnameConfiguration"),
  azure("apimanagement:GatewayCertificateAuthority"),
  azure("apimanagement:OpenIdConnectProvider"),
  azure("apimanagement:AuthorizationServer"),
  azure("apimanagement:User", { outputs: () => ({ groups: [] }) }),
  azure("apimanagement:Group", { outputs: () => ({ builtIn: false }) }),
  azure("apimanagement:Tag"),
  azure("apimanagement:Cache"),
];

/** A certificate given in the clear; a PFX cannot be opened here, its thumbprint then stands for its content. */
function certificateOf(data: unknown): X509Certificate | undefined {
  try {
    return new X509Certificate(Buffer.from(text(data), "base64"));
  } catch {
    return undefined;
  }
}

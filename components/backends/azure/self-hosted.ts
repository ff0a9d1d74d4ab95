import { Certificate } from "@pulumi/azure-native/apimanagement/certificate.js";
import { Gateway } from "@pulumi/azure-native/apimanagement/gateway.js";
import { GatewayApiEntityTag } from "@pulumi/azure-native/apimanagement/gatewayApiEntityTag.js";
import { GatewayHostnameConfiguration } from "@pulumi/azure-native/apimanagement/gatewayHostnameConfiguration.js";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type * as pulumi from "@pulumi/pulumi";
import type { GatewayApi } from "./api.ts";
import type { AzureBuild } from "./build.ts";
import type { FrontCertificate } from "./certificate.ts";
import { manifest } from "./manifest.ts";
import { selfHostedGatewayId } from "./policy/origin.ts";
import type { Service } from "./service.ts";

/** The gateway that runs on premises: its place in the service, its host name and its manifest. */
export function selfHosted(
  b: AzureBuild,
  service: Service,
  { api }: GatewayApi,
  { secretId, ready }: FrontCertificate,
  identity: UserAssignedIdentity | undefined,
  after: pulumi.Resource,
): pulumi.Output<string> | undefined {
  const settings = b.model.azure.selfHostedGateway;
  if (settings === undefined) return undefined;
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  const gateway = new Gateway(
    `${b.name}-on-premises`,
    {
      ...inService,
      gatewayId: selfHostedGatewayId(b.model),
      description: `Gateway ${b.name} on premises`,
      locationData: { name: settings.location },
    },
    b.opts(),
  );
  if (secretId !== undefined && identity !== undefined) {
    const certificate = new Certificate(
      `${b.name}-on-premises-certificate`,
      {
        ...inService,
        certificateId: `${b.name}-on-premises`,
        keyVault: { secretIdentifier: secretId, identityClientId: identity.clientId },
      },
      b.opts({ dependsOn: [...ready] }),
    );
    const hostname = new GatewayHostnameConfiguration(
      `${b.name}-on-premises-hostname`,
      {
        ...inService,
        gatewayId: gateway.name,
        hcId: "public",
        hostname: b.model.hostname,
        certificateId: certificate.id,
        negotiateClientCertificate: false,
        tls10Enabled: false,
        tls11Enabled: false,
        http2Enabled: true,
      },
      b.opts(),
    );
    b.enforced.note(hostname, "tls.version", `tls.certificate.${b.model.tls.certificate.source}`, "backend.onPremises");
  }
  const assigned = new GatewayApiEntityTag(
    `${b.name}-on-premises-api`,
    { ...inService, gatewayId: gateway.name, apiId: api.name, provisioningState: "created" },
    // Two writes to one API cannot happen at the same time.
    b.opts({ dependsOn: [after] }),
  );
  b.enforced.note(assigned, "backend.onPremises", "backend.private");
  return service.name.apply((name) =>
    manifest({
      name: selfHostedGatewayId(b.model),
      endpoint: `${name}.configuration.azure-api.net`,
      image: settings.image,
      replicas: settings.replicas,
      plainHttp: b.model.http === "redirect",
    }),
  );
}

import type { GetApiManagementServiceResult } from "@pulumi/azure-native/apimanagement/getApiManagementService.js";
import { getApiManagementServiceOutput } from "@pulumi/azure-native/apimanagement/getApiManagementService.js";
import * as pulumi from "@pulumi/pulumi";
import type { GatewayModel } from "../../spec/model.ts";
import { type AzureBuild, partsOfId } from "./build.ts";
import { INTERNAL, trustedAuthorities } from "./needs.ts";
import { thumbprint } from "./policy/client-certificate.ts";
import { customProperties, type Service } from "./service.ts";

/** A service of others, read and compared with the document at every deployment. */
export function existingService(b: AzureBuild, id: string): Service {
  const { resourceGroups: group = "", service: serviceName = "" } = partsOfId(id);
  const found = getApiManagementServiceOutput({ resourceGroupName: group, serviceName }, b.opts()).apply((service) => {
    // An offline plan knows nothing of it.
    const problems = service.sku.name === "" ? [] : misfits(b, service);
    if (problems.length > 0)
      throw new pulumi.RunError(
        `azure.service.existing: the service "${serviceName}" does not fit the document; its owner has to change it:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
      );
    return service;
  });
  return {
    name: found.apply(({ name }) => name),
    group: pulumi.output(group),
    id: pulumi.output(id),
    address: found.apply(({ gatewayUrl }) => new URL(gatewayUrl).hostname),
    resource: undefined,
    privateAddresses: found.apply(({ privateIPAddresses }) => privateIPAddresses ?? []),
  };
}

/** What of a service of others does not keep what the document promises. */
export function misfits(
  b: Pick<AzureBuild, "model" | "tier" | "facts">,
  service: Pick<GetApiManagementServiceResult, "sku" | "hostnameConfigurations" | "customProperties" | "certificates">,
): string[] {
  const { model } = b;
  const problems: string[] = [];
  if (service.sku.name !== b.tier) problems.push(`its tier is ${service.sku.name}, the document says ${b.tier}`);
  const host = (service.hostnameConfigurations ?? []).find(({ hostName }) => hostName === model.hostname);
  if (model.edge === "none" && host === undefined) problems.push(`it does not serve the host name ${model.hostname}`);
  if (model.edge === "none" && host !== undefined && !servesCertificate(model.azure.certificate, host))
    problems.push(
      model.azure.certificate.keyVaultSecretId === undefined
        ? `it does not serve ${model.hostname} with a free certificate of its own, on which azure.certificate.freeManaged insists`
        : `it does not serve ${model.hostname} with the certificate ${model.azure.certificate.keyVaultSecretId}, by the secret's id without a version`,
    );
  if (model.tls.clientValidation !== undefined && host?.negotiateClientCertificate !== true)
    problems.push(`it does not ask clients of ${model.hostname} for a certificate`);
  for (const [key, value] of Object.entries(customProperties(b.facts)))
    if (value === "false" && String(service.customProperties?.[key] ?? "").toLowerCase() !== "false")
      problems.push(`its custom property ${key} is not "false"`);
  const known = new Set((service.certificates ?? []).map(({ certificate }) => certificate?.thumbprint.toUpperCase()));
  for (const pem of trustedAuthorities(model))
    if (pem !== INTERNAL && !known.has(thumbprint(pem)))
      problems.push(`it does not trust the authority with the thumbprint ${thumbprint(pem)}`);
  return problems;
}

/** The free certificate, or the one of the document in Key Vault; with a version it would never follow a renewal. */
function servesCertificate(
  { keyVaultSecretId }: GatewayModel["azure"]["certificate"],
  host: { readonly certificateSource?: string; readonly keyVaultId?: string },
): boolean {
  return keyVaultSecretId === undefined
    ? host.certificateSource === "Managed"
    : host.keyVaultId?.replace(/\/$/, "").toLowerCase() === keyVaultSecretId.toLowerCase();
}

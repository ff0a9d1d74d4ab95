import { X509Certificate } from "node:crypto";
import { ApiManagementService } from "@pulumi/azure-native/apimanagement/apiManagementService.js";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import type * as pulumi from "@pulumi/pulumi";
import { isSelfSigned } from "../../pki/chain.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import type { AzureBuild } from "./build.ts";
import type { FrontCertificate } from "./certificate.ts";
import { INTERNAL, trustedAuthorities } from "./needs.ts";
import type { ServiceNetwork } from "./network.ts";
import { encoded } from "./pfx.ts";

/** The service the gateway lives in. */
export interface Service {
  readonly name: pulumi.Output<string>;
  readonly group: pulumi.Output<string>;
  readonly id: pulumi.Output<string>;
  /** Name of the gateway's own address, `<service>.azure-api.net`. */
  readonly address: pulumi.Output<string>;
  /** Undefined for a service of others. */
  readonly resource: ApiManagementService | undefined;
  /** Addresses clients reach inside the network; empty unless the service is internal. */
  readonly privateAddresses: pulumi.Output<readonly string[]>;
}

const PREFIX = "Microsoft.WindowsAzure.ApiManagement.Gateway.";
/** Every protocol and cipher suite that can be switched off, by the typings of the service; a key left out would go back to its default. */
const PROTOCOLS = [
  "Security.Protocols.Tls10",
  "Security.Protocols.Tls11",
  "Security.Protocols.Ssl30",
  "Security.Backend.Protocols.Tls10",
  "Security.Backend.Protocols.Tls11",
  "Security.Backend.Protocols.Ssl30",
];
const CIPHERS = [
  "TripleDes168",
  "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
  "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_128_GCM_SHA256",
  "TLS_RSA_WITH_AES_256_CBC_SHA256",
  "TLS_RSA_WITH_AES_128_CBC_SHA256",
  "TLS_RSA_WITH_AES_256_CBC_SHA",
  "TLS_RSA_WITH_AES_128_CBC_SHA",
].map((cipher) => `Security.Ciphers.${cipher}`);

/** Custom properties of the tier: protocols everywhere, cipher suites where they can be chosen. */
export function customProperties({ family }: AzureBuild["facts"]): Record<string, string> {
  const off = family === "classic" ? [...PROTOCOLS, ...CIPHERS] : PROTOCOLS;
  return {
    ...Object.fromEntries(off.map((key) => [`${PREFIX}${key}`, "false"])),
    ...(family === "classic" ? { [`${PREFIX}Protocols.Server.Http2`]: "true" } : {}),
  };
}

/** A service takes up to an hour and a half to create, and longer in a network. */
const TIMEOUT = "4h";

export function createService(
  b: AzureBuild,
  identity: UserAssignedIdentity,
  certificate: FrontCertificate,
  authority: () => CertificateIssuer,
  network: ServiceNetwork | undefined,
): Service {
  const { azure, tls, edge, hostname } = b.model;
  const { name, restore, units, zones } = azure.service;
  const resource = new ApiManagementService(
    `${b.name}-service`,
    {
      ...(name === undefined ? {} : { serviceName: name }),
      resourceGroupName: b.group,
      publisherName: azure.publisher.name ?? hostname,
      publisherEmail: azure.publisher.email ?? "",
      sku: { name: b.tier, capacity: b.facts.family === "consumption" ? 0 : units },
      identity: { type: "UserAssigned", userAssignedIdentities: identity.id.apply((id) => ({ [id]: {} })) },
      ...(zones.length > 0 ? { zones: [...zones] } : {}),
      customProperties: customProperties(b.facts),
      // Behind Front Door the service keeps its own name, and clients never see it.
      ...(edge === "none" ? { hostnameConfigurations: [hostnameOf(b, identity, certificate)] } : {}),
      ...(b.facts.authorityStore ? { certificates: authorities(b, authority) } : {}),
      ...(network === undefined
        ? {}
        : {
            virtualNetworkType: network.type,
            virtualNetworkConfiguration: { subnetResourceId: network.subnetId },
            ...(network.publicIpId === undefined ? {} : { publicIpAddressId: network.publicIpId }),
          }),
      developerPortalStatus: azure.developerPortal ? "Enabled" : "Disabled",
      ...(b.facts.family === "classic" ? { legacyPortalStatus: "Disabled" } : {}),
      // Older control plane versions give secrets away to readers.
      apiVersionConstraint: { minApiVersion: "2021-08-01" },
      ...(restore ? { restore } : {}),
      tags: b.tags,
      ...b.inLocation,
    },
    b.opts({
      dependsOn: [...certificate.ready, ...(network?.ready ?? [])],
      customTimeouts: { create: TIMEOUT, update: TIMEOUT, delete: TIMEOUT },
    }),
  );
  b.enforced.note(resource, "tls.version", "ddos.standard", "observe.metrics", `tls.certificate.${tls.certificate.source}`);
  if (tls.clientValidation)
    b.enforced.note(resource, "tls.clientValidation.required", "tls.clientValidation.optional", "require.clientCertificate");
  b.enforced.note(resource, "backend.tls.ca", "backend.tls.internal");
  return {
    name: resource.name,
    group: b.group,
    id: resource.id,
    address: resource.gatewayUrl.apply((url) => new URL(url).hostname),
    resource,
    privateAddresses: resource.privateIPAddresses,
  };
}

function hostnameOf(b: AzureBuild, identity: UserAssignedIdentity, { secretId }: FrontCertificate) {
  return {
    type: "Proxy",
    hostName: b.model.hostname,
    ...(secretId === undefined
      ? { certificateSource: "Managed" }
      : { certificateSource: "KeyVault", keyVaultId: secretId, identityClientId: identity.clientId }),
    negotiateClientCertificate: b.model.tls.clientValidation !== undefined,
    defaultSslBinding: true,
  };
}

/** Authorities of the document; a self-signed one is a root. */
function authorities(b: AzureBuild, authority: () => CertificateIssuer) {
  return trustedAuthorities(b.model).flatMap((pem): { storeName: string; encodedCertificate: pulumi.Input<string> }[] =>
    pem === INTERNAL
      ? authority().roots.map((root) => ({ storeName: "Root", encodedCertificate: root.apply(encoded) }))
      : [{ storeName: isSelfSigned(new X509Certificate(pem)) ? "Root" : "CertificateAuthority", encodedCertificate: encoded(pem) }],
  );
}

import { z } from "zod";
import { cidr, entryName, httpsUrl, secretRef } from "./primitives.ts";

/** Pricing tiers of API Management, by the cloud's own names. */
export const AZURE_TIERS = ["Consumption", "Developer", "Basic", "Standard", "Premium", "BasicV2", "StandardV2", "PremiumV2"] as const;

/** What API Management does less strictly than docs/semantics.md; each must be accepted by name and stays a finding. */
export const AZURE_DEVIATIONS = {
  approximateLimits:
    "API Management counts limits and quotas of each unit and region close to the declared number, above it under load, and states no bound",
  keyCache: "a key the issuer has withdrawn is accepted for up to an hour, because API Management reads the issuer's keys hourly",
  platformCiphers: "the cipher list is the platform's own and cannot be edited on Consumption and v2 tiers",
  publicRoots: "backends verified by a private authority are also accepted with a certificate of a public authority for the same name",
  sharedTrust: "authorities trusted for one purpose (a backend, client certificates) are trusted for the others of the same service too",
} as const;

const armId = (type: string, example: string) =>
  z
    .string()
    .max(1024)
    .regex(
      new RegExp(`^/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[\\w().-]{1,90}/providers/${type}$`, "i"),
      `a resource id such as /subscriptions/<id>/resourceGroups/<group>/providers/${example}`,
    );

const segment = "[A-Za-z0-9][A-Za-z0-9._-]{0,79}";

const service = z
  .strictObject({
    name: z
      .string()
      .regex(
        /^[A-Za-z]([A-Za-z0-9-]{0,48}[A-Za-z0-9])?$/,
        "1 to 50 letters, digits and hyphens, starting with a letter, ending with a letter or digit",
      )
      .optional()
      .meta({
        description:
          "Name of the service, worldwide unique. Default: the gateway's name and random digits, so that a destroyed service can be created again at once although its old name stays taken for 48 hours.",
      }),
    existing: armId(`Microsoft\\.ApiManagement/service/${segment}`, "Microsoft.ApiManagement/service/<name>").optional().meta({
      description:
        "Use this service instead of creating one. Its tier, host name and protocol settings stay with its owner; they are read and must fit the document.",
    }),
    restore: z.boolean().default(false).meta({
      description:
        "Take back the deleted service of this name instead of creating one; every other setting is ignored while true, so set it back afterwards.",
    }),
    units: z.int().min(1).max(12).default(1).meta({ description: "Scale units; Consumption has none." }),
    zones: z
      .array(z.enum(["1", "2", "3"]))
      .default([])
      .meta({ description: "Availability zones the units are spread over; Premium and PremiumV2, at least one unit for each." }),
  })
  .meta({ description: "The API Management service." });

const certificate = z
  .strictObject({
    keyVaultSecretId: z
      .string()
      .regex(
        /^https:\/\/[a-z0-9-]{3,24}\.vault\.(azure\.net|azure\.cn|usgovcloudapi\.net)\/secrets\/[A-Za-z0-9-]{1,127}$/,
        "a secret id without a version, such as https://shop.vault.azure.net/secrets/api-cert; with a version API Management would never pick up a renewal",
      )
      .optional()
      .meta({ description: "With source: managed, a certificate that Key Vault issues and renews, by its secret id without a version." }),
    keyVaultId: armId("Microsoft\\.KeyVault/vaults/[A-Za-z0-9-]{3,24}", "Microsoft.KeyVault/vaults/<name>")
      .optional()
      .meta({ description: "The vault of keyVaultSecretId; the service's identity is given the role Key Vault Secrets User on it." }),
    freeManaged: z.boolean().default(false).meta({
      description: "With source: managed, insist on API Management's own free certificate, whose creation the vendor has suspended before.",
    }),
  })
  .meta({ description: "Where a certificate with source: managed comes from on Azure." });

const vpn = z
  .strictObject({
    type: z.literal("vpn"),
    gatewayAddress: z.ipv4("the public IPv4 address of the device on premises").meta({
      description: "Public address of the VPN device on premises.",
    }),
    addressSpaces: z.array(cidr).min(1, "at least one block").meta({ description: "Blocks on premises, reached through the tunnel." }),
    sharedKey: secretRef.meta({ description: "Pre-shared key of the tunnel." }),
    sku: z.enum(["VpnGw1AZ", "VpnGw2AZ", "VpnGw3AZ"]).default("VpnGw1AZ").meta({ description: "Size of the VPN gateway." }),
  })
  .meta({ description: "A site-to-site VPN made by this stack." });

const expressRoute = z
  .strictObject({
    type: z.literal("expressRoute"),
    circuitId: armId("Microsoft\\.Network/expressRouteCircuits/[\\w.-]{1,80}", "Microsoft.Network/expressRouteCircuits/<name>").meta({
      description: "The circuit, ordered and provisioned beforehand.",
    }),
    authorizationKey: secretRef.optional().meta({ description: "Needed when the circuit belongs to another subscription." }),
    sku: z.enum(["ErGw1AZ", "ErGw2AZ", "ErGw3AZ"]).default("ErGw1AZ").meta({ description: "Size of the ExpressRoute gateway." }),
  })
  .meta({ description: "A connection to an existing ExpressRoute circuit, with its gateway, made by this stack." });

const existingLine = z
  .strictObject({ type: z.literal("existing") })
  .meta({ description: "The virtual network already reaches the addresses on premises." });

const network = z
  .strictObject({
    mode: z.enum(["none", "external", "internal", "integration"]).default("none").meta({
      description:
        "external: injected into a virtual network, reachable from the Internet; internal: injected, reachable from the network only (both: Developer, Premium); integration: outbound only (StandardV2, PremiumV2).",
    }),
    subnetId: armId(
      `Microsoft\\.Network/virtualNetworks/${segment}/subnets/${segment}`,
      "Microsoft.Network/virtualNetworks/<network>/subnets/<subnet>",
    )
      .optional()
      .meta({
        description: "An existing subnet for the service; its network security group stays with its owner. Default: a network is created.",
      }),
    addressSpace: cidr.default("10.240.0.0/24").meta({ description: "Block of the created network: IPv4, /20 to /25." }),
    onPremises: z.discriminatedUnion("type", [vpn, expressRoute, existingLine]).optional().meta({
      description: "The line to backends on premises.",
    }),
  })
  .meta({ description: "The virtual network of the service." });

const selfHostedGateway = z
  .strictObject({
    location: z.string().min(1).max(256).meta({ description: "Where it runs, for people: `Osaka data centre`." }),
    replicas: z.int().min(1).max(50).default(2).meta({ description: "Replicas in the Kubernetes manifest; Developer allows one." }),
    image: z
      .string()
      .regex(/^[a-z0-9./-]+:[A-Za-z0-9._-]+$/, "an image with a version, such as mcr.microsoft.com/azure-api-management/gateway:2.5.0")
      .meta({ description: "Container image of the gateway, pinned to a version." }),
  })
  .meta({
    description:
      "Serve the gateway from containers on premises instead of the cloud's own data plane (Developer, Premium). The manifest is an output; hostname must resolve to it there.",
  });

/** Settings of `cloud: azure`. */
export const azureSettings = z
  .strictObject({
    tier: z
      .enum(["auto", ...AZURE_TIERS])
      .default("auto")
      .meta({
        description:
          "Pricing tier of API Management. auto: the least expensive production tier that keeps everything the document asks for; never Developer.",
      }),
    location: z
      .string()
      .regex(/^[a-z][a-z0-9]{2,29}$/, "a location such as westeurope")
      .optional()
      .meta({ description: "Location of every regional resource. Default: the provider's own (`azure-native:location`)." }),
    resourceGroup: z
      .string()
      .regex(/^[\w().-]{0,89}[\w()-]$/, "the name of a resource group")
      .optional()
      .meta({ description: "An existing resource group. Default: one is created." }),
    publisher: z
      .strictObject({
        name: z.string().min(1).max(100).optional().meta({ description: "Organisation shown by the service. Default: the host name." }),
        email: z.email("an e-mail address").optional().meta({ description: "Where the service sends its notices." }),
      })
      .prefault({})
      .meta({ description: "Who publishes the API; the service cannot be created without an e-mail address." }),
    service: service.prefault({}),
    certificate: certificate.prefault({}),
    openIdConfigurations: z.record(entryName, httpsUrl).default({}).meta({
      description:
        "JWT provider → URL of its OpenID configuration. API Management reads an issuer's keys through it and not from jwksUri; its jwks_uri must be the provider's.",
    }),
    network: network.prefault({}),
    selfHostedGateway: selfHostedGateway.optional(),
    developerPortal: z.boolean().default(false).meta({ description: "Switch the developer portal on; off, nothing answers there." }),
    tags: z
      .record(z.string().min(1).max(512), z.string().max(256))
      .default({})
      .meta({ description: "Tags of every resource that can have them." }),
    accept: z
      .array(z.enum(Object.keys(AZURE_DEVIATIONS) as [keyof typeof AZURE_DEVIATIONS]))
      .default([])
      .meta({
        description: `What API Management does less strictly and the document accepts: ${Object.entries(AZURE_DEVIATIONS)
          .map(([name, what]) => `${name} (${what})`)
          .join("; ")}.`,
      }),
  })
  .meta({ description: "Settings of cloud: azure." });

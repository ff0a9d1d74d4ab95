import type { GatewayModel } from "../../spec/model.ts";
import { AZURE_DEVIATIONS } from "../../spec/schema/azure.ts";
import { info, keyAlone, unverified as unverifiedBackends, warning } from "../common-findings.ts";
import type { Finding } from "../contract.ts";
import { tierFacts } from "./tiers.ts";

type Rule = (model: GatewayModel, variant: string) => Finding[];

/** What a reader of a plan must know although nothing is refused. */
export const azureFindings: Rule = (model, variant) => RULES.flatMap((rule) => rule(model, variant));

const unverified: Rule = (model) =>
  unverifiedBackends(
    Object.values(model.backends),
    "API Management accepts any certificate of",
    "give the backend a certificate of a public authority, or declare the authority in tls.caCertificates on a classic tier",
  );

const deviations: Rule = ({ azure }) =>
  azure.accept.map((name) =>
    warning(`accepted-${name}`, "azure.accept", AZURE_DEVIATIONS[name], "remove it from azure.accept once the document no longer needs it"),
  );

const openId: Rule = ({ azure, jwtProviders }) =>
  Object.entries(azure.openIdConfigurations).flatMap(([name, url]) => {
    const keys = jwtProviders[name]?.keys;
    return keys?.kind === "remote"
      ? [
          info(
            "openid-configuration",
            `azure.openIdConfigurations.${name}`,
            `keys of provider "${name}" are found through ${url}; whatever jwks_uri it names is trusted, and ${keys.uri} is not asked`,
            "see that the configuration is published by the issuer itself and names the same keys",
          ),
        ]
      : [];
  });

const freeCertificate: Rule = ({ azure, tls, edge }) =>
  tls.certificate.source === "managed" && azure.certificate.freeManaged && edge === "none"
    ? [
        warning(
          "free-certificate",
          "azure.certificate.freeManaged",
          "the vendor suspended the creation of free certificates from August 2025 to October 2026, and needs the DNS record of the host name before it creates one",
          "name a certificate that Key Vault issues in azure.certificate.keyVaultSecretId",
        ),
      ]
    : [];

const rotation: Rule = ({ edge, azure, tls }, variant) => {
  if (azure.service.existing !== undefined || (edge === "none" && tls.certificate.source === "managed" && azure.certificate.freeManaged))
    return [];
  const facts = tierFacts(variant);
  return [
    facts.downtimeOnChange
      ? warning(
          "rotation-interrupts",
          "tls.certificate",
          `${variant} interrupts the service while a renewed certificate is taken up, which may be up to two days after Key Vault has it`,
          "use another tier for production",
        )
      : info(
          "rotation-delay",
          "tls.certificate",
          "a renewed certificate is taken up from Key Vault up to two days after it is there, without an interruption",
          "renew certificates well before they end; the alarm goes off 30 days before",
        ),
  ];
};

const softDelete: Rule = ({ azure }) => [
  ...(azure.service.name === undefined || azure.service.existing !== undefined
    ? []
    : [
        info(
          "name-held",
          "azure.service.name",
          `the name "${azure.service.name}" stays taken for 48 hours after the service is destroyed`,
          "purge the deleted service (az apim deletedservice purge), take it back with azure.service.restore: true, or leave the name out",
        ),
      ]),
  ...(azure.service.restore
    ? [
        warning(
          "service-restored",
          "azure.service.restore",
          "the deleted service comes back as it was, and every other setting of the service is ignored in that deployment",
          "set azure.service.restore: false and deploy again before traffic is sent there",
        ),
      ]
    : []),
];

const developer: Rule = (_model, variant) =>
  variant === "Developer"
    ? [warning("developer-tier", "azure.tier", "Developer has one unit and no service level", "use another tier for production")]
    : [];

const existing: Rule = ({ azure }) =>
  azure.service.existing === undefined
    ? []
    : [
        info(
          "service-of-others",
          "azure.service.existing",
          "tier, host name, certificate, protocols and authorities of the service are its owner's; every deployment reads them and stops when they no longer fit",
          "let this stack create the service, or watch its settings",
        ),
      ];

const staticRsa: Rule = ({ edge, azure }, variant) =>
  edge === "none" && azure.selfHostedGateway === undefined && tierFacts(variant).family === "classic"
    ? [
        info(
          "cipher-static-rsa",
          "tls.minimumVersion",
          "the suite TLS_RSA_WITH_AES_256_GCM_SHA384, which has no forward secrecy, cannot be switched off; clients that can do better never choose it",
          "set edge: cdn, where Front Door offers suites with forward secrecy only",
        ),
      ]
    : [];

const portal: Rule = ({ azure }) =>
  azure.developerPortal
    ? [
        info(
          "developer-portal",
          "azure.developerPortal",
          "the developer portal answers under its own name, which no rule of this document covers",
          "set azure.developerPortal: false unless people use it",
        ),
      ]
    : [];

const selfHosted: Rule = ({ azure }) =>
  azure.selfHostedGateway === undefined
    ? []
    : [
        warning(
          "gateway-token",
          "azure.selfHostedGateway",
          "the containers log in with a token that lasts 30 days at most, which this stack neither makes nor stores",
          "create and renew it with `az apim gateway token create`, and keep it in the Kubernetes secret that the manifest names",
        ),
      ];

const RULES: readonly Rule[] = [
  unverified,
  keyAlone,
  deviations,
  openId,
  freeCertificate,
  rotation,
  softDelete,
  developer,
  existing,
  portal,
  staticRsa,
  selfHosted,
];

import { commonName, parseChain } from "../../pki/chain.ts";
import { type Fault, fault } from "../../spec/faults.ts";
import type { GatewayModel } from "../../spec/model.ts";
import { decide } from "../capabilities.ts";
import { AZURE_CAPABILITIES } from "./capabilities/index.ts";
import type { Check } from "./check.ts";
import { INTERNAL, trustedAuthorities } from "./needs.ts";
import { NETWORK_CHECKS, selfHosted } from "./network-faults.ts";
import { compilePolicies } from "./policy/compile.ts";
import { countedLimits, MOST_LIMITS } from "./policy/limits.ts";
import { Profiles } from "./policy/profiles.ts";
import { listTiers, tierFacts, tiersWhere } from "./tiers.ts";

/** API Management takes no more authorities of one's own. */
const MOST_AUTHORITIES = 10;

/** The kind of key; everything else about certificates is judged for every cloud alike. */
const rsaKeys: Check = ({ tls, backends }) => [
  ...(tls.certificate.source === "imported" ? rsaOnly("tls.certificate.fullchain", tls.certificate.fullchain) : []),
  ...Object.values(backends).flatMap(({ name, tls: { clientCertificate } }) =>
    typeof clientCertificate === "object"
      ? rsaOnly(`backends.${name}.tls.clientCertificate.certificate`, clientCertificate.certificate)
      : [],
  ),
];

/** A PFX is built of RSA keys and certificates only. */
function rsaOnly(path: string, chain: string): Fault[] {
  return parseChain(chain).flatMap(({ publicKey, subject }) =>
    publicKey.asymmetricKeyType === "rsa"
      ? []
      : [
          fault(
            path,
            `"${commonName(subject)}" has a key of type ${publicKey.asymmetricKeyType}; API Management documents RSA only`,
            "use a certificate for an RSA key of 2048 bits or more, from authorities with RSA keys",
          ),
        ],
  );
}

const zoneOf = (model: GatewayModel): string | undefined => model.dns.zone?.split("/").at(-1)?.toLowerCase();

const zone: Check = (model) => {
  const name = zoneOf(model);
  if (name === undefined || !name.includes(".") || model.hostname === name || model.hostname.endsWith(`.${name}`)) return [];
  return [
    fault(
      "hostname",
      `"${model.hostname}" is not in the DNS zone "${name}"`,
      "name the zone that holds it in dns.zone, or leave dns.zone out and create the records elsewhere",
    ),
  ];
};

const publisher: Check = ({ azure }) =>
  azure.publisher.email !== undefined || azure.service.existing !== undefined
    ? []
    : [fault("azure.publisher.email", "is missing; a service cannot be created without the address its notices go to", "name an address")];

const service: Check = (model, variant) => {
  const { azure } = model;
  const { name, existing, restore, units, zones } = azure.service;
  const facts = tierFacts(variant);
  const faults: Fault[] = [];
  if (existing !== undefined) {
    if (azure.tier === "auto")
      faults.push(fault("azure.tier", "is auto, but an existing service has its tier", "name the tier of azure.service.existing"));
    if (name !== undefined)
      faults.push(fault("azure.service.name", "names a service to create besides an existing one", "keep one of the two"));
    if (azure.network.mode !== "none")
      faults.push(
        fault(
          "azure.network.mode",
          "places a service that is not this stack's",
          "remove it; the network of an existing service stays with its owner",
        ),
      );
    if (model.edge === "none" && model.tls.certificate.source !== "managed")
      faults.push(
        fault(
          "tls.certificate.source",
          `is ${model.tls.certificate.source}, but the certificate of an existing service is its owner's`,
          "set source: managed and name the owner's certificate in azure.certificate.keyVaultSecretId and keyVaultId, or let this stack create the service",
        ),
      );
    if (trustedAuthorities(model).includes(INTERNAL))
      faults.push(
        fault(
          "azure.service.existing",
          "cannot be made to trust the stack's own authority, which backends are verified by",
          "use tls.caCertificates, or let this stack create the service",
        ),
      );
  }
  if (restore && name === undefined)
    faults.push(
      fault(
        "azure.service.restore",
        "takes back a service by its name, and there is none",
        "name the deleted service in azure.service.name",
      ),
    );
  if (zones.length > 0 && !facts.zones)
    faults.push(
      fault(
        "azure.service.zones",
        `${variant} cannot be spread over availability zones`,
        `remove zones, or set azure.tier to ${listTiers(tiersWhere((tier) => tier.zones))}`,
      ),
    );
  else if (zones.length > units)
    faults.push(
      fault(
        "azure.service.zones",
        `${zones.length} zones need as many units, not ${units}`,
        `set azure.service.units: ${zones.length} or more`,
      ),
    );
  if ((variant === "Consumption" || variant === "Developer") && units > 1)
    faults.push(fault("azure.service.units", `${variant} has one unit at most`, "set azure.service.units: 1, or another tier"));
  return faults;
};

const certificate: Check = ({ azure, tls }) => {
  const { keyVaultSecretId, keyVaultId, freeManaged } = azure.certificate;
  const path = "azure.certificate";
  const faults: Fault[] = [];
  if (keyVaultSecretId !== undefined && tls.certificate.source !== "managed")
    faults.push(
      fault(
        `${path}.keyVaultSecretId`,
        `is only for source: managed, not ${tls.certificate.source}`,
        "remove it, or set tls.certificate.source: managed",
      ),
    );
  if (keyVaultSecretId !== undefined && keyVaultId === undefined)
    faults.push(
      fault(
        `${path}.keyVaultId`,
        "is missing; the service's identity needs a role on the vault",
        "give the resource id of the vault of keyVaultSecretId",
      ),
    );
  if (keyVaultSecretId !== undefined && freeManaged)
    faults.push(fault(`${path}.freeManaged`, "insists on a free certificate besides one of Key Vault", "keep one of the two"));
  return faults;
};

const authorities: Check = (model) => {
  const count = trustedAuthorities(model).length;
  return count <= MOST_AUTHORITIES
    ? []
    : [
        fault(
          "backends",
          `${count} authorities are to be trusted, and a service holds ${MOST_AUTHORITIES} at most`,
          "let fewer authorities issue the certificates",
        ),
      ];
};

const subscriptions: Check = ({ consumers, apiKeys }, variant) => {
  const most = tierFacts(variant).subscriptions;
  const count = apiKeys === undefined ? 0 : Object.keys(consumers).length;
  return count <= most
    ? []
    : [
        fault(
          "consumers",
          `${count} consumers need as many subscriptions; ${variant} has ${most}`,
          "remove consumers, or choose a larger tier in azure.tier",
        ),
      ];
};

const limits: Check = (model) => {
  const count = countedLimits(new Profiles(model));
  return count <= MOST_LIMITS
    ? []
    : [
        fault(
          "rateLimit",
          `the document has ${count} different limits, each of which the policy counts on every request that meets it; ${MOST_LIMITS} are kept`,
          "give routes the same limits, or use plans",
        ),
      ];
};

const issuers: Check = ({ azure, jwtProviders }) =>
  Object.keys(azure.openIdConfigurations).flatMap((name) =>
    jwtProviders[name] === undefined
      ? [
          fault(
            `azure.openIdConfigurations.${name}`,
            "is no provider that a route uses",
            Object.keys(jwtProviders).length === 0 ? "remove it" : `name one of ${Object.keys(jwtProviders).join(", ")}`,
          ),
        ]
      : [],
  );

/** The compiled documents; only for a model that every control accepts, because the compiler relies on that. */
const policySize: Check = (model, variant) => {
  if (decide("azure", variant, AZURE_CAPABILITIES, model).faults.length > 0) return [];
  const most = tierFacts(variant).policyBytes;
  const { api, service: global, fragments } = compilePolicies(model);
  const largest = Math.max(...[api, global, ...Object.values(fragments)].map((text) => Buffer.byteLength(text)));
  if (largest <= most) return [];
  const larger = tiersWhere((facts) => facts.policyBytes >= largest && facts.family !== "consumption");
  return [
    fault(
      "routes",
      `the policy document has ${largest} bytes, ${variant} takes ${most}`,
      `${larger.length > 0 ? `set azure.tier to ${listTiers(larger)}, or ` : ""}use prefixes or templates, give routes equal settings, or split them over two gateways`,
    ),
  ];
};

const TIER_CHECKS: readonly Check[] = [service, ...NETWORK_CHECKS, selfHosted, subscriptions, policySize];
const CHECKS: readonly Check[] = [rsaKeys, zone, publisher, certificate, authorities, limits, issuers];

/** Faults another tier might not have. */
export const tierFaults: Check = (model, variant) => TIER_CHECKS.flatMap((check) => check(model, variant));

/** Faults that belong to no single control: names, zones, certificates, the network, quotas. */
export const azureFaults: Check = (model, variant) => [...CHECKS.flatMap((check) => check(model, variant)), ...tierFaults(model, variant)];

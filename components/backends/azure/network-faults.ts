import ipaddr from "ipaddr.js";
import { type Fault, fault } from "../../spec/faults.ts";
import type { Backend } from "../../spec/model.ts";
import type { Check } from "./check.ts";
import { servesFreeCertificate, usedBackends } from "./needs.ts";
import { listTiers, tierFacts, tiersWhere } from "./tiers.ts";

const placement: Check = ({ azure }, variant) => {
  const { mode, subnetId, addressSpace, onPremises } = azure.network;
  const { networkModes } = tierFacts(variant);
  const faults: Fault[] = [];
  if (!networkModes.includes(mode))
    faults.push(
      fault(
        "azure.network.mode",
        `${variant} cannot be placed in a virtual network as ${mode}`,
        `set azure.tier to ${listTiers(tiersWhere((facts) => facts.networkModes.includes(mode)))}, or another mode`,
      ),
    );
  if (mode === "none" && subnetId !== undefined)
    faults.push(fault("azure.network.subnetId", "is set although the service is placed in no network", "set azure.network.mode"));
  if (mode === "none" && onPremises !== undefined && azure.selfHostedGateway === undefined)
    faults.push(fault("azure.network.onPremises", "leads from a virtual network that is not there", "set azure.network.mode"));
  if (onPremises !== undefined && onPremises.type !== "existing" && subnetId !== undefined)
    faults.push(
      fault(
        "azure.network.onPremises",
        "the network of an existing subnet is not this stack's to connect",
        "connect it there and set type: existing, or remove azure.network.subnetId",
      ),
    );
  const [address, bits] = ipaddr.parseCIDR(addressSpace);
  if (address.kind() !== "ipv4" || bits < 20 || bits > 25)
    faults.push(
      fault("azure.network.addressSpace", `"${addressSpace}" is not an IPv4 block of /20 to /25`, "give one, such as 10.240.0.0/24"),
    );
  return faults;
};

/** The authority of free certificates checks the name from outside. */
const freeCertificate: Check = (model) =>
  model.azure.network.mode === "internal" && servesFreeCertificate(model)
    ? [
        fault(
          "azure.network.mode",
          "internal keeps out the authority that checks the name before it issues API Management's own free certificate",
          "name a certificate of Key Vault in azure.certificate.keyVaultSecretId and keyVaultId, or set mode: external",
        ),
      ]
    : [];

/** A tunnel leads to the declared blocks, and to nothing else. */
const tunnel: Check = ({ azure, backends }) => {
  const { addressSpace, onPremises } = azure.network;
  if (onPremises?.type !== "vpn") return [];
  const { addressSpaces } = onPremises;
  const overlapping = addressSpaces.filter((block) => overlaps(block, addressSpace));
  return [
    ...overlapping.map((block) =>
      fault(
        "azure.network.onPremises.addressSpaces",
        `"${block}" overlaps the network's own block "${addressSpace}"`,
        "set azure.network.addressSpace to a block that is free on premises",
      ),
    ),
    ...Object.values(backends).flatMap(({ name, network }) =>
      network.type !== "onPremises"
        ? []
        : network.addresses
            .filter((address) => !addressSpaces.some((block) => lies(address, block)))
            .map((address) =>
              fault(
                `backends.${name}.network.addresses`,
                `"${address}" lies in no block of azure.network.onPremises.addressSpaces, so that the tunnel does not lead there`,
                "add its block there, or give an address that lies in one",
              ),
            ),
    ),
  ];
};

const lies = (address: string, block: string): boolean => {
  const one = ipaddr.parse(address);
  const [base, bits] = ipaddr.parseCIDR(block);
  return one.kind() === base.kind() && one.match(base, bits);
};

const overlaps = (one: string, other: string): boolean => lies(one.split("/")[0] ?? "", other) || lies(other.split("/")[0] ?? "", one);

/** A name in the network has one set of addresses, whichever backend asks. */
const names: Check = (model) => {
  const { mode } = model.azure.network;
  if (mode === "none" || model.azure.service.existing !== undefined) return [];
  return [...Map.groupBy(usedBackends(model), ({ host }) => host)].flatMap(([host, [first, ...others]]) =>
    others
      .filter((other) => first !== undefined && addressesOf(first) !== addressesOf(other))
      .map(({ name }) =>
        fault(
          `backends.${name}.network.addresses`,
          `"${host}" has other addresses in backends.${first?.name}, and a name leads to the same addresses for every backend`,
          "give both the same network and addresses, or hosts of their own",
        ),
      ),
  );
};

/** A network that this stack makes has addresses of IPv4 alone. */
const families: Check = (model) => {
  const { mode, subnetId } = model.azure.network;
  if (mode === "none" || subnetId !== undefined || model.azure.service.existing !== undefined) return [];
  return usedBackends(model).flatMap(({ name, network }) =>
    network.type === "public" || network.addresses.length === 0 || network.addresses.some((one) => ipaddr.IPv4.isValid(one))
      ? []
      : [
          fault(
            `backends.${name}.network.addresses`,
            "are of IPv6 alone, and the network this stack makes has IPv4 alone",
            "add an IPv4 address, or name a subnet that reaches them in azure.network.subnetId",
          ),
        ],
  );
};

const addressesOf = ({ network }: Backend): string => (network.type === "public" ? "" : [...network.addresses].sort().join());

/** What a gateway on premises needs of the service and of the certificate it serves. */
export const selfHosted: Check = ({ azure, tls }, variant) => {
  if (azure.selfHostedGateway === undefined) return [];
  const faults: Fault[] = [];
  if (!tierFacts(variant).selfHostedGateways)
    faults.push(
      fault(
        "azure.selfHostedGateway",
        `${variant} has no self-hosted gateways`,
        `set azure.tier to ${listTiers(tiersWhere((facts) => facts.selfHostedGateways))}`,
      ),
    );
  if (variant === "Developer" && azure.selfHostedGateway.replicas > 1)
    faults.push(fault("azure.selfHostedGateway.replicas", "Developer allows one replica", "set replicas: 1, or azure.tier: Premium"));
  if (azure.service.existing !== undefined)
    faults.push(
      fault(
        "azure.selfHostedGateway",
        "serves a certificate that the service has to read from a vault, and the identities of an existing service are its owner's",
        "let this stack create the service, or remove azure.selfHostedGateway",
      ),
    );
  if (tls.certificate.source === "managed" && azure.certificate.keyVaultSecretId === undefined)
    faults.push(
      fault(
        "azure.selfHostedGateway",
        "API Management's own free certificate is served by the cloud's gateways only",
        "name a certificate of Key Vault in azure.certificate.keyVaultSecretId and keyVaultId, or use another tls.certificate.source",
      ),
    );
  return faults;
};

/** The network of the service, and what it leads to. */
export const NETWORK_CHECKS: readonly Check[] = [placement, freeCertificate, tunnel, names, families];

import { NamedValue } from "@pulumi/azure-native/apimanagement/namedValue.js";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity/userAssignedIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import type { Backend, BridgeSummary, BuildContext, BuildResult, DnsRecord } from "../contract.ts";
import { internalServices } from "../internal-services.ts";
import { alarms } from "./alarms.ts";
import { gatewayApi } from "./api.ts";
import { authority as makeAuthority } from "./authority.ts";
import { backends } from "./backends.ts";
import { AzureBuild } from "./build.ts";
import { type FrontCertificate, frontCertificate } from "./certificate.ts";
import { consumers } from "./consumers.ts";
import { dashboard } from "./dashboard.ts";
import { azureDeclaration } from "./declaration.ts";
import { findZone, record, type Zone } from "./dns.ts";
import { existingService } from "./existing-service.ts";
import { type Edge, type EdgeLock, edge, edgeLock } from "./front-door.ts";
import { line } from "./line.ts";
import { telemetry } from "./logs.ts";
import { needsAuthority } from "./needs.ts";
import { type ServiceNetwork, serviceNetwork } from "./network.ts";
import { frontDoorNamedValue, originSecretNamedValue } from "./policy/origin.ts";
import { privateNames } from "./private-names.ts";
import { selfHosted } from "./self-hosted.ts";
import { createService, type Service } from "./service.ts";
import { serviceVault } from "./service-vault.ts";
import { GatewayVault, readerOf } from "./vault.ts";

export const backend: Backend = { declaration: azureDeclaration, build };

function build(context: BuildContext): BuildResult {
  const b = new AzureBuild(context);
  const { azure } = b.model;
  const identity = needsIdentity(b)
    ? new UserAssignedIdentity(`${b.name}-identity`, { resourceGroupName: b.group, tags: b.tags, ...b.inLocation }, b.opts())
    : undefined;
  const vault = once(() => new GatewayVault(b, identity));
  const authority = once(() => makeAuthority(b));
  const network = serviceNetwork(b);
  if (network) line(b, network);
  const names = network ? privateNames(b, network) : [];
  const certificate = certificateOf(b, identity, vault, authority);
  const service =
    azure.service.existing === undefined
      ? createService(b, identity as UserAssignedIdentity, certificate, authority, network)
      : existingService(b, azure.service.existing);
  const lock = b.model.edge === "cdn" ? edgeLock(b, identity as UserAssignedIdentity) : undefined;
  const values = lock ? lockValues(b, service, lock, identity, vault) : [];
  const api = gatewayApi(b, service, [...values, ...backends(b, service, authority, names)]);
  const keys = consumers(b, service, api.api, api.policy);
  const { workspace, last } = telemetry(b, service, api, azure.service.existing === undefined ? identity : undefined, keys.last);
  const manifest = selfHosted(b, service, api, certificate, identity, last);
  const front = lock ? edge(b, lock, service, certificate, [api.policy]) : undefined;
  if (azure.service.existing !== undefined)
    b.enforced.note(
      api.api,
      "tls.version",
      `tls.certificate.${b.model.tls.certificate.source}`,
      "ddos.standard",
      "observe.metrics",
      "backend.private",
    );
  if (workspace) {
    const vaultId =
      vault.made()?.vault.id ?? (azure.certificate.keyVaultId === undefined ? undefined : pulumi.output(azure.certificate.keyVaultId));
    alarms(b, { service, workspace, vaultId });
    if (b.model.observability.accessLogs) dashboard(b, workspace);
  }
  internalServices({
    name: b.name,
    model: b.model,
    opts: b.opts.bind(b),
    issuer: authority,
    store: once(() => serviceVault(b)),
  });
  return {
    enforcedBy: b.enforced,
    outputs: {
      url: `https://${b.model.hostname}`,
      hostname: b.model.hostname,
      dnsRecords: records(b, service, front, network),
      certificate: certificate.summary,
      consumers: keys.output,
      bridge: bridge(b, manifest),
    },
  };
}

/** An identity reads Key Vault, sends traces and serves Front Door; a service of others needs none without them. */
const needsIdentity = ({ model }: AzureBuild): boolean => model.azure.service.existing === undefined || model.edge === "cdn";

function once<T>(make: () => T): (() => T) & { made(): T | undefined } {
  let value: T | undefined;
  const get = () => {
    value ??= make();
    return value;
  };
  return Object.assign(get, { made: () => value });
}

function certificateOf(
  b: AzureBuild,
  identity: UserAssignedIdentity | undefined,
  vault: () => GatewayVault,
  authority: () => CertificateIssuer,
): FrontCertificate {
  const { service, certificate } = b.model.azure;
  const served = service.existing === undefined || b.model.edge === "cdn";
  const made = served ? frontCertificate(b, vault, authority) : ownersCertificate(b);
  if (needsAuthority(b.model))
    for (const root of authority().resources) b.enforced.note(root, "backend.tls.internal", "backend.clientCertificate.internal");
  if (certificate.keyVaultId === undefined || identity === undefined) return made;
  const reader = readerOf(b, "certificate-reader", certificate.keyVaultId, identity);
  return { ...made, ready: [...made.ready, b.enforced.note(reader, "tls.certificate.managed")] };
}

/** The certificate of a service of others, of which this stack knows nothing. */
const ownersCertificate = (b: AzureBuild): FrontCertificate => ({
  secretId: undefined,
  secretResourceId: undefined,
  ready: [],
  summary: pulumi.output({ source: "managed" as const, issuer: "", names: [b.model.hostname], notAfter: "", caCertificate: "" }),
});

/** What the policy compares Front Door's headers with. */
function lockValues(
  b: AzureBuild,
  service: Service,
  lock: EdgeLock,
  identity: UserAssignedIdentity | undefined,
  vault: () => GatewayVault,
): NamedValue[] {
  const inService = { resourceGroupName: service.group, serviceName: service.name };
  const identifier = new NamedValue(
    `${b.name}-front-door-id`,
    {
      ...inService,
      namedValueId: frontDoorNamedValue(b.model),
      displayName: frontDoorNamedValue(b.model),
      value: lock.identifier,
      secret: false,
    },
    b.opts(),
  );
  const name = originSecretNamedValue(b.model);
  const common = { ...inService, namedValueId: name, displayName: name, secret: true };
  // A service of others reads no vault of this stack.
  if (service.resource === undefined || identity === undefined)
    return [identifier, new NamedValue(`${b.name}-front-door-secret`, { ...common, value: lock.secret }, b.opts())];
  const { id, ready } = vault().secret("front-door-secret", lock.secret);
  const secret = new NamedValue(
    `${b.name}-front-door-secret`,
    { ...common, keyVault: { secretIdentifier: id, identityClientId: identity.clientId } },
    b.opts({ dependsOn: [...ready] }),
  );
  return [identifier, b.enforced.note(secret, "edge")];
}

/** The records of the gateway: written in the zone, or given out. */
function records(
  b: AzureBuild,
  service: Service,
  front: Edge | undefined,
  network: ServiceNetwork | undefined,
): pulumi.Output<DnsRecord[]> {
  const { hostname, azure } = b.model;
  if (azure.selfHostedGateway !== undefined) return pulumi.output([]);
  const proof = `_dnsauth.${hostname}`;
  const zone = findZone(b);
  if (zone) {
    address(b, zone, service, front, network);
    if (front) record(b, "proof", zone, proof, { type: "TXT", value: front.validation });
    return pulumi.output([]);
  }
  if (front)
    return pulumi.all([front.hostName, front.validation]).apply(([target, validation]) => [
      { name: proof, type: "TXT" as const, value: validation, purpose: "ownership" },
      { name: hostname, type: "CNAME" as const, value: target, purpose: "address" },
    ]);
  return pulumi
    .all([service.address, service.privateAddresses])
    .apply(([target, [inside]]) => [
      inside !== undefined && network?.type === "Internal"
        ? { name: hostname, type: "A" as const, value: inside, purpose: "address" }
        : { name: hostname, type: "CNAME" as const, value: target, purpose: "address" },
    ]);
}

function address(b: AzureBuild, zone: Zone, service: Service, front: Edge | undefined, network: ServiceNetwork | undefined): void {
  const { hostname } = b.model;
  if (front) {
    const apex = hostname === zone.name;
    record(b, "record", zone, hostname, apex ? { type: "alias", value: front.endpointId } : { type: "CNAME", value: front.hostName });
  } else if (network?.type === "Internal") {
    record(b, "record", zone, hostname, { type: "A", value: service.privateAddresses.apply(([inside]) => inside ?? "") });
  } else record(b, "record", zone, hostname, { type: "CNAME", value: service.address });
}

function bridge(b: AzureBuild, manifest: pulumi.Output<string> | undefined): pulumi.Input<BridgeSummary> | undefined {
  const { azure, backends: all } = b.model;
  const onPremises = Object.values(all).flatMap(({ name, network }) =>
    network.type === "onPremises" ? [{ name, addresses: network.addresses }] : [],
  );
  if (onPremises.length === 0 && manifest === undefined) return undefined;
  const via = azure.selfHostedGateway
    ? `self-hosted gateway in ${azure.selfHostedGateway.location}`
    : azure.network.onPremises?.type === "existing"
      ? "existing line of the virtual network"
      : (azure.network.onPremises?.type ?? "");
  const summary = onPremises.map((one) => ({ ...one, via, health: "requests by backend in the request log" }));
  return manifest === undefined ? { backends: summary } : manifest.apply((text) => ({ backends: summary, manifest: text }));
}

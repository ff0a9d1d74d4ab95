import type { GatewayModel, InternalService } from "../../spec/model.ts";
import { gatewayIdentity } from "../identity.ts";
import { hoursOf } from "../internal/hours.ts";
import type { CertificateIssuer, LeafRequest } from "../internal/issuer.ts";
import type { ServiceMaterial } from "./material.ts";

/** Services that get a certificate of the internal authority in a store of the cloud: those somebody is named for who may read it. */
export const storedServices = (model: GatewayModel): InternalService[] =>
  Object.values(model.internal?.services ?? {}).filter(({ reader, importToAcm }) => reader !== undefined || importToAcm);

/** The certificate a service shows, both as a server and when it calls others. */
export function serviceRequest(model: GatewayModel, service: InternalService): LeafRequest {
  const { internal } = model;
  if (internal === undefined) throw new Error("the document has no internal services");
  return {
    commonName: service.name.slice(0, 64),
    dnsNames: service.dnsNames,
    ipAddresses: service.ipAddresses,
    uris: [service.identity],
    usages: ["server", "client"],
    validityHours: hoursOf(internal.validityMs),
    earlyRenewalHours: hoursOf(internal.renewBeforeMs),
    keyGeneration: service.keyGeneration,
  };
}

/** Subject alternative names of those who may call a service. The gateway goes by its host name, too. */
export const allowedCallers = (model: GatewayModel, { callers }: InternalService): string[] =>
  callers.flatMap((caller) =>
    caller === "gateway" ? [gatewayIdentity(model.hostname)] : [model.internal?.services[caller]?.identity ?? ""].filter(Boolean),
  );

/** What a service gets. */
export function materialOf(model: GatewayModel, issuer: CertificateIssuer, service: InternalService): ServiceMaterial {
  const certificate = issuer.issue(`service-${service.name}`, serviceRequest(model, service));
  return { service: service.name, certificate, issuer, allowedCallers: allowedCallers(model, service), pkcs12: service.pkcs12 };
}

import { createRequire } from "node:module";
import { extname } from "node:path";
import { materialOf, storedServices } from "../pki/distribution/deliver.ts";
import type { CertificateStore } from "../pki/distribution/delivery.ts";
import type { ServiceMaterial } from "../pki/distribution/material.ts";
import type { CertificateIssuer } from "../pki/internal/issuer.ts";
import type { Options } from "../pki/internal/keys.ts";
import type { GatewayModel } from "../spec/model.ts";

/** What a backend gives to have services made. */
export interface ServicesBuild {
  readonly name: string;
  readonly model: GatewayModel;
  readonly opts: Options;
  readonly issuer: () => CertificateIssuer;
  /** Where identities go outside Kubernetes; asked for with the first one. */
  readonly store: () => CertificateStore;
}

/** Everything `internal` asks for: services' certificates where they belong, and the mesh. Without services nothing is made. */
export function internalServices(build: ServicesBuild): void {
  const { model, issuer, store } = build;
  const { internal } = model;
  if (internal === undefined || Object.keys(internal.services).length === 0) return;
  const materials = new Map<string, ServiceMaterial>();
  const material = (name: string): ServiceMaterial => {
    const service = internal.services[name];
    if (service === undefined) throw new Error(`no service ${name}`);
    const made = materials.get(name) ?? materialOf(model, issuer(), service);
    materials.set(name, made);
    return made;
  };
  for (const service of storedServices(model)) {
    const place = store();
    if (service.reader !== undefined) place.deliver(material(service.name), service.reader);
    if (service.importToAcm) place.importToAcm?.(service.name, material(service.name).certificate);
  }
  if (internal.kubernetes !== undefined) cluster().inCluster(build, internal.kubernetes, material);
}

const require = createRequire(import.meta.url);

/** Only documents with a cluster load the SDK of Kubernetes. */
const cluster = () => require(`./in-cluster${extname(import.meta.url)}`) as typeof import("./in-cluster.ts");

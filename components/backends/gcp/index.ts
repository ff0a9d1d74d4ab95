import * as pulumi from "@pulumi/pulumi";
import { GoogleSecretManager } from "../../pki/distribution/google-secret-manager.ts";
import type { Backend, BridgeSummary, BuildContext, BuildResult, DnsRecord } from "../contract.ts";
import { internalServices } from "../internal-services.ts";
import { once } from "../once.ts";
import { enableApis } from "./apis.ts";
import { authority } from "./authority.ts";
import { GcpBuild } from "./build.ts";
import { frontCertificate } from "./certificate.ts";
import { clientValidation } from "./client-validation.ts";
import { consumerKeys } from "./consumers.ts";
import { gcpDeclaration } from "./declaration.ts";
import { findZone, record, type Zone } from "./dns.ts";
import { endpoints } from "./endpoints.ts";
import { noteSidecar } from "./enforced.ts";
import { firewall } from "./firewall.ts";
import { front } from "./front.ts";
import { gke } from "./gke.ts";
import { identity } from "./identity.ts";
import { lineOnPremises } from "./line.ts";
import { FOLDER, secretFiles } from "./materials.ts";
import { networkBackends } from "./needs.ts";
import { alarms, logs } from "./observability.ts";
import { cloudRun } from "./run.ts";
import { sidecarConfig } from "./sidecar/config.ts";

export const backend: Backend = { declaration: gcpDeclaration, build };

function build(context: BuildContext): BuildResult {
  const b = new GcpBuild(context);
  const { model } = b;
  const zone = findZone(b);
  b.after(enableApis(b));
  const ca = once(() => authority(b));
  const certificate = frontCertificate(b, zone, ca);
  const runner = identity(b);
  const service = endpoints(b, runner.member);
  const keys = consumerKeys(b, service);
  // Of keys it holds hashes only, so that it is no secret; a plan can show which part of it changed.
  const config = pulumi.unsecret(keys.accepted.apply((accepted) => sidecarConfig(model, accepted, { folder: FOLDER })));
  const files = secretFiles(b, ca);
  const line = lineOnPremises(b);
  const compute = (b.variant === "gke" ? gke : cloudRun)(b, service, runner, config, files);
  noteSidecar(b, compute.resources);
  const policy = firewall(b);
  const door = front(b, compute, certificate, clientValidation(b), policy);
  const written = zone === undefined ? [] : [addressRecord(b, zone, door.address.address, certificate.ready)];
  logs(b);
  alarms(b, door, written);
  internalServices({
    name: b.name,
    model,
    opts: b.opts.bind(b),
    issuer: ca,
    store: once(() => new GoogleSecretManager(b.name, { project: b.project, region: b.region, labels: b.labels }, b.opts.bind(b))),
  });
  return {
    outputs: {
      url: `https://${model.hostname}`,
      hostname: model.hostname,
      dnsRecords: dnsRecords(b, zone, certificate.dnsRecords, door.address.address),
      certificate: certificate.summary,
      consumers: keys.output,
      bridge: bridge(b, line),
    },
    enforcedBy: b.enforced,
  };
}

/** Only once the certificate is in its map does the name lead to the load balancer. */
function addressRecord(b: GcpBuild, zone: Zone, value: pulumi.Output<string>, after: readonly pulumi.Resource[]): pulumi.Resource {
  const name = pulumi.all(after.map((resource) => resource.urn)).apply(() => `${b.model.hostname}.`);
  return b.enforced.note(record(b, "address-record", zone, { name, type: "A", value }), "dns.zone");
}

function dnsRecords(
  b: GcpBuild,
  zone: Zone | undefined,
  validation: pulumi.Output<DnsRecord[]>,
  address: pulumi.Output<string>,
): pulumi.Output<DnsRecord[]> {
  if (zone !== undefined) return pulumi.output([]);
  return pulumi
    .all([validation, address])
    .apply(([records, value]) => [...records, { name: b.model.hostname, type: "A" as const, value, purpose: "address" }]);
}

function bridge(b: GcpBuild, line: string): BridgeSummary | undefined {
  const backends = networkBackends(b.model).flatMap(({ name, network, healthCheck }) =>
    network.type === "onPremises"
      ? [
          {
            name,
            addresses: network.addresses,
            via: `${b.variant === "gke" ? "the cluster's network" : "Direct VPC egress"}, ${line}`,
            health: healthCheck === undefined ? "seen in the access log only" : `asked by every Envoy at ${healthCheck.path}`,
          },
        ]
      : [],
  );
  return backends.length === 0 ? undefined : { backends };
}

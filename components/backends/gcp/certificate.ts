import { Certificate } from "@pulumi/gcp/certificatemanager/certificate.js";
import { CertificateMap } from "@pulumi/gcp/certificatemanager/certificateMap.js";
import { CertificateMapEntry } from "@pulumi/gcp/certificatemanager/certificateMapEntry.js";
import { DnsAuthorization } from "@pulumi/gcp/certificatemanager/dnsAuthorization.js";
import * as pulumi from "@pulumi/pulumi";
import { Certificate as AcmeCertificate } from "@pulumiverse/acme/certificate.js";
import { Provider as AcmeProvider } from "@pulumiverse/acme/provider.js";
import { Registration } from "@pulumiverse/acme/registration.js";
import { commonName, namesOf, parseChain } from "../../pki/chain.ts";
import { hoursOf } from "../../pki/internal/hours.ts";
import type { CertificateIssuer } from "../../pki/internal/issuer.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import type { CertificateSource } from "../../spec/model.ts";
import type { CertificateSummary, DnsRecord } from "../contract.ts";
import { contentName, type GcpBuild } from "./build.ts";
import { record, type Zone } from "./dns.ts";

/** The public host name's certificate, as the load balancer takes it. */
export interface FrontCertificate {
  readonly map: CertificateMap;
  /** What has to be there before the address is given out. */
  readonly ready: readonly pulumi.Resource[];
  readonly summary: pulumi.Output<CertificateSummary>;
  readonly dnsRecords: pulumi.Output<DnsRecord[]>;
}

/** A map with one name: a client that asks for another gets no certificate at all. */
export function frontCertificate(b: GcpBuild, zone: Zone | undefined, authority: () => CertificateIssuer): FrontCertificate {
  const { certificate: source } = b.model.tls;
  const issued = source.source === "managed" ? managed(b, zone) : selfManaged(b, source, zone, authority);
  const map = new CertificateMap(`${b.name}-certificates`, b.labelled("certificates"), b.opts());
  const entry = new CertificateMapEntry(
    `${b.name}-certificate-entry`,
    { ...b.labelled("certificate-entry"), map: map.name, hostname: b.model.hostname, certificates: [issued.certificate.id] },
    b.opts(),
  );
  for (const resource of [issued.certificate, entry, map]) b.enforced.note(resource, `tls.certificate.${source.source}`);
  b.enforced.note(map, "host.only");
  return { map, ready: [entry], summary: issued.summary, dnsRecords: issued.dnsRecords };
}

interface Issued {
  readonly certificate: Certificate;
  readonly summary: pulumi.Output<CertificateSummary>;
  readonly dnsRecords: pulumi.Output<DnsRecord[]>;
}

/** Validated by a record of its own, so that it is there before traffic comes. */
function managed(b: GcpBuild, zone: Zone | undefined): Issued {
  const { hostname } = b.model;
  const authorization = new DnsAuthorization(
    `${b.name}-certificate-proof`,
    { ...b.labelled("certificate-proof"), domain: hostname },
    b.opts(),
  );
  const proof = authorization.dnsResourceRecords.apply((records) => ({
    name: records[0]?.name ?? "",
    type: records[0]?.type ?? "CNAME",
    data: records[0]?.data ?? "",
  }));
  const written =
    zone === undefined ? [] : [record(b, "certificate-proof-record", zone, { name: proof.name, type: proof.type, value: proof.data })];
  const certificate = new Certificate(
    `${b.name}-certificate`,
    {
      ...b.labelled(contentName("certificate", hostname)),
      managed: { domains: [hostname], dnsAuthorizations: [authorization.id] },
    },
    b.opts({ dependsOn: written }),
  );
  for (const resource of [authorization, ...written]) b.enforced.note(resource, "tls.certificate.managed");
  return {
    certificate,
    summary: pulumi.output({ source: "managed" as const, issuer: "Google", names: [hostname], notAfter: "", caCertificate: "" }),
    dnsRecords:
      zone === undefined
        ? proof.apply(({ name, data }) => [{ name, type: "CNAME" as const, value: data, purpose: "certificate validation" }])
        : pulumi.output([]),
  };
}

interface Material {
  readonly fullchain: pulumi.Output<string>;
  readonly privateKey: pulumi.Output<string>;
  readonly summary: pulumi.Output<CertificateSummary>;
}

/** Named after its content: a renewed one is there, and in the map, before the old one goes. */
function selfManaged(
  b: GcpBuild,
  source: Exclude<CertificateSource, { source: "managed" }>,
  zone: Zone | undefined,
  authority: () => CertificateIssuer,
): Issued {
  const { fullchain, privateKey, summary } = materialOf(b, source, zone, authority);
  const certificate = new Certificate(
    `${b.name}-certificate`,
    {
      ...b.labelled("certificate"),
      name: fullchain.apply((pem) => contentName(`${b.name}-certificate`, pem)),
      selfManaged: { pemCertificate: fullchain, pemPrivateKey: privateKey },
    },
    b.opts(),
  );
  return { certificate, summary, dnsRecords: pulumi.output([]) };
}

function materialOf(
  b: GcpBuild,
  source: Exclude<CertificateSource, { source: "managed" }>,
  zone: Zone | undefined,
  authority: () => CertificateIssuer,
): Material {
  switch (source.source) {
    case "imported":
      return imported(b, source);
    case "acme":
      return acme(b, source, zone);
    case "internal": {
      const ca = authority();
      const names = [b.model.hostname];
      const validityHours = hoursOf(source.validityMs);
      const issued = ca.issue("front", { commonName: b.model.hostname, dnsNames: names, usages: ["server"], validityHours });
      return {
        fullchain: issued.fullchainPem,
        privateKey: issued.privateKeyPem,
        summary: pulumi.all([issued.notAfter, ca.trustBundlePem, ca.displayName]).apply(([notAfter, caCertificate, issuer]) => ({
          source: "internal" as const,
          issuer,
          names,
          notAfter,
          caCertificate,
        })),
      };
    }
  }
}

function imported(b: GcpBuild, source: Extract<CertificateSource, { source: "imported" }>): Material {
  const [first] = parseChain(source.fullchain);
  return {
    fullchain: pulumi.output(source.fullchain),
    privateKey: matchingKey(b.secrets.get(source.privateKey), source.fullchain, "tls.certificate.privateKey"),
    summary: pulumi.output({
      source: "imported" as const,
      issuer: commonName(first?.issuer),
      names: first === undefined ? [b.model.hostname] : namesOf(first),
      notAfter: first?.validToDate.toISOString() ?? "",
      caCertificate: "",
    }),
  };
}

function acme(b: GcpBuild, source: Extract<CertificateSource, { source: "acme" }>, zone: Zone | undefined): Material {
  const provider = new AcmeProvider(`${b.name}-acme`, { serverUrl: source.directoryUrl }, b.opts());
  const account = new Registration(
    `${b.name}-acme-account`,
    { emailAddress: source.email, accountKeyAlgorithm: "ECDSA", accountKeyEcdsaCurve: "P256" },
    b.opts({ provider }),
  );
  const issued = new AcmeCertificate(
    `${b.name}-acme-certificate`,
    {
      accountKeyPem: account.accountKeyPem,
      commonName: b.model.hostname,
      keyType: source.keyType === "P256" || source.keyType === "P384" ? source.keyType : source.keyType.slice(3),
      useRenewalInfo: true,
      minDaysRemaining: 30,
      // A replaced certificate may still be in use somewhere; it ends by itself.
      revokeCertificateOnDestroy: false,
      dnsChallenges: [{ provider: "gcloud", config: { GCE_PROJECT: b.project, GCE_ZONE_ID: zone?.name ?? "" } }],
    },
    b.opts({ provider }),
  );
  b.enforced.note(issued, "tls.certificate.acme");
  return {
    fullchain: pulumi.interpolate`${issued.certificatePem}${issued.issuerPem}`,
    privateKey: pulumi.secret(issued.privateKeyPem),
    summary: issued.certificateNotAfter.apply((notAfter) => ({
      source: "acme" as const,
      issuer: source.directoryUrl,
      names: [b.model.hostname],
      notAfter,
      caCertificate: "",
    })),
  };
}

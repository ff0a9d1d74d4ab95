import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { Record as Route53Record } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";
import { Certificate as AcmeCertificate } from "@pulumiverse/acme/certificate.js";
import { Provider as AcmeProvider } from "@pulumiverse/acme/provider.js";
import { Registration } from "@pulumiverse/acme/registration.js";
import { commonName, namesOf, parseChain, splitChain } from "../../pki/chain.ts";
import { hoursOf } from "../../pki/internal/hours.ts";
import { type CertificateIssuer, wholeChain } from "../../pki/internal/issuer.ts";
import { matchingKey } from "../../pki/matching-key.ts";
import type { CertificateSource } from "../../spec/model.ts";
import type { CertificateSummary, DnsRecord } from "../contract.ts";
import { type AwsBuild, EDGE_REGION } from "./build.ts";
import { amazonMayIssue, type Zone } from "./dns.ts";

/** The public host name's certificate, wherever it is needed. */
export interface FrontCertificate {
  /** For the regional domain; usable, that is issued. */
  readonly arn: pulumi.Output<string>;
  /** For CloudFront. */
  readonly edgeArn: pulumi.Output<string> | undefined;
  readonly resource: Certificate;
  readonly summary: pulumi.Output<CertificateSummary>;
  readonly dnsRecords: pulumi.Output<DnsRecord[]>;
}

/** Longest wait for a certificate's DNS validation; AWS itself would wait for three days. */
const VALIDATION_TIMEOUT = "30m";

export function frontCertificate(b: AwsBuild, zone: Zone | undefined, authority: () => CertificateIssuer): FrontCertificate {
  const { certificate: source } = b.model.tls;
  const control = `tls.certificate.${source.source}` as const;
  if (source.source === "managed") {
    const main = validated(b, "certificate", b.model.hostname, [], zone, b.inRegion);
    const edge = b.edge
      ? validated(b, "edge-certificate", b.model.hostname, [], undefined, { region: EDGE_REGION }, main.records)
      : undefined;
    for (const resource of [...main.resources, ...(edge?.resources ?? [])]) b.enforced.note(resource, control);
    return {
      arn: main.arn,
      edgeArn: edge?.arn,
      resource: main.certificate,
      summary: main.certificate.notAfter.apply((notAfter) => ({
        source: "managed" as const,
        issuer: "Amazon",
        names: [b.model.hostname],
        notAfter: notAfter ?? "",
        caCertificate: "",
      })),
      dnsRecords: zone === undefined ? main.exported : pulumi.output([]),
    };
  }
  const material = materialOf(b, source, zone, authority);
  const args = { certificateBody: material.leaf, certificateChain: material.chain, privateKey: material.privateKey, tags: b.tags };
  const main = new Certificate(`${b.name}-certificate`, { ...args, ...b.inRegion }, b.opts());
  const edge = b.edge ? new Certificate(`${b.name}-edge-certificate`, { ...args, region: EDGE_REGION }, b.opts()) : undefined;
  for (const resource of [main, ...(edge ? [edge] : []), ...material.resources]) b.enforced.note(resource, control);
  return { arn: main.arn, edgeArn: edge?.arn, resource: main, summary: material.summary, dnsRecords: pulumi.output([]) };
}

interface Material {
  readonly leaf: pulumi.Input<string>;
  readonly chain: pulumi.Input<string>;
  readonly privateKey: pulumi.Output<string>;
  readonly summary: pulumi.Output<CertificateSummary>;
  readonly resources: readonly pulumi.Resource[];
}

function materialOf(
  b: AwsBuild,
  source: Exclude<CertificateSource, { source: "managed" }>,
  zone: Zone | undefined,
  authority: () => CertificateIssuer,
): Material {
  const names = [b.model.hostname];
  switch (source.source) {
    case "imported": {
      const { leaf, chain } = splitChain(source.fullchain);
      const [first] = parseChain(source.fullchain);
      const privateKey = matchingKey(b.secrets.get(source.privateKey), source.fullchain, "tls.certificate.privateKey");
      const summary = {
        source: "imported" as const,
        issuer: commonName(first?.issuer),
        names: first === undefined ? names : namesOf(first),
        notAfter: first?.validToDate.toISOString() ?? "",
        caCertificate: "",
      };
      return { leaf, chain, privateKey, summary: pulumi.output(summary), resources: [] };
    }
    case "acme": {
      const provider = new AcmeProvider(`${b.name}-acme`, { serverUrl: source.directoryUrl }, b.opts());
      const opts = b.opts({ provider });
      const account = new Registration(
        `${b.name}-acme-account`,
        { emailAddress: source.email, accountKeyAlgorithm: "ECDSA", accountKeyEcdsaCurve: "P256" },
        opts,
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
          dnsChallenges: [{ provider: "route53", config: { AWS_HOSTED_ZONE_ID: zone?.id ?? "" } }],
        },
        opts,
      );
      const summary = { source: "acme" as const, issuer: source.directoryUrl, names, caCertificate: "" };
      return {
        leaf: issued.certificatePem,
        chain: issued.issuerPem,
        privateKey: pulumi.secret(issued.privateKeyPem),
        summary: issued.certificateNotAfter.apply((notAfter) => ({ ...summary, notAfter })),
        resources: [account, issued],
      };
    }
    case "internal": {
      const ca = authority();
      const issued = ca.issue("front", {
        commonName: b.model.hostname,
        dnsNames: names,
        usages: ["server"],
        validityHours: hoursOf(source.validityMs),
      });
      const summary = { source: "internal" as const, names };
      return {
        leaf: issued.certificatePem,
        chain: wholeChain(issued),
        privateKey: issued.privateKeyPem,
        summary: pulumi
          .all([issued.notAfter, ca.trustBundlePem, ca.displayName])
          .apply(([notAfter, caCertificate, issuer]) => ({ ...summary, issuer, notAfter, caCertificate })),
        resources: [issued.resource, ...ca.resources],
      };
    }
  }
}

export interface ValidatedCertificate {
  readonly certificate: Certificate;
  /** Known once the certificate is issued. */
  readonly arn: pulumi.Output<string>;
  /** Validation records written in the zone. */
  readonly records: readonly Route53Record[];
  /** Validation records to create elsewhere. */
  readonly exported: pulumi.Output<DnsRecord[]>;
  readonly resources: readonly pulumi.Resource[];
}

/**
 * A public certificate of ACM and the wait until it is issued. The records that validate a name are the same in every region, so that
 * `written` ones serve a second certificate.
 */
export function validated(
  b: AwsBuild,
  suffix: string,
  hostname: string,
  alternatives: readonly string[],
  zone: Zone | undefined,
  where: { region?: string },
  written: readonly Route53Record[] = [],
): ValidatedCertificate {
  const certificate = new Certificate(
    `${b.name}-${suffix}`,
    {
      domainName: pulumi.output(amazonMayIssue(hostname)),
      ...(alternatives.length > 0 ? { subjectAlternativeNames: [...alternatives] } : {}),
      validationMethod: "DNS",
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
  const option = (index: number) => certificate.domainValidationOptions.apply((options) => options[index]);
  const names = [hostname, ...alternatives];
  const records =
    zone === undefined
      ? []
      : names.map(
          (_, index) =>
            new Route53Record(
              index === 0 ? `${b.name}-${suffix}-validation` : `${b.name}-${suffix}-validation-${index + 1}`,
              {
                zoneId: zone.id,
                name: option(index).apply((o) => o?.resourceRecordName ?? ""),
                type: option(index).apply((o) => o?.resourceRecordType ?? "CNAME"),
                records: [option(index).apply((o) => o?.resourceRecordValue ?? "")],
                ttl: 300,
                allowOverwrite: true,
              },
              b.opts(),
            ),
        );
  const exported = certificate.domainValidationOptions.apply((options) =>
    (options ?? []).map(({ resourceRecordName, resourceRecordValue }) => ({
      name: resourceRecordName ?? "",
      type: "CNAME" as const,
      value: resourceRecordValue ?? "",
      purpose: "certificate validation",
    })),
  );
  if (zone === undefined && written.length === 0) announce(b, exported);
  const issued = new CertificateValidation(
    `${b.name}-${suffix}-issued`,
    { certificateArn: certificate.arn, validationRecordFqdns: [...records, ...written].map((record) => record.fqdn), ...where },
    // Without its records the certificate waits for people; with them for DNS.
    b.opts({ customTimeouts: { create: VALIDATION_TIMEOUT }, dependsOn: [...records, ...written] }),
  );
  return { certificate, arn: issued.certificateArn, records, exported, resources: [certificate, ...records, issued] };
}

/** Says which records the certificate waits for while it waits: the outputs come too late for that. */
function announce(b: AwsBuild, records: pulumi.Output<DnsRecord[]>): void {
  records.apply((list) => {
    if (pulumi.runtime.isDryRun()) return;
    for (const { name, value } of list)
      pulumi.log.warn(
        `Create the DNS record ${name} CNAME ${value} now: the certificate of ${b.model.hostname} waits for it for ${VALIDATION_TIMEOUT} at most.`,
      );
  });
}

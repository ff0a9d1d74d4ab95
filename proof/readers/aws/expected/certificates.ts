import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import type { Expected } from "../../expected.ts";
import { authority, leafOf, signed } from "../../internal/authority.ts";
import { signsServices } from "../../internal/services.ts";
import { between, is, like, type Matcher, type Shape, secret } from "../../shape.ts";
import { type Context, EDGE_REGION } from "./context.ts";
import { aboveOf } from "./private-ca.ts";

/** The front door's certificates, the one shown to backends, and the records that lead to the door. */
export function* certificates(c: Context): Generator<Expected> {
  const { tls, hostname } = c.model;
  const control = `tls.certificate.${tls.certificate.source}` as const;
  const own = certificateInputs(c);
  const type = "aws:acm/certificate:Certificate";
  yield { type, suffix: "certificate", control, inputs: { ...own, ...c.home } };
  if (c.edge) yield { type, suffix: "edge-certificate", control, inputs: { ...own, ...c.front } };
  if (tls.certificate.source === "managed") {
    yield* issued(c, "certificate", c.here, 0);
    if (c.edge) yield* issued(c, "edge-certificate", { region: EDGE_REGION }, undefined);
  }
  yield* addresses(c, hostname);
  yield* shownToBackends(c);
  yield* acme(c);
  if (tls.certificate.source === "internal")
    yield* signed(c, "front", control, {
      subject: { commonName: hostname },
      dnsNames: [hostname],
      uris: undefined,
      usages: ["server_auth"],
      hours: Math.ceil(tls.certificate.validityMs / 3_600_000),
    });
  const shown = Object.values(c.model.backends).some(({ tls: { clientCertificate } }) => clientCertificate === "internal");
  if (tls.certificate.source === "internal" || (shown && c.rest) || signsServices(c)) yield* authority(c, control);
}

/** The wait until Amazon has issued a certificate, and the records it waits for. Those of one region serve the others. */
export function* issued(c: Context, suffix: string, where: { region: Shape }, records: number | undefined): Generator<Expected> {
  const control = "tls.certificate.managed";
  const zoned = c.model.dns.zone !== undefined;
  yield {
    type: "aws:acm/certificateValidation:CertificateValidation",
    suffix: `${suffix}-issued`,
    control,
    inputs: {
      certificateArn: c.ref(suffix, "arn"),
      validationRecordFqdns: zoned
        ? Array.from({ length: records === undefined ? 1 : records + 1 }, (_, index) =>
            c.ref(`${records === undefined ? "certificate" : suffix}-validation${index === 0 ? "" : `-${index + 1}`}`, "fqdn"),
          )
        : [],
      ...where,
    },
  };
  if (!zoned || records === undefined) return;
  for (let index = 0; index <= records; index += 1) {
    const option = (field: string) => c.ref(suffix, `domainValidationOptions[${index}].resourceRecord${field}`);
    yield {
      type: "aws:route53/record:Record",
      suffix: `${suffix}-validation${index === 0 ? "" : `-${index + 1}`}`,
      control,
      inputs: {
        zoneId: c.zone,
        name: option("Name"),
        type: "CNAME",
        records: [option("Value")],
        ttl: between(1, 86_400),
        // The same name may have been validated for another stack before.
        allowOverwrite: true,
      },
    };
  }
}

function certificateInputs(c: Context): Record<string, Shape> {
  const { certificate } = c.model.tls;
  switch (certificate.source) {
    case "managed":
      return { domainName: c.model.hostname, validationMethod: "DNS" };
    case "imported": {
      const [leaf = "", ...chain] = sentChain(certificate.fullchain);
      return { certificateBody: pem([leaf]), certificateChain: pem(chain), privateKey: secret(keyOf(certificate.fullchain)) };
    }
    case "acme":
      return {
        certificateBody: c.ref("acme-certificate", "certificatePem"),
        certificateChain: c.ref("acme-certificate", "issuerPem"),
        privateKey: secret(c.ref("acme-certificate", "privateKeyPem")),
      };
    case "internal":
      return {
        certificateBody: leafOf(c, "front"),
        certificateChain: aboveOf(c, "front"),
        privateKey: secret(c.ref("front-key", "privateKeyPem")),
      };
  }
}

function* acme(c: Context): Generator<Expected> {
  const { certificate } = c.model.tls;
  if (certificate.source !== "acme") return;
  const control = "tls.certificate.acme";
  yield { type: "pulumi:providers:acme", suffix: "acme", control, inputs: { serverUrl: certificate.directoryUrl } };
  yield {
    type: "acme:index/registration:Registration",
    suffix: "acme-account",
    control,
    inputs: { emailAddress: certificate.email, accountKeyAlgorithm: "ECDSA", accountKeyEcdsaCurve: "P256" },
  };
  yield {
    type: "acme:index/certificate:Certificate",
    suffix: "acme-certificate",
    control,
    inputs: {
      accountKeyPem: secret(c.ref("acme-account", "accountKeyPem")),
      commonName: c.model.hostname,
      keyType: certificate.keyType.replace(/^RSA/, ""),
      useRenewalInfo: true,
      minDaysRemaining: between(14, 60),
      revokeCertificateOnDestroy: false,
      dnsChallenges: [{ provider: "route53", config: { AWS_HOSTED_ZONE_ID: c.zone } }],
    },
  };
}

/** IPv4 and IPv6 addresses of the host name, which follow the front door. */
function* addresses(c: Context, hostname: string): Generator<Expected> {
  if (c.model.dns.zone === undefined) return;
  const target = c.edge
    ? { name: c.ref("edge", "domainName"), zoneId: c.ref("edge", "hostedZoneId") }
    : c.rest
      ? { name: c.ref("domain", "regionalDomainName"), zoneId: c.ref("domain", "regionalZoneId") }
      : { name: c.ref("domain", "targetDomainName"), zoneId: c.ref("domain", "hostedZoneId") };
  for (const type of ["A", "AAAA"])
    yield {
      type: "aws:route53/record:Record",
      suffix: `address-${type.toLowerCase()}`,
      control: "dns.zone",
      inputs: { zoneId: c.zone, name: hostname, type, aliases: [{ ...target, evaluateTargetHealth: false }] },
    };
}

/** The certificate API Gateway shows to backends: a client's, of the stack's own authority, or the document's. */
function* shownToBackends(c: Context): Generator<Expected> {
  const wanted = Object.values(c.model.backends)
    .map(({ tls }) => tls.clientCertificate)
    .find((one) => one !== "none");
  if (wanted === undefined || !c.rest) return;
  const type = "aws:acm/certificate:Certificate";
  const suffix = "client-certificate";
  if (wanted !== "internal") {
    const [leaf = "", ...chain] = sentChain(wanted.certificate);
    yield {
      type,
      suffix,
      control: "backend.clientCertificate.imported",
      inputs: {
        certificateBody: pem([leaf]),
        certificateChain: chain.length > 0 ? pem(chain) : undefined,
        privateKey: secret(keyOf(wanted.certificate)),
        ...c.home,
      },
    };
    return;
  }
  const control = "backend.clientCertificate.internal";
  yield {
    type,
    suffix,
    control,
    inputs: {
      certificateBody: leafOf(c, "client"),
      certificateChain: aboveOf(c, "client"),
      privateKey: secret(c.ref("client-key", "privateKeyPem")),
      ...c.home,
    },
  };
  yield* signed(c, "client", control, {
    subject: { commonName: like(/^.+ gateway$/) },
    dnsNames: [c.model.hostname],
    uris: [`spiffe://${c.model.hostname}/gateway`],
    usages: ["client_auth"],
    hours: 8_760,
  });
}

/** The certificates of a text, each as the base64 of its DER. */
export const pemsOf = (text: string): string[] =>
  [...text.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/g)].map(([, body = ""]) => body.replace(/\s/g, ""));

/** A chain as it is sent: without the root, which whoever verifies it has. */
function sentChain(fullchain: string): string[] {
  const known = chains.get(fullchain) ?? pemsOf(fullchain).filter((der, index) => index === 0 || !isRoot(der));
  chains.set(fullchain, known);
  return known;
}

const chains = new Map<string, string[]>();

function isRoot(der: string): boolean {
  const { issuer, subject } = new X509Certificate(Buffer.from(der, "base64"));
  return issuer === subject;
}

/** A text of these certificates in this order, and nothing else. */
export function pem(certificates: readonly string[]): Matcher {
  return is("the certificates of the document", (value) => {
    if (typeof value !== "string" || value.replace(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g, "").trim() !== "")
      return false;
    return JSON.stringify(pemsOf(value)) === JSON.stringify(certificates);
  });
}

/** The private key of a certificate, as PEM and nothing else. */
function keyOf(fullchain: string): Matcher {
  return is("the certificate's key", (value) => {
    if (typeof value !== "string" || !/^-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]+-----END [A-Z ]*PRIVATE KEY-----\s*$/.test(value))
      return false;
    const known = `${sha(value)} ${sha(fullchain)}`;
    fits.set(known, fits.get(known) ?? new X509Certificate(fullchain).checkPrivateKey(createPrivateKey(value)));
    return fits.get(known) === true;
  });
}

const fits = new Map<string, boolean>();
const sha = (text: string): string => createHash("sha256").update(text).digest("base64");

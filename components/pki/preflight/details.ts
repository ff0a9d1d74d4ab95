import type { X509Certificate } from "node:crypto";
import { createRequire } from "node:module";
import type * as asn1 from "@peculiar/asn1-schema";
import type * as syntax from "@peculiar/asn1-x509";

// Loaded with the first certificate: most documents have none.
const load = createRequire(import.meta.url);
const schema = (): typeof asn1 => load("@peculiar/asn1-schema");
const structures = (): typeof syntax => load("@peculiar/asn1-x509");

const OID = {
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  nameConstraints: "2.5.29.30",
  crlDistributionPoints: "2.5.29.31",
  infoAccess: "1.3.6.1.5.5.7.1.1",
  ocsp: "1.3.6.1.5.5.7.48.1",
  feature: "1.3.6.1.5.5.7.1.24",
} as const;

/** Critical extensions every verifier acts on (RFC 5280, section 4.2). Another critical one makes verification fail. */
const UNDERSTOOD = new Set(["15", "17", "19", "30", "32", "36", "37", "54"].map((arc) => `2.5.29.${arc}`));

/** Subtrees of names an authority may, or may not, sign for. */
export interface NameConstraints {
  readonly permittedDns: readonly string[] | undefined;
  readonly excludedDns: readonly string[];
}

/** What stands in a certificate beyond what Node reads. */
export interface Details {
  readonly version: number;
  /** `cA` of the basic constraints. */
  readonly authority: boolean;
  /** Intermediates that may follow below an authority; undefined without a limit. */
  readonly pathLength: number | undefined;
  /** `keyUsage` by the names of RFC 5280; undefined when the extension is absent, which allows all. */
  readonly keyUsage: readonly string[] | undefined;
  readonly nameConstraints: NameConstraints | undefined;
  /** Addresses of certificate revocation lists. */
  readonly crls: readonly string[];
  /** Addresses of OCSP responders. */
  readonly ocsp: readonly string[];
  /** True when the certificate asks for a stapled OCSP response (RFC 7633). */
  readonly mustStaple: boolean;
  /** Critical extensions a verifier may not know. */
  readonly unknownCritical: readonly string[];
}

/** By fingerprint: a document is read more than once, and so are its certificates. */
const known = new Map<string, Details>();
/** So many stay known. */
const KEPT = 256;

/** Reads a certificate's extensions. @throws when one is not what its standard says */
export function detailsOf(certificate: X509Certificate): Details {
  const key = certificate.fingerprint256;
  const before = known.get(key);
  if (before !== undefined) return before;
  const details = read(certificate);
  if (known.size >= KEPT) known.clear();
  known.set(key, details);
  return details;
}

function read(certificate: X509Certificate): Details {
  const { AsnConvert } = schema();
  const x509 = structures();
  const { tbsCertificate } = AsnConvert.parse(certificate.raw, x509.Certificate);
  const extensions = [...(tbsCertificate.extensions ?? [])];
  const value = (oid: string) => extensions.find(({ extnID }) => extnID === oid)?.extnValue;
  const parse = <T>(oid: string, type: new () => T): T | undefined => {
    const found = value(oid);
    return found === undefined ? undefined : AsnConvert.parse(found, type);
  };
  const constraints = parse(OID.basicConstraints, x509.BasicConstraints);
  const names = parse(OID.nameConstraints, x509.NameConstraints);
  const points = parse(OID.crlDistributionPoints, x509.CRLDistributionPoints);
  const access = parse(OID.infoAccess, x509.AuthorityInfoAccessSyntax);
  const dns = (subtrees: Iterable<syntax.GeneralSubtree> | undefined) =>
    [...(subtrees ?? [])].flatMap(({ base }) => (base.dNSName === undefined ? [] : [base.dNSName.toLowerCase()]));
  const permitted = dns(names?.permittedSubtrees);
  return {
    version: tbsCertificate.version + 1,
    authority: constraints?.cA ?? false,
    pathLength: constraints?.pathLenConstraint,
    keyUsage: parse(OID.keyUsage, x509.KeyUsage)?.toJSON(),
    nameConstraints: names && {
      permittedDns: permitted.length > 0 ? permitted : undefined,
      excludedDns: dns(names.excludedSubtrees),
    },
    crls: [...(points ?? [])].flatMap(({ distributionPoint }) =>
      (distributionPoint?.fullName ?? []).flatMap((name) => name.uniformResourceIdentifier ?? []),
    ),
    ocsp: [...(access ?? [])].flatMap(({ accessMethod, accessLocation }) =>
      accessMethod === OID.ocsp ? (accessLocation.uniformResourceIdentifier ?? []) : [],
    ),
    // SEQUENCE OF INTEGER; 5 is status_request.
    mustStaple: Buffer.from(value(OID.feature)?.buffer ?? new ArrayBuffer(0)).includes(Buffer.from([2, 1, 5])),
    unknownCritical: extensions.filter(({ critical, extnID }) => critical && !UNDERSTOOD.has(extnID)).map(({ extnID }) => extnID),
  };
}

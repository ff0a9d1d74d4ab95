import type { ControlId } from "../../../../components/backends/controls.ts";
import { between, like, type Shape, secret } from "../../shape.ts";
import type { Context, Expected } from "./context.ts";

const KEY: Record<string, Shape> = { algorithm: "ECDSA", ecdsaCurve: "P256" };
const SIGNS: Shape = ["cert_signing", "crl_signing", "digital_signature"];
const HOUR = 3_600_000;

/** Every generation of a key is a resource of its own; the first has no number. */
const generation = (number: number): string => (number === 1 ? "" : `-g${number}`);

/** Generations of the stack's root: the one that signs, then whichever is trusted beside it. */
function roots(c: Context): number[] {
  const { generation: now, rollover } = c.model.internal?.authority ?? { generation: 1, rollover: "switch" };
  if (now === 1 || rollover === "finish") return [now];
  return rollover === "announce" ? [now - 1, now] : [now, now - 1];
}

/** The one of AWS Private CA that the document names, if it does. */
const privateCa = (c: Context) => {
  const issuer = c.model.internal?.authority.issuer;
  return issuer?.type === "awsPrivateCa" ? issuer : undefined;
};

/** The stack's own authority, where nobody else's is named. */
export function* authority(c: Context, control: ControlId): Generator<Expected> {
  if (privateCa(c) !== undefined) return;
  const below = c.model.internal?.authority.intermediate;
  const lasts = (c.model.internal?.authority.validityMs ?? 87_600 * HOUR) / HOUR;
  for (const number of roots(c)) {
    const last = generation(number);
    yield { type: "tls:index/privateKey:PrivateKey", suffix: `authority-key${last}`, control, inputs: KEY };
    yield {
      type: "tls:index/selfSignedCert:SelfSignedCert",
      suffix: `authority${last}`,
      control,
      inputs: {
        privateKeyPem: secret(c.ref(`authority-key${last}`, "privateKeyPem")),
        isCaCertificate: true,
        setSubjectKeyId: true,
        subject: { commonName: like(number === 1 ? /^.+ gateway authority$/ : new RegExp(`^.+ gateway authority ${number}$`)) },
        // One authority below it, and none below that.
        maxPathLength: below && 1,
        allowedUses: SIGNS,
        validityPeriodHours: lasts,
        // Renewed while what it signed still has most of its own life before it.
        earlyRenewalHours: between(8_760, 43_800),
      },
    };
  }
  if (below)
    yield* authorityBelow(
      c,
      "intermediate",
      control,
      new RegExp(`^.+ gateway authority, intermediate ${below.generation}$`),
      below.generation,
    );
}

/** An authority below the root, of some generation; by default one that is handed to somebody else, who signs with it by himself. */
export function* authorityBelow(
  c: Context,
  suffix: string,
  control: ControlId,
  called: RegExp = /^.+ authority$/,
  number = 1,
): Generator<Expected> {
  const last = generation(number);
  const root = generation(roots(c)[0] ?? 1);
  yield { type: "tls:index/privateKey:PrivateKey", suffix: `${suffix}-key${last}`, control, inputs: KEY };
  yield {
    type: "tls:index/certRequest:CertRequest",
    suffix: `${suffix}-request${last}`,
    control,
    inputs: { privateKeyPem: secret(c.ref(`${suffix}-key${last}`, "privateKeyPem")), subject: { commonName: like(called) } },
  };
  yield {
    type: "tls:index/locallySignedCert:LocallySignedCert",
    suffix: `${suffix}${last}`,
    control,
    inputs: {
      certRequestPem: c.ref(`${suffix}-request${last}`, "certRequestPem"),
      caCertPem: c.ref(`authority${root}`, "certPem"),
      caPrivateKeyPem: secret(c.ref(`authority-key${root}`, "privateKeyPem")),
      isCaCertificate: true,
      setSubjectKeyId: true,
      allowedUses: SIGNS,
      validityPeriodHours: between(17_520, 87_600),
      earlyRenewalHours: between(5_840, 43_800),
    },
  };
}

/** Such an authority's certificate and the root's. */
export const belowWithRoot = (c: Context, suffix: string): string =>
  `${c.ref(suffix, "certPem")}${c.ref(`authority${generation(roots(c)[0] ?? 1)}`, "certPem")}`;

/** What a certificate of the authority is for. */
export interface Signed {
  readonly subject: Shape;
  readonly dnsNames: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly uris: readonly string[] | undefined;
  readonly usages: readonly ("client_auth" | "server_auth")[];
  /** How long it holds. */
  readonly hours: number;
  /** How long before its end it is renewed. @default a quarter to a half of its life */
  readonly renewed?: number;
  /** @default 1 */
  readonly keyGeneration?: number;
}

/** Where the key of a certificate of the authority is. */
export const keyOfSigned = (suffix: string, keyGeneration = 1): string => `${suffix}-key${generation(keyGeneration)}`;

/** A key, the request for its certificate, and the certificate, which is renewed long before its end. */
export function* signed(c: Context, suffix: string, control: ControlId, wanted: Signed): Generator<Expected> {
  const key = keyOfSigned(suffix, wanted.keyGeneration);
  const some = (values: readonly string[] | undefined): Shape => (values !== undefined && values.length > 0 ? values : undefined);
  yield { type: "tls:index/privateKey:PrivateKey", suffix: key, control, inputs: KEY };
  yield {
    type: "tls:index/certRequest:CertRequest",
    suffix: `${suffix}-request`,
    control,
    inputs: {
      privateKeyPem: secret(c.ref(key, "privateKeyPem")),
      subject: wanted.subject,
      dnsNames: wanted.dnsNames,
      ipAddresses: some(wanted.ipAddresses),
      uris: some(wanted.uris),
    },
  };
  const life = {
    validityPeriodHours: wanted.hours,
    earlyRenewalHours: wanted.renewed ?? between(Math.floor(wanted.hours / 4), Math.ceil(wanted.hours / 2)),
  };
  yield* privateCa(c) === undefined ? signedByStack(c, suffix, control, wanted, life) : signedByAws(c, suffix, control, wanted, life);
}

function* signedByStack(
  c: Context,
  suffix: string,
  control: ControlId,
  { usages }: Signed,
  life: Record<string, Shape>,
): Generator<Expected> {
  const below = c.model.internal?.authority.intermediate;
  const [signer, key] = below
    ? [`intermediate${generation(below.generation)}`, `intermediate-key${generation(below.generation)}`]
    : [`authority${generation(roots(c)[0] ?? 1)}`, `authority-key${generation(roots(c)[0] ?? 1)}`];
  yield {
    type: "tls:index/locallySignedCert:LocallySignedCert",
    suffix,
    control,
    inputs: {
      certRequestPem: c.ref(`${suffix}-request`, "certRequestPem"),
      caCertPem: c.ref(signer, "certPem"),
      caPrivateKeyPem: secret(c.ref(key, "privateKeyPem")),
      allowedUses: ["digital_signature", ...usages],
      ...life,
    },
  };
}

/** AWS Private CA signs what the request says for as long as it is asked, and renews nothing: a certificate nobody is shown says when it is due. */
function* signedByAws(
  c: Context,
  suffix: string,
  control: ControlId,
  { usages, hours, keyGeneration }: Signed,
  life: Record<string, Shape>,
): Generator<Expected> {
  const { arn = "", signingAlgorithm } = privateCa(c) ?? {};
  const [, partition, , region] = arn.split(":");
  const template = usages.length > 1 ? "" : usages[0] === "server_auth" ? "ServerAuth" : "ClientAuth";
  yield {
    type: "tls:index/selfSignedCert:SelfSignedCert",
    suffix: `${suffix}-clock`,
    control,
    inputs: {
      privateKeyPem: secret(c.ref(keyOfSigned(suffix, keyGeneration), "privateKeyPem")),
      subject: { commonName: like(/never shown/) },
      // It is good for nothing.
      allowedUses: [],
      ...life,
    },
  };
  yield {
    type: "aws:acmpca/certificate:Certificate",
    suffix,
    control,
    inputs: {
      certificateAuthorityArn: arn,
      certificateSigningRequest: c.ref(`${suffix}-request`, "certRequestPem"),
      signingAlgorithm,
      templateArn: `arn:${partition}:acm-pca:::template/EndEntity${template}Certificate/V1`,
      region,
      validity: { type: "DAYS", value: String(hours / 24) },
    },
  };
}

/** A certificate of the authority alone. */
export const leafOf = (c: Context, suffix: string): string => c.ref(suffix, privateCa(c) ? "certificate" : "certPem");

/** What is sent after it. */
export function intermediatesOf(c: Context, suffix: string): string {
  const below = c.model.internal?.authority.intermediate;
  if (privateCa(c)) return c.ref(suffix, "certificateChain");
  return below ? c.ref(`intermediate${generation(below.generation)}`, "certPem") : "";
}

/** Everything above it, as importers want it. Both parts are cut out of one text where AWS signs. */
export const aboveOf = (c: Context, suffix: string): string =>
  `${intermediatesOf(c, suffix)}${privateCa(c) ? c.ref(suffix, "certificateChain") : c.ref(`authority${generation(roots(c)[0] ?? 1)}`, "certPem")}`;

/** Roots to trust, the one that signs first. */
export function trusted(c: Context): string {
  const chosen = privateCa(c);
  if (chosen === undefined)
    return roots(c)
      .map((number) => c.ref(`authority${generation(number)}`, "certPem"))
      .join("");
  return [chosen.arn, ...(chosen.alsoTrusted === undefined ? [] : [chosen.alsoTrusted])].map((arn) => `\${authority ${arn}}\n`).join("");
}

import type { ControlId } from "../../../components/backends/controls.ts";
import type { Expected } from "../expected.ts";
import { between, like, type Shape, secret } from "../shape.ts";
import type { Context, Life, Signed } from "./context.ts";

const KEY: Readonly<Record<string, Shape>> = { algorithm: "ECDSA", ecdsaCurve: "P256" };
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

/** The stack's own authority, where nobody else's is named. */
export function* authority(c: Context, control: ControlId): Generator<Expected> {
  if (c.signer !== undefined) return;
  const below = c.model.internal?.authority.intermediate;
  const lasts = (c.model.internal?.authority.validityMs ?? 87_600 * HOUR) / HOUR;
  for (const number of roots(c)) {
    const last = generation(number);
    yield { type: "tls:index/privateKey:PrivateKey", suffix: `authority-key${last}`, control, inputs: c.authorityKey ?? KEY };
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
      c.authorityKey,
    );
}

/** An authority below the root, of some generation; by default one that is handed to somebody else, who signs with it by himself. */
export function* authorityBelow(
  c: Context,
  suffix: string,
  control: ControlId,
  called: RegExp = /^.+ authority$/,
  number = 1,
  keyInputs = KEY,
): Generator<Expected> {
  const last = generation(number);
  const root = generation(roots(c)[0] ?? 1);
  yield { type: "tls:index/privateKey:PrivateKey", suffix: `${suffix}-key${last}`, control, inputs: keyInputs };
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
export const belowWithRoot = (c: Context, suffix: string): string => `${c.ref(suffix, "certPem")}${rootOf(c)}`;

/** Where the key of a certificate of the authority is. */
export const keyOfSigned = (suffix: string, keyGeneration = 1): string => `${suffix}-key${generation(keyGeneration)}`;

/** A key and a certificate of the authority for it, which is renewed long before its end. */
export function* signed(c: Context, suffix: string, control: ControlId, wanted: Signed): Generator<Expected> {
  const { hours, renewed, keyGeneration, rsaBits } = wanted;
  yield {
    type: "tls:index/privateKey:PrivateKey",
    suffix: keyOfSigned(suffix, keyGeneration),
    control,
    inputs: rsaBits === undefined ? KEY : { algorithm: "RSA", rsaBits },
  };
  const life: Life = {
    validityPeriodHours: hours,
    earlyRenewalHours: renewed ?? between(Math.floor(hours / 4), Math.ceil(hours / 2)),
  };
  yield* c.signer === undefined ? signedByStack(c, suffix, control, wanted, life) : c.signer.signed(suffix, control, wanted, life);
}

/** The request for a certificate, signed with its key. */
export function request(
  c: Context,
  suffix: string,
  control: ControlId,
  { subject, dnsNames, ipAddresses, uris, keyGeneration }: Signed,
): Expected {
  const some = (values: readonly string[] | undefined): Shape => (values !== undefined && values.length > 0 ? values : undefined);
  return {
    type: "tls:index/certRequest:CertRequest",
    suffix: `${suffix}-request`,
    control,
    inputs: {
      privateKeyPem: secret(c.ref(keyOfSigned(suffix, keyGeneration), "privateKeyPem")),
      subject,
      dnsNames: some(dnsNames),
      ipAddresses: some(ipAddresses),
      uris: some(uris),
    },
  };
}

/** Who renews nothing by himself has a certificate nobody is shown beside his, which says when that is due. */
export const clock = (c: Context, suffix: string, control: ControlId, { keyGeneration }: Signed, life: Life): Expected => ({
  type: "tls:index/selfSignedCert:SelfSignedCert",
  suffix: `${suffix}-clock`,
  control,
  inputs: {
    privateKeyPem: secret(c.ref(keyOfSigned(suffix, keyGeneration), "privateKeyPem")),
    subject: { commonName: "renewal clock, never shown" },
    // It is good for nothing.
    allowedUses: [],
    ...life,
  },
});

function* signedByStack(c: Context, suffix: string, control: ControlId, wanted: Signed, life: Life): Generator<Expected> {
  const below = c.model.internal?.authority.intermediate;
  const [signer, key] = below
    ? [`intermediate${generation(below.generation)}`, `intermediate-key${generation(below.generation)}`]
    : [`authority${generation(roots(c)[0] ?? 1)}`, `authority-key${generation(roots(c)[0] ?? 1)}`];
  yield request(c, suffix, control, wanted);
  yield {
    type: "tls:index/locallySignedCert:LocallySignedCert",
    suffix,
    control,
    inputs: {
      certRequestPem: c.ref(`${suffix}-request`, "certRequestPem"),
      caCertPem: c.ref(signer, "certPem"),
      caPrivateKeyPem: secret(c.ref(key, "privateKeyPem")),
      allowedUses: ["digital_signature", ...(wanted.rsaBits === undefined ? [] : ["key_encipherment"]), ...wanted.usages],
      ...life,
    },
  };
}

/** A certificate of the authority alone. */
export const leafOf = (c: Context, suffix: string): string => c.signer?.leaf(suffix) ?? c.ref(suffix, "certPem");

/** What is sent after it. */
export function intermediatesOf(c: Context, suffix: string): string {
  if (c.signer) return c.signer.intermediates(suffix);
  const below = c.model.internal?.authority.intermediate;
  return below ? c.ref(`intermediate${generation(below.generation)}`, "certPem") : "";
}

/** A certificate and what is sent after it, in one text. */
export const chainOf = (c: Context, suffix: string): string =>
  // Clouds give a certificate without the end of its last line.
  `${leafOf(c, suffix)}${c.signer ? "\n" : ""}${intermediatesOf(c, suffix)}`;

/** The root of the stack that signs. */
export const rootOf = (c: Context): string => c.ref(`authority${generation(roots(c)[0] ?? 1)}`, "certPem");

/** The roots of the stack, the one that signs first. */
export const rootsOf = (c: Context): string[] => roots(c).map((number) => c.ref(`authority${generation(number)}`, "certPem"));

/** Roots to trust, the one that signs first. */
export const trusted = (c: Context): string => c.signer?.trusted ?? rootsOf(c).join("");

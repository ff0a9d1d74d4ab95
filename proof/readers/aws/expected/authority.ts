import type { ControlId } from "../../../../components/backends/controls.ts";
import { between, like, type Shape, secret } from "../../shape.ts";
import type { Context, Expected } from "./context.ts";

const KEY: Record<string, Shape> = { algorithm: "ECDSA", ecdsaCurve: "P256" };

/** The stack's own authority. */
export function* authority(c: Context, control: ControlId): Generator<Expected> {
  yield { type: "tls:index/privateKey:PrivateKey", suffix: "authority-key", control, inputs: KEY };
  yield {
    type: "tls:index/selfSignedCert:SelfSignedCert",
    suffix: "authority",
    control,
    inputs: {
      privateKeyPem: secret(c.ref("authority-key", "privateKeyPem")),
      isCaCertificate: true,
      setSubjectKeyId: true,
      subject: { commonName: like(/^.+ gateway authority$/) },
      allowedUses: ["cert_signing", "crl_signing", "digital_signature"],
      // Renewed while what it signed still has most of its own life before it.
      validityPeriodHours: between(8_760, 87_600),
      earlyRenewalHours: between(8_760, 43_800),
    },
  };
}

/** What a certificate of the authority is for. */
export interface Signed {
  readonly subject: Shape;
  readonly dnsNames: readonly string[];
  readonly uris: readonly string[] | undefined;
  readonly usage: "client_auth" | "server_auth";
  /** How long it holds. */
  readonly hours: number;
}

/** A key, the request for its certificate, and the certificate, which is renewed long before its end. */
export function* signed(c: Context, suffix: string, control: ControlId, wanted: Signed): Generator<Expected> {
  yield { type: "tls:index/privateKey:PrivateKey", suffix: `${suffix}-key`, control, inputs: KEY };
  yield {
    type: "tls:index/certRequest:CertRequest",
    suffix: `${suffix}-request`,
    control,
    inputs: {
      privateKeyPem: secret(c.ref(`${suffix}-key`, "privateKeyPem")),
      subject: wanted.subject,
      dnsNames: wanted.dnsNames,
      uris: wanted.uris,
    },
  };
  yield {
    type: "tls:index/locallySignedCert:LocallySignedCert",
    suffix,
    control,
    inputs: {
      certRequestPem: c.ref(`${suffix}-request`, "certRequestPem"),
      caCertPem: c.ref("authority", "certPem"),
      caPrivateKeyPem: secret(c.ref("authority-key", "privateKeyPem")),
      allowedUses: ["digital_signature", wanted.usage],
      validityPeriodHours: wanted.hours,
      earlyRenewalHours: between(Math.floor(wanted.hours / 4), Math.ceil(wanted.hours / 2)),
    },
  };
}

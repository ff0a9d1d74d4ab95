import { createHash, type KeyObject, X509Certificate } from "node:crypto";
import "reflect-metadata/lite";
import * as x509 from "@peculiar/x509";
import {
  type CertificateRequest,
  type CertificateTerms,
  issue,
  type KeyKind,
  keyOf,
  kindOf,
  newKey,
  publicForms,
  requestPem,
} from "../../core/pki.ts";
import { CloudError, type Rule, type RuleContext, type RuleSet } from "../../core/rule.ts";
import { hasUnknown, type Values } from "../../core/values.ts";

const SOURCE =
  "SDK typings of @pulumi/tls; hashicorp/terraform-provider-tls docs and source (every argument but early_renewal_hours forces replacement)";
const HOUR = 3_600_000;

/** Values of `allowedUses`: bit of the key usage extension (RFC 5280 §4.2.1.3), or object identifier of an extended one. */
const USES: Readonly<Record<string, number | string>> = {
  digital_signature: x509.KeyUsageFlags.digitalSignature,
  content_commitment: x509.KeyUsageFlags.nonRepudiation,
  key_encipherment: x509.KeyUsageFlags.keyEncipherment,
  data_encipherment: x509.KeyUsageFlags.dataEncipherment,
  key_agreement: x509.KeyUsageFlags.keyAgreement,
  cert_signing: x509.KeyUsageFlags.keyCertSign,
  crl_signing: x509.KeyUsageFlags.cRLSign,
  encipher_only: x509.KeyUsageFlags.encipherOnly,
  decipher_only: x509.KeyUsageFlags.decipherOnly,
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
};

const SUBJECT: Readonly<Record<string, string>> = {
  commonName: "CN",
  organization: "O",
  organizationalUnit: "OU",
  locality: "L",
  province: "ST",
  country: "C",
};

const text = (value: unknown): string => String(value ?? "");
const list = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function requestOf(inputs: Values): CertificateRequest {
  const subject = (Array.isArray(inputs.subject) ? inputs.subject[0] : inputs.subject) as Values | undefined;
  const name = Object.entries(SUBJECT).flatMap(([property, attribute]) =>
    subject?.[property] === undefined ? [] : [`${attribute}=${text(subject[property]).replace(/[,+"\\<>;=]/g, "\\$&")}`],
  );
  return {
    subject: name.join(", "),
    dnsNames: list(inputs.dnsNames),
    ipAddresses: list(inputs.ipAddresses),
    uris: list(inputs.uris),
  };
}

function termsOf({ inputs, now, hex }: RuleContext, signed: boolean): CertificateTerms {
  const uses = list(inputs.allowedUses).map((use) => USES[use]);
  const isCa = inputs.isCaCertificate === true;
  return {
    serial: hex(32, "serial").replace(/^[89a-f]/, "7"),
    notBefore: new Date(Math.floor(now.getTime() / 1000) * 1000),
    notAfter: new Date((Math.floor(now.getTime() / 1000) + Number(inputs.validityPeriodHours) * 3600) * 1000),
    isCa,
    // A length of zero is dropped: the provider cannot express it.
    ...(isCa && Number(inputs.maxPathLength ?? -1) > 0 ? { pathLength: Number(inputs.maxPathLength) } : {}),
    keyUsages: uses.reduce<number>((bits, use) => (typeof use === "number" ? bits | use : bits), 0),
    extendedKeyUsages: uses.filter((use): use is string => typeof use === "string"),
    subjectKeyId: isCa || inputs.setSubjectKeyId === true,
    authorityKeyId: signed || inputs.setAuthorityKeyId === true,
  };
}

/** What a certificate in the cloud keeps through an update of `earlyRenewalHours`, the only input that is changed in place. */
function standing(context: RuleContext): Values | undefined {
  const { previous, inputs, now } = context;
  if (context.operation === "create") return undefined;
  const { certPem, validityStartTime, validityEndTime, keyAlgorithm, caKeyAlgorithm } = previous;
  return {
    certPem,
    validityStartTime,
    validityEndTime,
    ...(keyAlgorithm === undefined ? {} : { keyAlgorithm }),
    ...(caKeyAlgorithm === undefined ? {} : { caKeyAlgorithm }),
    readyForRenewal: inRenewalWindow(text(validityEndTime), inputs, now),
  };
}

function inRenewalWindow(end: string, inputs: Values, now: Date): boolean {
  return now.getTime() >= Date.parse(end) - Number(inputs.earlyRenewalHours ?? 0) * HOUR;
}

function issued(context: RuleContext, terms: CertificateTerms, certPem: string): Values {
  const rfc3339 = (date: Date) => date.toISOString().replace(".000Z", "Z");
  return {
    certPem,
    validityStartTime: rfc3339(terms.notBefore),
    validityEndTime: rfc3339(terms.notAfter),
    readyForRenewal: inRenewalWindow(rfc3339(terms.notAfter), context.inputs, context.now),
  };
}

const expired = ({ inputs, previous, now }: RuleContext): string | undefined =>
  !hasUnknown(inputs) && inRenewalWindow(text(previous.validityEndTime), inputs, now) ? "readyForRenewal" : undefined;

function checkUses(inputs: Values): { property: string; reason: string }[] {
  return list(inputs.allowedUses)
    .filter((use) => !hasUnknown(use) && USES[use] === undefined)
    .map((use) => ({
      property: "allowedUses",
      reason: `value must be one of: ${Object.keys(USES)
        .map((known) => `"${known}"`)
        .join(" ")}, got: "${use}"`,
    }));
}

const algorithmDefaults = (inputs: Values): Values => ({
  ...(inputs.algorithm === "RSA" ? { rsaBits: 2048 } : {}),
  ...(inputs.algorithm === "ECDSA" ? { ecdsaCurve: "P224" } : {}),
});

function keyKind(inputs: Values): KeyKind {
  const { rsaBits, ecdsaCurve } = { ...algorithmDefaults(inputs), ...inputs } as { rsaBits?: number; ecdsaCurve?: string };
  if (inputs.algorithm === "RSA") return { algorithm: "RSA", bits: rsaBits as number };
  if (inputs.algorithm === "ED25519") return { algorithm: "ED25519" };
  if (ecdsaCurve === "P256" || ecdsaCurve === "P384" || ecdsaCurve === "P521") return { algorithm: "ECDSA", curve: ecdsaCurve };
  throw new CloudError(`the simulator makes no ${text(inputs.algorithm)} keys on curve ${text(ecdsaCurve)}: name P256, P384 or P521`);
}

function keyOutputs(inputs: Values, key: KeyObject): Values {
  const forms = publicForms(key);
  const pkcs8 = key.export({ format: "pem", type: "pkcs8" }).toString();
  const own = kindOf(key);
  return {
    ...algorithmDefaults(inputs),
    privateKeyPem:
      own === "RSA"
        ? key.export({ format: "pem", type: "pkcs1" }).toString()
        : own === "ECDSA"
          ? key.export({ format: "pem", type: "sec1" }).toString()
          : pkcs8,
    privateKeyPemPkcs8: pkcs8,
    publicKeyPem: forms.pem,
    publicKeyOpenssh: forms.openssh,
    publicKeyFingerprintMd5: forms.md5,
    publicKeyFingerprintSha256: forms.sha256,
  };
}

const privateKey: Rule = {
  type: "tls:index/privateKey:PrivateKey",
  source: SOURCE,
  replaceOn: ["algorithm", "ecdsaCurve", "rsaBits"],
  id: ({ hex }) => hex(40),
  outputs: ({ inputs, previous, operation }) => (operation === "create" ? keyOutputs(inputs, newKey(keyKind(inputs))) : previous),
  // OpenSSH's own container format is not written by the simulator.
  absent: ["privateKeyOpenssh"],
};

const REQUEST_INPUTS = ["dnsNames", "ipAddresses", "privateKeyPem", "privateKeyPemWoVersion", "subject", "uris"];
const CERTIFICATE_INPUTS = ["allowedUses", "isCaCertificate", "maxPathLength", "setSubjectKeyId", "validityPeriodHours"];
const givenKey = (inputs: Values): KeyObject => keyOf(inputs.privateKeyPem ?? inputs.privateKeyPemWo);

const certRequest: Rule = {
  type: "tls:index/certRequest:CertRequest",
  source: SOURCE,
  replaceOn: REQUEST_INPUTS,
  id: ({ hex }) => hex(40),
  outputs: async ({ inputs, previous, operation }) => {
    if (operation !== "create") return previous;
    const key = givenKey(inputs);
    return { certRequestPem: await requestPem(requestOf(inputs), key), keyAlgorithm: kindOf(key) };
  },
};

const selfSignedCert: Rule = {
  type: "tls:index/selfSignedCert:SelfSignedCert",
  source: SOURCE,
  replaceOn: [...REQUEST_INPUTS, ...CERTIFICATE_INPUTS, "setAuthorityKeyId"],
  check: checkUses,
  id: ({ hex }) => BigInt(`0x${hex(32)}`).toString(),
  outputs: async (context) => {
    const kept = standing(context);
    if (kept) return kept;
    const key = givenKey(context.inputs);
    const terms = termsOf(context, false);
    const pem = await issue({ request: requestOf(context.inputs), key }, terms);
    return { keyAlgorithm: kindOf(key), ...issued(context, terms, pem) };
  },
  expired,
};

const locallySignedCert: Rule = {
  type: "tls:index/locallySignedCert:LocallySignedCert",
  source: SOURCE,
  replaceOn: [...CERTIFICATE_INPUTS, "caCertPem", "caPrivateKeyPem", "caPrivateKeyPemWoVersion", "certRequestPem"],
  check: checkUses,
  id: ({ hex }) => BigInt(`0x${hex(32)}`).toString(),
  outputs: async (context) => {
    const kept = standing(context);
    if (kept) return kept;
    const { inputs } = context;
    const key = keyOf(inputs.caPrivateKeyPem ?? inputs.caPrivateKeyPemWo);
    const certificatePem = text(inputs.caCertPem);
    if (!new X509Certificate(certificatePem).checkPrivateKey(key))
      throw new CloudError("the authority's private key does not match its certificate");
    const terms = termsOf(context, true);
    const pem = await issue({ requestPem: text(inputs.certRequestPem) }, terms, { certificatePem, key });
    return { caKeyAlgorithm: kindOf(key), ...issued(context, terms, pem) };
  },
  expired,
};

export const ruleSet: RuleSet = {
  name: "tls",
  rules: [privateKey, certRequest, selfSignedCert, locallySignedCert],
  functions: {
    "tls:index/getPublicKey:getPublicKey": ({ privateKeyPem }) => {
      const key = keyOf(privateKeyPem);
      const forms = publicForms(key);
      return {
        algorithm: kindOf(key),
        id: createHash("sha1").update(forms.pem).digest("hex"),
        privateKeyOpenssh: "",
        privateKeyPem,
        publicKeyPem: forms.pem,
        publicKeyOpenssh: forms.openssh,
        publicKeyFingerprintMd5: forms.md5,
        publicKeyFingerprintSha256: forms.sha256,
      };
    },
  },
};

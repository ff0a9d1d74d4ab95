import { generateKeyPairSync } from "node:crypto";
import { issue, keyOf, requestPem } from "../../../simulator/core/pki.ts";
import type { Rule } from "../../../simulator/core/rule.ts";
import type { SdkType } from "../../../simulator/core/sdk.ts";
import type { Values } from "../../../simulator/core/values.ts";

/** Inputs that must be more than a value of the right type. */
const GIVEN: Readonly<Record<string, () => Values | Promise<Values>>> = {
  "tls:index/privateKey:PrivateKey": () => ({ algorithm: "ED25519" }),
  "tls:index/certRequest:CertRequest": () => ({ privateKeyPem: key() }),
  "tls:index/selfSignedCert:SelfSignedCert": () => ({ privateKeyPem: key(), allowedUses: ["server_auth"], validityPeriodHours: 24 }),
  "tls:index/locallySignedCert:LocallySignedCert": async () => ({
    ...(await authority()),
    certRequestPem: await requestPem({ subject: "CN=sample" }, keyOf(key())),
    allowedUses: ["client_auth"],
    validityPeriodHours: 24,
  }),
  "acme:index/certificate:Certificate": () => ({
    accountKeyPem: key(),
    commonName: "api.example.com",
    keyType: "P256",
    certificateP12Password: "sample",
    useRenewalInfo: true,
  }),
  "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": () => ({ policyName: "sample" }),
  "aws:cloudwatch/logDeliverySource:LogDeliverySource": () => ({ name: "sample" }),
  "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": () => ({ name: "sample" }),
  "gcp:storage/bucket:Bucket": () => ({ name: "sample" }),
  "aws:xray/samplingRule:SamplingRule": () => ({ ruleName: "sample" }),
};

const key = (): string => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "pem", type: "pkcs8" }).toString();

async function authority(): Promise<{ caPrivateKeyPem: string; caCertPem: string }> {
  const caPrivateKeyPem = key();
  const caCertPem = await issue(
    { request: { subject: "CN=sample" }, key: keyOf(caPrivateKeyPem) },
    {
      serial: "01",
      notBefore: new Date("2026-01-01T00:00:00Z"),
      notAfter: new Date("2036-01-01T00:00:00Z"),
      isCa: true,
      keyUsages: 4,
      extendedKeyUsages: [],
      subjectKeyId: true,
      authorityKeyId: false,
    },
  );
  return { caPrivateKeyPem, caCertPem };
}

/** The least a program must give: every required input, of its type. */
export async function sampleInputs(rule: Rule, type: SdkType): Promise<Values> {
  const inputs: Values = {};
  const names = new Set([...type.required, ...(rule.autoName && type.inputs.has(rule.autoName.property) ? [rule.autoName.property] : [])]);
  for (const name of names) inputs[name] = sample(name, type.outputs.get(name)?.type ?? "string");
  const object = rule.type.startsWith("kubernetes:") ? { metadata: { name: "sample", namespace: "samples" } } : {};
  return { ...inputs, ...object, ...(await GIVEN[rule.type]?.()) };
}

function sample(name: string, type: string): unknown {
  if (type === "number") return 1;
  if (type === "boolean") return true;
  if (type === "string[]") return [`sample-${name}`];
  if (type.endsWith("[]")) return [];
  if (type.startsWith("{") || type.startsWith("outputs.")) return {};
  return `sample-${name.toLowerCase()}`;
}

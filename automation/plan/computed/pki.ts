import type { ComputedOutputs } from "../recorder.ts";

const OUTPUTS: Readonly<Record<string, readonly string[]>> = {
  "tls:index/privateKey:PrivateKey": ["privateKeyPem", "privateKeyPemPkcs8", "publicKeyPem"],
  "tls:index/selfSignedCert:SelfSignedCert": ["certPem", "validityEndTime"],
  "tls:index/certRequest:CertRequest": ["certRequestPem"],
  "tls:index/locallySignedCert:LocallySignedCert": ["certPem", "validityEndTime"],
  "acme:index/registration:Registration": ["accountKeyPem"],
  "acme:index/certificate:Certificate": ["certificatePem", "issuerPem", "privateKeyPem", "certificateP12", "certificateNotAfter"],
};

/** What stands in a plan for what the tls and acme providers compute, the same on every cloud. */
export const pkiOutputs: ComputedOutputs = (type, name) =>
  Object.fromEntries((OUTPUTS[type] ?? []).map((output) => [output, `\${${name}.${output}}`]));

import { generateKeyPairSync, type KeyObject } from "node:crypto";
import * as runtimeConfig from "@pulumi/pulumi/runtime/config.js";
import forge from "node-forge";
import { cloudAnswers, computedOutputs } from "../automation/plan/computed.ts";
import { inTurn, planWith } from "../automation/plan/plan.ts";
import { type ComputedOutputs, PlainSecret, RecordingMonitor } from "../automation/plan/recorder.ts";
import type { Cloud } from "../components/backends/contract.ts";
import type { GatewayModel } from "../components/spec/model.ts";

// Part of the SDK's runtime, left out of its typings.
const { setAllConfig } = runtimeConfig as unknown as { setAllConfig(values: Record<string, string>, secretKeys: readonly string[]): void };

/** A resource as the engine would get it, secrets included. */
export interface OpenResource {
  readonly type: string;
  readonly name: string;
  /** Secrets stand as `PlainSecret`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly dependsOn: readonly string[];
}

/** A plan with nothing masked and everything computed: what the readers read and the mutations change. */
export interface OpenPlan {
  readonly cloud: Cloud;
  readonly variant: string;
  readonly resources: readonly OpenResource[];
}

export interface OpenPlanOptions {
  readonly cloud: Cloud;
  readonly model: GatewayModel;
  /** Values of the stack's secrets, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
}

/** Plans with made-up secrets and a made-up answer for whatever a cloud computes. @throws RefusedError when the cloud cannot enforce the model. */
export function planInTheOpen({ cloud, model, secrets = {} }: OpenPlanOptions): Promise<OpenPlan> {
  return inTurn(async () => {
    const keys = Object.keys(secrets).map((name) => `secure-gateway:${name}`);
    setAllConfig(Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`secure-gateway:${name}`, value])), keys);
    try {
      const computed = computedOutputs(cloud);
      const outputs: ComputedOutputs = (type, name, inputs) => ({
        ...computed(type, name, inputs),
        ...madeUp(cloud, type, name, inputs, model.name),
      });
      const monitor = new RecordingMonitor(outputs, cloudAnswers(cloud), "plain");
      const { variant } = await planWith(monitor, { cloud, model, documentFolder: "documents" });
      const resources = monitor.recorded.map(({ type, name, inputs, dependsOn }) => ({ type, name, inputs, dependsOn }));
      return { cloud, variant, resources };
    } finally {
      setAllConfig({}, []);
    }
  });
}

/** What the local provider and the tls provider would compute; the same for every plan, so that equal documents give equal plans. */
function madeUp(cloud: Cloud, type: string, name: string, inputs: Record<string, unknown>, gateway: string): Record<string, unknown> {
  const of = (output: string) => `\${${name}.${output}}`;
  const pem = (output: PemOutput) => (cloud === "azure" ? madeUpPem(name.slice(gateway.length + 1), output) : undefined) ?? of(output);
  switch (type) {
    case "localgateway:index:CertificateAuthority":
      return Object.fromEntries(
        ["certificatePem", "bundlePem", "privateKeyPem", "revocationListPem", "notAfter", "revocationListNextUpdate"].map((output) => [
          output,
          of(output),
        ]),
      );
    case "localgateway:index:Certificate":
      return { chainPem: of("chainPem"), privateKeyPem: of("privateKeyPem"), notBefore: FAR, notAfter: FAR };
    case "localgateway:index:SigningKey":
      return { keyId: of("keyId"), jwks: of("jwks"), privateKeyPem: of("privateKeyPem") };
    case "localgateway:index:ApiKeys": {
      const consumers = inputs.consumers as Record<string, { readonly keepPrevious: boolean }>;
      const entries = Object.entries(consumers);
      return {
        keys: Object.fromEntries(entries.map(([consumer]) => [consumer, madeUpKey(consumer)])),
        accepted: Object.fromEntries(
          entries.map(([consumer, { keepPrevious }]) => [
            consumer,
            [madeUpKey(consumer), ...(keepPrevious ? [madeUpKey(consumer, "previous")] : [])],
          ]),
        ),
      };
    }
    case "tls:index/privateKey:PrivateKey":
      return { privateKeyPem: pem("privateKeyPem"), privateKeyPemPkcs8: pem("privateKeyPemPkcs8") };
    case "tls:index/locallySignedCert:LocallySignedCert":
    case "tls:index/selfSignedCert:SelfSignedCert":
      return { validityEndTime: FAR, certPem: pem("certPem") };
    case "acme:index/certificate:Certificate":
      return { certificateNotAfter: FAR };
    default:
      return {};
  }
}

/** When everything made up ends. */
export const FAR = "2099-01-01T00:00:00Z";

/** The API key a plan in the open gives a consumer of the local gateway. */
export const madeUpKey = (consumer: string, generation: "current" | "previous" = "current"): string => `key-of-${consumer}-${generation}`;

/** What Azure's PFX files, stores of authorities and files of services are built of, by the suffixes of resources: real keys and certificates. */
const REAL_KEYS = /^(front|client|service-.+)-key(-g\d+)?$/;
const REAL_CERTIFICATES = /^(front|client|service-.+|(authority|intermediate)(-g\d+)?)$/;

type PemOutput = "privateKeyPem" | "privateKeyPemPkcs8" | "certPem";

let key: forge.pki.rsa.KeyPair | undefined;
const serviceKeys = new Map<string, KeyObject>();
const certificates = new Map<string, string>();

const madeUpKeys = (): forge.pki.rsa.KeyPair => {
  key ??= forge.pki.rsa.generateKeyPair(2048);
  return key;
};

/**
 * An output a plan for Azure gives a resource of the tls provider where it has to be a real one, else undefined.
 * Each certificate and each key of a service is another.
 *
 * @param suffix The resource's name without the gateway's
 */
export function madeUpPem(suffix: string, output: string): string | undefined {
  if (output === "certPem") return REAL_CERTIFICATES.test(suffix) ? madeUpCertificate(suffix) : undefined;
  if ((output !== "privateKeyPem" && output !== "privateKeyPemPkcs8") || !REAL_KEYS.test(suffix)) return undefined;
  if (!suffix.startsWith("service-")) return forge.pki.privateKeyToPem(madeUpKeys().privateKey);
  const own = serviceKeys.get(suffix) ?? generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  serviceKeys.set(suffix, own);
  return own.export({ format: "pem", type: output === "privateKeyPem" ? "sec1" : "pkcs8" }).toString();
}

function madeUpCertificate(suffix: string): string {
  const known = certificates.get(suffix);
  if (known !== undefined) return known;
  const { publicKey, privateKey } = madeUpKeys();
  const certificate = forge.pki.createCertificate();
  const name = [{ name: "commonName", value: `made up for ${suffix}` }];
  certificate.publicKey = publicKey;
  certificate.serialNumber = "01";
  certificate.validity.notBefore = new Date("2020-01-01T00:00:00Z");
  certificate.validity.notAfter = new Date(FAR);
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.sign(privateKey, forge.md.sha256.create());
  const pem = forge.pki.certificateToPem(certificate);
  certificates.set(suffix, pem);
  return pem;
}

/** The inputs as a cloud would get them: secrets as their values. */
export function withSecrets(value: unknown): unknown {
  if (value instanceof PlainSecret) return withSecrets(value.value);
  if (Array.isArray(value)) return value.map(withSecrets);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withSecrets(entry)]));
}

/** The inputs as a plan shows them: secrets masked. */
export function masked(value: unknown): unknown {
  if (value instanceof PlainSecret) return "[secret]";
  if (Array.isArray(value)) return value.map(masked);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, masked(entry)]));
}

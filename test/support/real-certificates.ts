import { createHash, createPublicKey, type KeyObject, randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { inTurn } from "../../automation/plan/plan.ts";
import { kindOf } from "../../providers/local/resources/registry.ts";
import { issue, newKey } from "../simulator/core/pki.ts";
import type { RuleContext } from "../simulator/core/rule.ts";
import type { Values } from "../simulator/core/values.ts";
import { ruleSet as tls } from "../simulator/rules/tls/index.ts";

const DAY = 86_400_000;
const KEY_USAGE = { sign: 0b110_0000, leaf: 0b1 } as const;
const SERVER = "1.3.6.1.5.5.7.3.1";
const CLIENT = "1.3.6.1.5.5.7.3.2";

/** An authority that plays AWS Private CA or Google's CA Service: a root, and an intermediate that signs. */
export interface CloudAuthority {
  readonly root: string;
  readonly intermediate: string;
  readonly key: KeyObject;
}

export async function cloudAuthority(name: string): Promise<CloudAuthority> {
  const rootKey = newKey({ algorithm: "ECDSA", curve: "P256" });
  const key = newKey({ algorithm: "ECDSA", curve: "P256" });
  const authority = (days: number) => ({
    serial: `01${randomBytes(15).toString("hex")}`,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + days * DAY),
    isCa: true,
    keyUsages: KEY_USAGE.sign,
    extendedKeyUsages: [],
    subjectKeyId: true,
    authorityKeyId: true,
  });
  const root = await issue({ request: { subject: `CN=${name} root` }, key: rootKey }, authority(3650));
  const intermediate = await issue({ request: { subject: `CN=${name} intermediate` }, key }, authority(1825), {
    certificatePem: root,
    key: rootKey,
  });
  return { root, intermediate, key };
}

/** A resource as a program registered it, with what was made of it. */
export interface Made {
  readonly type: string;
  readonly name: string;
  readonly inputs: Values;
}

/**
 * Runs a program without engine: what the tls provider and the localgateway plugin would make is really made, cloud authorities really sign, everything
 * else echoes its inputs.
 */
export function withRealCertificates<T>(
  program: () => Record<string, pulumi.Input<T>>,
  authority?: CloudAuthority,
): Promise<{ values: Record<string, T>; made: Made[] }> {
  return inTurn(async () => {
    const made: Made[] = [];
    await pulumi.runtime.setMocks(
      {
        newResource: async ({ type, name, inputs: sent }) => {
          const inputs = opened(sent) as Values;
          made.push({ type, name, inputs });
          return { id: `${name}-id`, state: { ...inputs, ...(await outputsOf(type, name, inputs, authority)) } };
        },
        call: ({ token }) => answer(token, authority),
      },
      "test",
      "test",
      false,
    );
    const values = await promiseOf(program());
    await pulumi.runtime.disconnect();
    return { values, made };
  });
}

/** Mocks are given secrets in the wrapping of the wire. */
function opened(value: unknown): unknown {
  if (pulumi.runtime.isRpcSecret(value)) return opened(pulumi.runtime.unwrapRpcSecret(value));
  if (Array.isArray(value)) return value.map(opened);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, opened(part)]));
}

async function promiseOf<T>(outputs: Record<string, pulumi.Input<T>>): Promise<Record<string, T>> {
  const known = await Promise.all(
    Object.entries(outputs).map(
      ([name, output]) =>
        new Promise<[string, T]>((resolve, reject) => {
          const value = pulumi.output(output) as pulumi.Output<T>;
          (value as unknown as { promise(): Promise<T> }).promise().then((result) => resolve([name, result]), reject);
        }),
    ),
  );
  return Object.fromEntries(known);
}

async function outputsOf(type: string, name: string, inputs: Values, authority: CloudAuthority | undefined): Promise<Values> {
  if (type.startsWith("tls:")) return tlsOutputs(type, inputs);
  if (type.startsWith("localgateway:")) return localOutputs(type, inputs);
  if (type === "aws:acmpca/certificate:Certificate" && authority) return awsOutputs(inputs, authority);
  if (type === "gcp:certificateauthority/certificate:Certificate" && authority) return googleOutputs(inputs, authority);
  return { arn: `arn:${name}` };
}

async function tlsOutputs(type: string, inputs: Values): Promise<Values> {
  const rule = tls.rules.find((candidate) => candidate.type === type);
  if (rule?.outputs === undefined) throw new Error(`no rule for ${type}`);
  const seed = randomBytes(16).toString("hex");
  const context = {
    inputs,
    previous: {},
    before: {},
    operation: "create",
    now: new Date(),
    hex: (length: number, ...salt: unknown[]) =>
      createHash("sha512")
        .update(`${seed}${JSON.stringify(salt)}`)
        .digest("hex")
        .slice(0, length),
  } as unknown as RuleContext;
  const faults = rule.check?.(inputs, { config: {} }) ?? [];
  if (faults.length > 0) throw new Error(faults.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
  return rule.outputs(context);
}

async function localOutputs(type: string, inputs: Values): Promise<Values> {
  const kind = await kindOf(type);
  const operation = { urn: "", signal: new AbortController().signal, log: () => undefined };
  const parsed = kind.inputs.parse(inputs);
  const faults = kind.check?.(parsed as never, {}) ?? [];
  if (faults.length > 0) throw new Error(JSON.stringify(faults));
  return (await kind.create(parsed as never, operation)).outputs as Values;
}

const leafTerms = (hours: number, extendedKeyUsages: string[]) => ({
  serial: `01${randomBytes(15).toString("hex")}`,
  notBefore: new Date(),
  notAfter: new Date(Date.now() + hours * 3_600_000),
  isCa: false,
  keyUsages: KEY_USAGE.leaf,
  extendedKeyUsages,
  subjectKeyId: true,
  authorityKeyId: true,
});

/** The base templates of AWS Private CA: usages from the template, names from the request. */
async function awsOutputs(inputs: Values, { root, intermediate, key }: CloudAuthority): Promise<Values> {
  const [, usages] =
    Object.entries({ EndEntityServerAuth: [SERVER], EndEntityClientAuth: [CLIENT], EndEntityCertificate: [SERVER, CLIENT] }).find(
      ([name]) => String(inputs.templateArn).includes(`template/${name}`),
    ) ?? [];
  const days = Number((inputs.validity as Values).value);
  const certificate = await issue({ requestPem: String(inputs.certificateSigningRequest) }, leafTerms(days * 24, usages ?? []), {
    certificatePem: intermediate,
    key,
  });
  return { arn: "arn:certificate", certificate, certificateChain: `${intermediate}${root}` };
}

/** CA Service: everything from the configuration, the key as base64 of PEM. */
async function googleOutputs(inputs: Values, { root, intermediate, key }: CloudAuthority): Promise<Values> {
  const config = inputs.config as {
    publicKey: { key: string };
    subjectConfig: { subject: { commonName: string }; subjectAltName: { dnsNames: string[]; uris: string[]; ipAddresses: string[] } };
    x509Config: { keyUsage: { extendedKeyUsage: { serverAuth: boolean; clientAuth: boolean } } };
  };
  const { extendedKeyUsage } = config.x509Config.keyUsage;
  const usages = [...(extendedKeyUsage.serverAuth ? [SERVER] : []), ...(extendedKeyUsage.clientAuth ? [CLIENT] : [])];
  const hours = Number.parseInt(String(inputs.lifetime), 10) / 3600;
  const publicKey = createPublicKey(Buffer.from(config.publicKey.key, "base64").toString());
  const terms = leafTerms(hours, usages);
  const pemCertificate = await issue(
    { request: { subject: `CN=${config.subjectConfig.subject.commonName}`, ...config.subjectConfig.subjectAltName }, publicKey },
    terms,
    { certificatePem: intermediate, key },
  );
  const notAfterTime = terms.notAfter.toISOString();
  return {
    pemCertificate,
    pemCertificateChains: [intermediate, root],
    certificateDescriptions: [{ subjectDescriptions: [{ notAfterTime }] }],
  };
}

function answer(token: string, authority: CloudAuthority | undefined): Values {
  if (authority === undefined) return {};
  const { root, intermediate } = authority;
  if (token === "aws:acmpca/getCertificateAuthority:getCertificateAuthority") return { certificate: intermediate, certificateChain: root };
  if (token === "gcp:certificateauthority/getAuthority:getAuthority") return { pemCaCertificates: [intermediate, root] };
  return {};
}

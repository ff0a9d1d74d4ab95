import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import * as z from "zod";
import { certificateFault, isRoot, keyFault } from "../x509/authority.ts";
import { newPrivateKey } from "../x509/keys.ts";
import { certificateBlocks } from "../x509/pem.ts";
import { isDue, rfc3339, validityFrom } from "../x509/validity.ts";
import { commonName, generation } from "./certificate-authority.ts";
import { importCertificate } from "./certificate-import.ts";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { type Failure, ResourceError, type ResourceKind } from "./kind.ts";

const YEAR = 365 * 24 * 60 * 60 * 1000;

const dnsName = z
  .string()
  .max(253, "a host name of at most 253 characters")
  .regex(
    /^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i,
    "a host name; only its first label may be `*`",
  );
const ipAddress = z.string().refine((text) => isIP(text) !== 0, "an IPv4 or IPv6 address");
const uri = z.string().refine((text) => URL.canParse(text) && /^[\x21-\x7e]+$/.test(text), "an absolute URI in ASCII");

const inputs = z.strictObject({
  authorityCertificatePem: z
    .string()
    .meta({ description: "PEM of the authority that signs; intermediates it depends on may follow and are put into `chainPem`." }),
  authorityPrivateKeyPem: z.string().meta({ description: "PEM of the authority's key; secret." }),
  commonName: commonName.meta({ description: "Common name of the subject." }),
  dnsNames: z.array(dnsName).default([]).meta({ description: "DNS subject alternative names." }),
  ipAddresses: z.array(ipAddress).default([]).meta({ description: "IP subject alternative names." }),
  uris: z.array(uri).default([]).meta({ description: "URI subject alternative names, such as a SPIFFE identity." }),
  usages: z
    .array(z.enum(["server", "client"]))
    .min(1, "at least one of server, client")
    .meta({ description: "Extended key usages." }),
  validityMs: z
    .int()
    .min(1000, "1000 (a second) or more")
    .max(100 * YEAR)
    .meta({ description: "Validity in milliseconds, cut to that of the authority; renewed by the first `up` in its last third." }),
  keyGeneration: generation.meta({ description: "Raise by one for a new key." }),
  issueGeneration: generation.meta({ description: "Raise by one for a new certificate under the same key, before the one in use is due." }),
  crlUris: z.array(uri).default([]).meta({ description: "Where clients find the authority's revocation list." }),
});

const outputs = z.strictObject({
  chainPem: z.string().meta({ description: "Leaf, then any intermediates." }),
  privateKeyPem: z.string().meta({ description: "PKCS#8 key of the leaf; secret." }),
  notBefore: z.string().meta({ description: "Start of validity, RFC 3339." }),
  notAfter: z.string().meta({ description: "End of validity, RFC 3339." }),
});

export type CertificateInputs = z.infer<typeof inputs>;
export type CertificateOutputs = z.infer<typeof outputs>;
type Inputs = CertificateInputs;
type Outputs = CertificateOutputs;

/** @param now milliseconds since 1970; tests set it */
export function certificateKind(now: () => number = Date.now): ResourceKind<Inputs, Outputs> {
  async function issue(wanted: Inputs, privateKeyPem: string): Promise<Outputs> {
    const { issueLeaf } = await import("../x509/issue.ts");
    const authorities = certificateBlocks(wanted.authorityCertificatePem);
    const signing = authorities[0] ?? "";
    const fault = certificateFault(signing, now());
    if (fault !== undefined) throw new ResourceError(`authorityCertificatePem ${fault}`);
    const { notBefore, notAfter } = validityFrom(now(), wanted.validityMs);
    const { validToDate } = new X509Certificate(signing);
    const validity = { notBefore, notAfter: new Date(Math.min(notAfter.getTime(), validToDate.getTime())) };
    const leafPem = await issueLeaf({ ...wanted, ...validity, privateKeyPem }, signing, wanted.authorityPrivateKeyPem);
    const intermediates = authorities.filter((pem) => !isRoot(new X509Certificate(pem)));
    return {
      chainPem: [leafPem, ...intermediates].join(""),
      privateKeyPem,
      notBefore: rfc3339(validity.notBefore),
      notAfter: rfc3339(validity.notAfter),
    };
  }

  return {
    token: "localgateway:index:Certificate",
    description:
      "A leaf certificate with its key (ECDSA P-256). A changed authority, name or validity issues a new one in place with the same key; a raised `keyGeneration` makes a new key.",
    inputs,
    outputs,
    secretInputs: [["authorityPrivateKeyPem"]],
    secretOutputs: [["privateKeyPem"]],
    omitFromState: ["authorityPrivateKeyPem"],

    check(wanted, before) {
      const failures: Failure[] = [
        ...loweredGeneration("keyGeneration", before.keyGeneration, wanted.keyGeneration),
        ...loweredGeneration("issueGeneration", before.issueGeneration, wanted.issueGeneration),
      ];
      const certificate = certificateFault(wanted.authorityCertificatePem, now());
      if (certificate !== undefined) failures.push({ property: "authorityCertificatePem", reason: certificate });
      const key = keyFault(wanted.authorityPrivateKeyPem, wanted.authorityCertificatePem);
      if (key !== undefined) failures.push({ property: "authorityPrivateKeyPem", reason: key });
      const named = wanted.dnsNames.length + wanted.ipAddresses.length > 0;
      if (wanted.usages.includes("server") && !named)
        failures.push({
          property: "dnsNames",
          reason: "a server's certificate is looked up by its names: give at least one of dnsNames, ipAddresses",
        });
      return failures;
    },

    async diff(_id, before, wanted) {
      const changes = changedInputs(before.inputs, wanted, Object.keys(inputs.shape) as (keyof Inputs)[]);
      // The key alone says nothing: another text of the same key, or a key that belongs to the changed certificate.
      delete changes.authorityPrivateKeyPem;
      return { changes: isDue(before.outputs.chainPem, now()) ? { ...changes, notAfter: "output" } : changes };
    },

    async create(wanted) {
      return { id: newId("certificate"), outputs: await issue(wanted, await newPrivateKey("P-256")) };
    },

    async update(_id, before, wanted) {
      const keepKey = before.inputs.keyGeneration === wanted.keyGeneration;
      return issue(wanted, keepKey ? before.outputs.privateKeyPem : await newPrivateKey("P-256"));
    },

    refresh: async (_id, before) => before,

    import: async (path) => importCertificate(path, now()),
  };
}

export const certificate = certificateKind();

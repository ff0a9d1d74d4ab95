import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { certificateFault, isRoot, keyFault, parseCertificate } from "../x509/authority.ts";
import { newPrivateKey, parsePrivateKey, toPem } from "../x509/keys.ts";
import { certificateBlocks, privateKeyBlocks } from "../x509/pem.ts";
import { isDue, isExpired, rfc3339, validityFrom } from "../x509/validity.ts";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { importedText } from "./import-file.ts";
import { ResourceError, type ResourceKind } from "./kind.ts";

const DAY = 24 * 60 * 60 * 1000;

/** RFC 5280 allows 64 characters in a common name. */
export const commonName = z.string().min(1, "1 to 64 characters").max(64, "1 to 64 characters");
export const generation = z.int().min(1).max(1_000_000).default(1);

const inputs = z.strictObject({
  commonName: commonName.meta({ description: "Common name of the root." }),
  generation: generation.meta({
    description: "Raise by one for a new root; the one before stays in `bundlePem` until the generation after.",
  }),
  validityDays: z.int().min(1).max(36_500).default(3650).meta({ description: "Validity of the root in days." }),
});

const outputs = z.strictObject({
  certificatePem: z.string().meta({ description: "The root that signs now." }),
  bundlePem: z.string().meta({ description: "Every root to trust now: the signing one and, after a change, the one before." }),
  privateKeyPem: z.string().meta({ description: "PKCS#8 key of the root that signs now; secret." }),
  notAfter: z.string().meta({ description: "End of the root's validity, RFC 3339." }),
  revocationListPem: z.string().meta({
    description: "Its revocation list, which names nothing; valid for 90 days, signed anew by the first `up` in the second half.",
  }),
  revocationListNextUpdate: z.string().meta({ description: "End of the revocation list's validity, RFC 3339." }),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

/** @param now milliseconds since 1970; tests set it */
export function certificateAuthorityKind(now: () => number = Date.now): ResourceKind<Inputs, Outputs> {
  async function issue(wanted: Inputs, privateKeyPem: string, before?: string): Promise<Outputs> {
    const { issueRoot } = await import("../x509/issue.ts");
    const validity = validityFrom(now(), wanted.validityDays * DAY);
    const certificatePem = await issueRoot(wanted.commonName, privateKeyPem, validity);
    const bundlePem = certificatePem + (before === undefined || isExpired(before, now()) ? "" : before);
    return {
      certificatePem,
      bundlePem,
      privateKeyPem,
      notAfter: rfc3339(validity.notAfter),
      ...(await list(certificatePem, privateKeyPem)),
    };
  }

  async function list(certificatePem: string, privateKeyPem: string) {
    const { signRevocationList } = await import("../x509/revocation-list.ts");
    const { pem, nextUpdate } = await signRevocationList(certificatePem, privateKeyPem, now());
    return { revocationListPem: pem, revocationListNextUpdate: rfc3339(nextUpdate) };
  }

  return {
    token: "localgateway:index:CertificateAuthority",
    description: "A private certificate authority: an ECDSA P-256 root, kept in the stack's encrypted state.",
    inputs,
    outputs,
    secretInputs: [],
    secretOutputs: [["privateKeyPem"]],

    check: (wanted, before) => loweredGeneration("generation", before.generation, wanted.generation),

    async diff(_id, before, wanted) {
      const changes = changedInputs(before.inputs, wanted, ["commonName", "generation", "validityDays"]);
      const { isListDue } = await import("../x509/revocation-list.ts");
      return {
        changes: {
          ...changes,
          ...(isDue(before.outputs.certificatePem, now()) ? { notAfter: "output" } : {}),
          ...(isListDue(before.outputs.revocationListNextUpdate, now()) ? { revocationListPem: "output" } : {}),
        },
      };
    },

    async create(wanted) {
      return { id: newId("ca"), outputs: await issue(wanted, await newPrivateKey("P-256")) };
    },

    /** Another generation or name gets a new key; a renewal keeps it, so that whoever trusts the root before accepts what the new one signs. */
    async update(_id, before, wanted) {
      const renewed = before.inputs.generation === wanted.generation && before.inputs.commonName === wanted.commonName;
      const { certificatePem, privateKeyPem } = before.outputs;
      if (renewed && before.inputs.validityDays === wanted.validityDays && !isDue(certificatePem, now()))
        return { ...before.outputs, ...(await list(certificatePem, privateKeyPem)) };
      const key = renewed ? before.outputs.privateKeyPem : await newPrivateKey("P-256");
      return issue(wanted, key, before.outputs.certificatePem);
    },

    refresh: async (_id, before) => before,

    async import(path) {
      const text = importedText(path, "a PEM file with the root's certificate and its key");
      const certificatePem = certificateBlocks(text)[0] ?? "";
      const privateKeyPem = privateKeyBlocks(text)[0] ?? "";
      const fault =
        certificateFault(certificatePem, now()) ??
        (isRoot(new X509Certificate(certificatePem)) ? undefined : "is not signed by itself: give the root, not an intermediate") ??
        keyFault(privateKeyPem, certificatePem);
      if (fault !== undefined) throw new ResourceError(`What ${path} holds ${fault}`);
      const { subject, validFromDate, validToDate } = new X509Certificate(certificatePem);
      const name = /^CN=(.+)$/m.exec(subject)?.[1];
      if (name === undefined)
        throw new ResourceError(`The certificate in ${path} has no common name: only a root with one can be taken over`);
      const validityDays = Math.max(1, Math.round((validToDate.getTime() - validFromDate.getTime()) / DAY));
      const key = parsePrivateKey(privateKeyPem);
      if (key === undefined || parseCertificate(certificatePem) === undefined) throw new ResourceError(`${path} holds no root`);
      return {
        id: newId("ca"),
        inputs: { commonName: name, generation: 1, validityDays },
        outputs: {
          certificatePem,
          bundlePem: certificatePem,
          privateKeyPem: toPem(key),
          notAfter: rfc3339(validToDate),
          ...(await list(certificatePem, privateKeyPem)),
        },
      };
    },
  };
}

export const certificateAuthority = certificateAuthorityKind();

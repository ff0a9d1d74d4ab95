import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { certificateFault, isRoot, keyFault } from "../x509/authority.ts";
import { newPrivateKey } from "../x509/keys.ts";
import { certificateBlocks } from "../x509/pem.ts";
import { isDue, rfc3339, validityFrom } from "../x509/validity.ts";
import { commonName, generation } from "./certificate-authority.ts";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { type Failure, ResourceError, type ResourceKind } from "./kind.ts";

const DAY = 86_400_000;

const inputs = z.strictObject({
  rootCertificatePem: z.string().meta({ description: "PEM of the root that signs." }),
  rootPrivateKeyPem: z.string().meta({ description: "PEM of the root's key; secret." }),
  commonName: commonName.meta({ description: "Common name of the subject." }),
  generation: generation.meta({ description: "Raise by one for another key; nobody's trust changes." }),
  validityDays: z
    .int()
    .min(1)
    .max(36_500)
    .default(730)
    .meta({ description: "Validity in days, cut to that of the root; renewed by the first `up` in its last third." }),
  crlUris: z.array(z.string()).default([]).meta({ description: "Where clients find the root's revocation list." }),
});

const outputs = z.strictObject({
  certificatePem: z.string().meta({ description: "The authority below the root." }),
  privateKeyPem: z.string().meta({ description: "PKCS#8 key; secret." }),
  notAfter: z.string().meta({ description: "End of validity, RFC 3339." }),
  revocationListPem: z.string().meta({
    description: "Its revocation list, which names nothing; valid for 90 days, signed anew by the first `up` in the second half.",
  }),
  revocationListNextUpdate: z.string().meta({ description: "End of the revocation list's validity, RFC 3339." }),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

/** @param now milliseconds since 1970; tests set it */
export function intermediateAuthorityKind(now: () => number = Date.now): ResourceKind<Inputs, Outputs> {
  async function issue(wanted: Inputs, privateKeyPem: string): Promise<Outputs> {
    const { allowsIntermediate, issueIntermediate } = await import("../x509/issue.ts");
    const root = certificateBlocks(wanted.rootCertificatePem)[0] ?? "";
    const fault = certificateFault(root, now());
    if (fault !== undefined) throw new ResourceError(`rootCertificatePem ${fault}`);
    if (!allowsIntermediate(root))
      throw new ResourceError(
        "rootCertificatePem lets no authority stand below it (path length 0): rotate the root first, while the document declares no intermediate",
      );
    const { notBefore, notAfter } = validityFrom(now(), wanted.validityDays * DAY);
    const end = new Date(Math.min(notAfter.getTime(), new X509Certificate(root).validToDate.getTime()));
    const certificatePem = await issueIntermediate(
      { ...wanted, commonName: named(wanted), notBefore, notAfter: end, privateKeyPem },
      root,
      wanted.rootPrivateKeyPem,
    );
    return { certificatePem, privateKeyPem, notAfter: rfc3339(end), ...(await list(certificatePem, privateKeyPem)) };
  }

  async function list(certificatePem: string, privateKeyPem: string) {
    const { signRevocationList } = await import("../x509/revocation-list.ts");
    const { pem, nextUpdate } = await signRevocationList(certificatePem, privateKeyPem, now());
    return { revocationListPem: pem, revocationListNextUpdate: rfc3339(nextUpdate) };
  }

  return {
    token: "localgateway:index:IntermediateAuthority",
    description:
      "An authority below the root that signs what the stack issues, so that the root's key signs nothing else. A changed root or validity issues its certificate anew under the same key.",
    inputs,
    outputs,
    secretInputs: [["rootPrivateKeyPem"]],
    secretOutputs: [["privateKeyPem"]],
    omitFromState: ["rootPrivateKeyPem"],

    check(wanted, before) {
      const failures: Failure[] = loweredGeneration("generation", before.generation, wanted.generation);
      const certificate = certificateFault(wanted.rootCertificatePem, now()) ?? notRoot(wanted.rootCertificatePem);
      if (certificate !== undefined) failures.push({ property: "rootCertificatePem", reason: certificate });
      const key = keyFault(wanted.rootPrivateKeyPem, wanted.rootCertificatePem);
      if (key !== undefined) failures.push({ property: "rootPrivateKeyPem", reason: key });
      return failures;
    },

    async diff(_id, before, wanted) {
      const changes = changedInputs(before.inputs, wanted, ["rootCertificatePem", "commonName", "generation", "validityDays", "crlUris"]);
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
      return { id: newId("intermediate"), outputs: await issue(wanted, await newPrivateKey("P-256")) };
    },

    async update(_id, before, wanted) {
      const { certificatePem, privateKeyPem } = before.outputs;
      const same = Object.keys(changedInputs(before.inputs, wanted, Object.keys(inputs.shape) as (keyof Inputs)[])).every(
        (key) => key === "rootPrivateKeyPem",
      );
      if (same && !isDue(certificatePem, now())) return { ...before.outputs, ...(await list(certificatePem, privateKeyPem)) };
      return issue(wanted, before.inputs.generation === wanted.generation ? privateKeyPem : await newPrivateKey("P-256"));
    },

    refresh: async (_id, before) => before,

    import() {
      throw new ResourceError(
        "An intermediate authority is not taken over: it is made anew without anybody's trust changing; import the root instead",
      );
    },
  };
}

const notRoot = (pem: string): string | undefined =>
  isRoot(new X509Certificate(pem)) ? undefined : "is not signed by itself: give the root, not an intermediate";

/** Told apart by their number, as their keys are different. */
const named = ({ commonName: name, generation: number }: Inputs): string => {
  const suffix = number === 1 ? "" : ` ${number}`;
  return `${name.slice(0, 64 - suffix.length)}${suffix}`;
};

export const intermediateAuthority = intermediateAuthorityKind();

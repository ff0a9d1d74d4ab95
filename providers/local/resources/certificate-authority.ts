import { X509Certificate } from "node:crypto";
import * as z from "zod";
import { certificateFault, isRoot, keyFault, parseCertificate } from "../x509/authority.ts";
import { newPrivateKey, parsePrivateKey, toPem } from "../x509/keys.ts";
import { certificateBlocks, privateKeyBlocks } from "../x509/pem.ts";
import { isDue, isExpired, rfc3339, validityFrom } from "../x509/validity.ts";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { importedText } from "./import-file.ts";
import { type Failure, ResourceError, type ResourceKind } from "./kind.ts";

const DAY = 24 * 60 * 60 * 1000;

/** RFC 5280 allows 64 characters in a common name. */
export const commonName = z.string().min(1, "1 to 64 characters").max(64, "1 to 64 characters");
export const generation = z.int().min(1).max(1_000_000).default(1);

const inputs = z.strictObject({
  commonName: commonName.meta({ description: "Common name of the root." }),
  generation: generation.meta({
    description: "Raise by one for a new root; the one before stays in `bundlePem` until the generation after, or `finish`.",
  }),
  rollover: z.enum(["announce", "switch", "finish"]).default("switch").meta({
    description:
      "How far the change to `generation` has come. `announce`: the new root is in `bundlePem`, the one before still signs. `switch`: the new one signs, the one before is still in `bundlePem`. `finish`: the one before is gone.",
  }),
  validityDays: z.int().min(1).max(36_500).default(3650).meta({ description: "Validity of the root in days." }),
});

const shownOutputs = z.strictObject({
  certificatePem: z.string().meta({ description: "The root that signs now." }),
  bundlePem: z.string().meta({ description: "Every root to trust now: the signing one and, during a change, the one before or after it." }),
  announcedPem: z.string().default("").meta({ description: "The root that is announced and does not sign yet; empty when there is none." }),
  announcedKeyPem: z.string().default("").meta({ description: "Its PKCS#8 key; secret." }),
  privateKeyPem: z.string().meta({ description: "PKCS#8 key of the root that signs now; secret." }),
  notAfter: z.string().meta({ description: "End of the root's validity, RFC 3339." }),
  revocationListPem: z.string().meta({
    description: "Its revocation list, which names nothing; valid for 90 days, signed anew by the first `up` in the second half.",
  }),
  revocationListNextUpdate: z.string().meta({ description: "End of the revocation list's validity, RFC 3339." }),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof shownOutputs>;

interface Root {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** @param now milliseconds since 1970; tests set it */
export function certificateAuthorityKind(now: () => number = Date.now): ResourceKind<Inputs, Outputs> {
  /** A root of a generation, under a key of its own unless one is given. */
  async function root({ commonName: name, validityDays }: Inputs, number: number, key?: string): Promise<Root> {
    const { issueRoot } = await import("../x509/issue.ts");
    const privateKeyPem = key ?? (await newPrivateKey("P-256"));
    const suffix = number === 1 ? "" : ` ${number}`;
    const certificatePem = await issueRoot(
      `${name.slice(0, 64 - suffix.length)}${suffix}`,
      privateKeyPem,
      validityFrom(now(), validityDays * DAY),
    );
    return { certificatePem, privateKeyPem };
  }

  /** @param trusted besides the one that signs */
  async function outputs(signing: Root, announced: Root | undefined, trusted: readonly string[]): Promise<Outputs> {
    const others = trusted.filter((pem) => pem !== signing.certificatePem && !isExpired(pem, now()));
    return {
      ...signing,
      bundlePem: [signing.certificatePem, ...(announced ? [announced.certificatePem] : []), ...others].join(""),
      announcedPem: announced?.certificatePem ?? "",
      announcedKeyPem: announced?.privateKeyPem ?? "",
      notAfter: rfc3339(new X509Certificate(signing.certificatePem).validToDate),
      ...(await list(signing.certificatePem, signing.privateKeyPem)),
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
    outputs: shownOutputs,
    secretInputs: [],
    secretOutputs: [["privateKeyPem"], ["announcedKeyPem"]],

    check: (wanted, before) => [
      ...loweredGeneration("generation", before.generation, wanted.generation),
      ...rolloverFailures(wanted, before),
    ],

    async diff(_id, before, wanted) {
      const changes = changedInputs(before.inputs, wanted, ["commonName", "generation", "rollover", "validityDays"]);
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
      const newest = await root(wanted, wanted.generation);
      if (wanted.rollover !== "announce") return { id: newId("ca"), outputs: await outputs(newest, undefined, []) };
      return { id: newId("ca"), outputs: await outputs(await root(wanted, wanted.generation - 1), newest, []) };
    },

    /** Another generation or name gets a new key; a renewal keeps it, so that whoever trusts the root before accepts what the new one signs. */
    async update(_id, before, wanted) {
      const standing: Root = { certificatePem: before.outputs.certificatePem, privateKeyPem: before.outputs.privateKeyPem };
      const old = standing.certificatePem;
      if (before.inputs.commonName !== wanted.commonName) return outputs(await root(wanted, wanted.generation), undefined, [old]);
      const due = isDue(old, now()) || before.inputs.validityDays !== wanted.validityDays;
      const renewed = async (number: number) => (due ? root(wanted, number, standing.privateKeyPem) : standing);
      const { announcedPem, announcedKeyPem } = before.outputs;
      const announced = announcedPem ? { certificatePem: announcedPem, privateKeyPem: announcedKeyPem } : undefined;
      const signs = (inputs: Inputs) => inputs.generation - (inputs.rollover === "announce" ? 1 : 0);
      if (signs(wanted) !== signs(before.inputs)) {
        // The one announced, or, where none was, one that nobody knows yet.
        const next = announced ?? (await root(wanted, signs(wanted)));
        const after = wanted.rollover === "announce" ? await root(wanted, wanted.generation) : undefined;
        return outputs(next, after, wanted.rollover === "finish" ? [] : [old]);
      }
      const signing = await renewed(signs(wanted));
      if (wanted.rollover === "announce") return outputs(signing, announced ?? (await root(wanted, wanted.generation)), [old]);
      const kept = certificateBlocks(before.outputs.bundlePem);
      return outputs(signing, undefined, wanted.rollover === "finish" ? [] : kept);
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
        inputs: { commonName: name, generation: 1, rollover: "switch", validityDays },
        outputs: await outputs({ certificatePem, privateKeyPem: toPem(key) }, undefined, []),
      };
    },
  };
}

export const certificateAuthority = certificateAuthorityKind();

/** Steps that would take a root away while somebody still needs it. */
function rolloverFailures(wanted: Inputs, before: Partial<Inputs>): Failure[] {
  const fail = (reason: string): Failure[] => [{ property: "rollover", reason }];
  if (wanted.rollover === "announce" && wanted.generation === 1)
    return fail("there is no root before the first that could sign meanwhile: raise generation to 2, or leave rollover out");
  if (before.generation === undefined) return [];
  if (wanted.generation > before.generation && wanted.rollover === "finish")
    return fail(`generation ${wanted.generation} is new, and finish takes the root before away at once: announce it first, or switch`);
  if (wanted.generation === before.generation && wanted.rollover === "announce" && (before.rollover ?? "switch") !== "announce")
    return fail(`generation ${wanted.generation} signs already: raise generation to announce another root`);
  return [];
}

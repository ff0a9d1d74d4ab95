import { createHash, type KeyObject } from "node:crypto";
import * as z from "zod";
import { newPrivateKey, parsePrivateKey, publicKeyOf, toPem } from "../x509/keys.ts";
import { privateKeyBlocks } from "../x509/pem.ts";
import { generation } from "./certificate-authority.ts";
import { changedInputs, loweredGeneration } from "./differences.ts";
import { newId } from "./identifier.ts";
import { importedText } from "./import-file.ts";
import { ResourceError, type ResourceKind } from "./kind.ts";

const inputs = z.strictObject({
  algorithm: z.enum(["RS256", "ES256"]).meta({ description: "JWS algorithm." }),
  generation: generation.meta({ description: "Raise by one for a new key; the one before stays in `jwks` until the generation after." }),
});

const outputs = z.strictObject({
  keyId: z.string().meta({ description: "`kid` of the key that signs now: its RFC 7638 thumbprint." }),
  jwks: z.string().meta({ description: "Public JSON Web Key Set, JSON text: the current key and, after a change, the one before." }),
  privateKeyPem: z.string().meta({ description: "PKCS#8; secret." }),
});

type Inputs = z.infer<typeof inputs>;
type Outputs = z.infer<typeof outputs>;

/** Members of a public key that its thumbprint covers, in the order of RFC 7638. */
const THUMBPRINT_MEMBERS = { RSA: ["e", "kty", "n"], EC: ["crv", "kty", "x", "y"] } as const;

function publicJwk(key: KeyObject, algorithm: Inputs["algorithm"]) {
  const jwk = publicKeyOf(key).export({ format: "jwk" });
  const members = THUMBPRINT_MEMBERS[algorithm === "RS256" ? "RSA" : "EC"];
  const canonical = JSON.stringify(Object.fromEntries(members.map((member) => [member, jwk[member]])));
  return { ...jwk, kid: createHash("sha256").update(canonical).digest("base64url"), alg: algorithm, use: "sig" };
}

/** @param before the key set so far, whose first key goes on being accepted */
function outputsFor(privateKeyPem: string, algorithm: Inputs["algorithm"], before?: string): Outputs {
  const key = parsePrivateKey(privateKeyPem);
  if (key === undefined) throw new ResourceError("The private key of a signing key is not PEM text of an unencrypted key");
  const jwk = publicJwk(key, algorithm);
  const previous = before === undefined ? [] : (JSON.parse(before) as { keys: object[] }).keys.slice(0, 1);
  return { keyId: jwk.kid, jwks: JSON.stringify({ keys: [jwk, ...previous] }), privateKeyPem };
}

const newKey = (algorithm: Inputs["algorithm"]) => newPrivateKey(algorithm === "RS256" ? "RSA" : "P-256");

export const signingKey: ResourceKind<Inputs, Outputs> = {
  token: "localgateway:index:SigningKey",
  description: "A key that signs test tokens: RSA with 2048 bits or ECDSA P-256.",
  inputs,
  outputs,
  secretInputs: [],
  secretOutputs: [["privateKeyPem"]],

  check: (wanted, before) => loweredGeneration("generation", before.generation, wanted.generation),

  async diff(_id, before, wanted) {
    return { changes: changedInputs(before.inputs, wanted, ["algorithm", "generation"]) };
  },

  async create({ algorithm }) {
    return { id: newId("key"), outputs: outputsFor(await newKey(algorithm), algorithm) };
  },

  async update(_id, before, { algorithm }) {
    return outputsFor(await newKey(algorithm), algorithm, before.outputs.jwks);
  },

  refresh: async (_id, before) => before,

  async import(path) {
    const text = importedText(path, "a PEM file with the private key");
    const key = parsePrivateKey(privateKeyBlocks(text)[0] ?? "");
    const algorithm = key && algorithmOf(key);
    if (key === undefined || algorithm === undefined)
      throw new ResourceError(
        `${path} holds no key that can sign: give an unencrypted RSA key of at least 2048 bits or an ECDSA P-256 key as PEM text`,
      );
    return { id: newId("key"), inputs: { algorithm, generation: 1 }, outputs: outputsFor(toPem(key), algorithm) };
  },
};

function algorithmOf(key: KeyObject): Inputs["algorithm"] | undefined {
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "rsa" && modulusLength >= 2048) return "RS256";
  return key.asymmetricKeyType === "ec" && namedCurve === "prime256v1" ? "ES256" : undefined;
}

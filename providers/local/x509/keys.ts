import { createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, type webcrypto } from "node:crypto";
import { promisify } from "node:util";

const generate = promisify(generateKeyPair);

/** A new private key as PKCS#8 PEM. RSA keys have 2048 bits. */
export async function newPrivateKey(type: "P-256" | "RSA"): Promise<string> {
  const { privateKey } = await (type === "RSA" ? generate("rsa", { modulusLength: 2048 }) : generate("ec", { namedCurve: "P-256" }));
  return toPem(privateKey);
}

/** @returns undefined when the text is not an unencrypted private key */
export function parsePrivateKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

export const toPem = (key: KeyObject): string => key.export({ type: "pkcs8", format: "pem" }).toString();

export const publicKeyOf = (privateKey: KeyObject): KeyObject => createPublicKey(privateKey);

/** WebCrypto's name for how a key signs; undefined when certificates are not signed with such a key here. */
export function signatureOf(
  key: KeyObject,
): (webcrypto.EcKeyImportParams & webcrypto.EcdsaParams) | webcrypto.RsaHashedImportParams | undefined {
  if (key.asymmetricKeyType === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const namedCurve = { prime256v1: "P-256", secp384r1: "P-384" }[key.asymmetricKeyDetails?.namedCurve ?? ""];
  if (key.asymmetricKeyType !== "ec" || namedCurve === undefined) return undefined;
  return { name: "ECDSA", namedCurve, hash: namedCurve === "P-384" ? "SHA-384" : "SHA-256" };
}

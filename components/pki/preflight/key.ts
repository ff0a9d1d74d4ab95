import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { nameOf, parseChain } from "../certificate.ts";
import { type Problem, refused } from "./problem.ts";

/** Whether a secret is the private key of a chain's first certificate, in the form services take it. The key itself shows in no message. */
export function inspectKey(secret: string, chain: string): Problem[] {
  const key = readKey(secret);
  if (!("key" in key)) return [key];
  const [leaf, ...rest] = parseChain(chain);
  if (leaf === undefined) return [];
  const spki = { type: "spki", format: "der" } as const;
  const mine = createPublicKey(key.key).export(spki);
  if (leaf.publicKey.export(spki).equals(mine)) return [];
  const other = rest.find((certificate) => certificate.publicKey.export(spki).equals(mine));
  return [
    refused(
      "key-mismatch",
      `the private key does not belong to the certificate${other === undefined ? "" : `; it is the key of "${nameOf(other)}"`}`,
      "store the key the certificate was issued for",
    ),
  ];
}

const STORE = "store the key that belongs to the certificate, without a passphrase";

function readKey(secret: string): { readonly key: KeyObject } | Problem {
  const labels = [...secret.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = ""]) => label);
  const keys = labels.filter((label) => label.endsWith("PRIVATE KEY"));
  if (keys.length === 0) {
    if (labels.includes("CERTIFICATE")) return refused("key-is-certificate", "the secret is a certificate, not its private key", STORE);
    if (labels.includes("PUBLIC KEY")) return refused("key-is-public", "the secret is a public key, not the private one", STORE);
    return refused("key-unreadable", "the secret is not a private key in PEM form", STORE);
  }
  if (keys.length > 1) return refused("key-several", `the secret holds ${keys.length} private keys`, "store the certificate's key alone");
  if (keys[0] === "ENCRYPTED PRIVATE KEY" || /^Proc-Type: 4,ENCRYPTED/m.test(secret))
    return refused(
      "key-encrypted",
      "the secret is a private key under a passphrase",
      "store it without one (openssl pkey -in <file>): the stack's configuration encrypts it",
    );
  try {
    return { key: createPrivateKey(secret) };
  } catch {
    return refused("key-unreadable", "the secret is not a private key in PEM form", STORE);
  }
}

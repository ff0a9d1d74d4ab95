import { createHmac, sign } from "node:crypto";
import type { TokenMint } from "../tokens.ts";

/** A token that must not be accepted; each is right but for one thing. */
export interface ForgedToken {
  readonly id: string;
  readonly what: string;
  /** Given a mint and the claims of a right token. */
  readonly make: (mint: TokenMint, claims: Readonly<Record<string, unknown>>) => Promise<string> | string;
}

export const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export const parts = (token: string) => token.split(".") as [string, string, string];

export const headerOf = (mint: TokenMint) => ({ alg: mint.algorithm, kid: mint.keyId, typ: "JWT" });

/** Header and payload as given, signed by `signer`. */
export function assemble(header: unknown, payload: unknown, signer: (input: string) => Buffer | string): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = signer(input);
  return `${input}.${typeof signature === "string" ? signature : signature.toString("base64url")}`;
}

export const hmac = (hash: string, key: string | Buffer) => (input: string) => createHmac(hash, key).update(input).digest();

export const signWith = (mint: TokenMint, input: string) =>
  mint.key.asymmetricKeyType === "ec"
    ? sign("sha256", Buffer.from(input), { key: mint.key, dsaEncoding: "ieee-p1363" })
    : sign("sha256", Buffer.from(input), mint.key);

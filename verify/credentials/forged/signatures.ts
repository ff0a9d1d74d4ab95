import { randomBytes, sign } from "node:crypto";
import type { TokenMint } from "../tokens.ts";
import { assemble, encode, type ForgedToken, headerOf, hmac, parts } from "./assemble.ts";

const none = (alg: unknown) => (mint: TokenMint, claims: unknown) => assemble({ ...headerOf(mint), alg }, claims, () => "");

const withHmac = (alg: string, key: (mint: TokenMint) => string | Buffer) => (mint: TokenMint, claims: unknown) =>
  assemble({ ...headerOf(mint), alg }, claims, hmac(alg.replace("HS", "sha"), key(mint)));

const pem = (mint: TokenMint) => mint.publicKey.export({ type: "spki", format: "pem" }).toString();

/** Signatures and algorithms. */
export const SIGNATURES: readonly ForgedToken[] = [
  ...["none", "None", "NONE", "nOnE"].map((alg) => ({ id: `alg-${alg}`, what: `alg "${alg}" without a signature`, make: none(alg) })),
  {
    id: "alg-none-signed",
    what: 'alg "none" with the signature of a right token',
    make: async (mint, claims) => `${encode({ ...headerOf(mint), alg: "none" })}.${encode(claims)}.${parts(await mint.sign(claims))[2]}`,
  },
  {
    id: "alg-none-escaped",
    what: 'alg "none" written with a JSON escape',
    make: (mint, claims) => `${encode(`{"alg":"\\u006eone","kid":${JSON.stringify(mint.keyId)}}`)}.${encode(claims)}.`,
  },
  { id: "alg-empty", what: "an empty alg", make: none("") },
  { id: "alg-null", what: "alg null", make: none(null) },
  { id: "alg-list", what: "alg as a list", make: none(["RS256", "none"]) },
  {
    id: "alg-missing",
    what: "no alg at all",
    make: async (mint, claims) => `${encode({ kid: mint.keyId, typ: "JWT" })}.${encode(claims)}.${parts(await mint.sign(claims))[2]}`,
  },
  {
    id: "alg-lower-case",
    what: "the right alg in lower case",
    make: (mint, claims) =>
      assemble({ ...headerOf(mint), alg: mint.algorithm.toLowerCase() }, claims, (input) => sign("sha256", Buffer.from(input), mint.key)),
  },
  { id: "hs256-public-pem", what: "HS256 keyed with the issuer's public key (PEM)", make: withHmac("HS256", pem) },
  { id: "hs384-public-pem", what: "HS384 keyed with the issuer's public key (PEM)", make: withHmac("HS384", pem) },
  { id: "hs512-public-pem", what: "HS512 keyed with the issuer's public key (PEM)", make: withHmac("HS512", pem) },
  {
    id: "hs256-public-der",
    what: "HS256 keyed with the issuer's public key (DER)",
    make: withHmac("HS256", (mint) => mint.publicKey.export({ type: "spki", format: "der" })),
  },
  {
    id: "hs256-public-jwk",
    what: "HS256 keyed with the issuer's public key (JWK)",
    make: withHmac("HS256", (mint) => JSON.stringify(mint.publicKey.export({ format: "jwk" }))),
  },
  {
    id: "hs256-modulus",
    what: "HS256 keyed with the modulus of the issuer's public key",
    make: withHmac("HS256", (mint) => String(mint.publicKey.export({ format: "jwk" }).n ?? mint.publicKey.export({ format: "jwk" }).x)),
  },
  { id: "hs256-kid", what: "HS256 keyed with the key's id", make: withHmac("HS256", (mint) => mint.keyId) },
  { id: "hs256-empty", what: "HS256 with an empty key", make: withHmac("HS256", () => "") },
  ...["secret", "password", "changeme"].map((word) => ({
    id: `hs256-${word}`,
    what: `HS256 with the key "${word}"`,
    make: withHmac("HS256", () => word),
  })),
  {
    id: "signature-missing",
    what: "an empty signature",
    make: async (mint, claims) =>
      `${parts(await mint.sign(claims))
        .slice(0, 2)
        .join(".")}.`,
  },
  {
    id: "signature-two-parts",
    what: "no signature part",
    make: async (mint, claims) =>
      parts(await mint.sign(claims))
        .slice(0, 2)
        .join("."),
  },
  {
    id: "signature-flipped",
    what: "one bit of the signature changed",
    make: async (mint, claims) => {
      const [header, payload, signature] = parts(await mint.sign(claims));
      const bytes = Buffer.from(signature, "base64url");
      bytes[10] = (bytes[10] ?? 0) ^ 1;
      return `${header}.${payload}.${bytes.toString("base64url")}`;
    },
  },
  {
    id: "signature-truncated",
    what: "half the signature",
    make: async (mint, claims) => {
      const token = await mint.sign(claims);
      return token.slice(0, token.lastIndexOf(".") + 1 + parts(token)[2].length / 2);
    },
  },
  {
    id: "signature-random",
    what: "random bytes as signature",
    make: async (mint, claims) =>
      `${parts(await mint.sign(claims))
        .slice(0, 2)
        .join(".")}.${randomBytes(256).toString("base64url")}`,
  },
  {
    id: "signature-zero",
    what: "a signature of zeros",
    make: async (mint, claims) => {
      const [header, payload, signature] = parts(await mint.sign(claims));
      return `${header}.${payload}.${Buffer.alloc(Buffer.from(signature, "base64url").length).toString("base64url")}`;
    },
  },
  {
    id: "signature-of-another",
    what: "the signature of another right token",
    make: async (mint, claims) => {
      const [header, payload] = parts(await mint.sign({ ...claims, admin: true }));
      return `${header}.${payload}.${parts(await mint.sign(claims))[2]}`;
    },
  },
  {
    id: "payload-changed",
    what: "a payload changed after signing",
    make: async (mint, claims) => {
      const [header, , signature] = parts(await mint.sign(claims));
      return `${header}.${encode({ ...claims, sub: "somebody-else" })}.${signature}`;
    },
  },
  {
    id: "header-changed",
    what: "a header changed after signing",
    make: async (mint, claims) => {
      const [, payload, signature] = parts(await mint.sign(claims));
      return `${encode({ ...headerOf(mint), cty: "changed" })}.${payload}.${signature}`;
    },
  },
];

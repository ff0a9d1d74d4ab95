import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { TokenMint } from "../tokens.ts";
import { assemble, type ForgedToken, headerOf, hmac } from "./assemble.ts";

/** A key the issuer has never heard of; one per process, because making one takes a while. */
let stranger: { publicKey: KeyObject; privateKey: KeyObject } | undefined;
function strangersKey() {
  stranger ??= generateKeyPairSync("rsa", { modulusLength: 2048 });
  return stranger;
}

/** The same token signed by a stranger, with further header members. */
const byStranger = (members: (mint: TokenMint) => Readonly<Record<string, unknown>>) => (mint: TokenMint, claims: unknown) =>
  assemble({ ...headerOf(mint), alg: "RS256", ...members(mint) }, claims, (input) =>
    sign("sha256", Buffer.from(input), strangersKey().privateKey),
  );

const strangersJwk = () => ({ ...strangersKey().publicKey.export({ format: "jwk" }), alg: "RS256", use: "sig" });

/** Keys of somebody else, and ways to talk a verifier into using them. */
export const KEYS: readonly ForgedToken[] = [
  { id: "key-stranger", what: "a stranger's key under the right kid", make: byStranger(() => ({})) },
  { id: "key-stranger-no-kid", what: "a stranger's key without a kid", make: byStranger(() => ({ kid: undefined })) },
  { id: "kid-unknown", what: "a stranger's key under an unknown kid", make: byStranger(() => ({ kid: "gateway-verify" })) },
  { id: "kid-empty", what: "a stranger's key under an empty kid", make: byStranger(() => ({ kid: "" })) },
  { id: "kid-number", what: "a stranger's key with a number as kid", make: byStranger(() => ({ kid: 0 })) },
  { id: "kid-list", what: "a stranger's key with a list as kid", make: byStranger((mint) => ({ kid: [mint.keyId] })) },
  { id: "kid-sql", what: "an SQL injection as kid", make: byStranger(() => ({ kid: "' UNION SELECT 'key' --" })) },
  { id: "kid-url", what: "a URL as kid", make: byStranger(() => ({ kid: "https://gateway-verify.example/key.pem" })) },
  { id: "kid-command", what: "a shell command as kid", make: byStranger(() => ({ kid: "key|sleep 5" })) },
  { id: "kid-null-byte", what: "the right kid with a NUL behind it", make: byStranger((mint) => ({ kid: `${mint.keyId}\u0000` })) },
  {
    id: "kid-traversal",
    what: "HS256 with an empty key and a file without content as kid",
    make: (mint, claims) => assemble({ ...headerOf(mint), alg: "HS256", kid: "../../../../../../dev/null" }, claims, hmac("sha256", "")),
  },
  { id: "jwk-embedded", what: "a stranger's key embedded as jwk", make: byStranger(() => ({ jwk: strangersJwk() })) },
  {
    id: "jwk-embedded-no-kid",
    what: "a stranger's key embedded as jwk, without a kid",
    make: byStranger(() => ({ kid: undefined, jwk: strangersJwk() })),
  },
  {
    id: "jku",
    what: "a stranger's key set named in jku",
    make: byStranger(() => ({ kid: "stranger", jku: "https://gateway-verify.example/.well-known/jwks.json" })),
  },
  {
    id: "x5u",
    what: "a stranger's certificate named in x5u",
    make: byStranger(() => ({ x5u: "https://gateway-verify.example/certificate.pem" })),
  },
  {
    id: "x5c",
    what: "a stranger's key embedded as x5c",
    make: byStranger(() => ({ x5c: [strangersKey().publicKey.export({ type: "spki", format: "der" }).toString("base64")] })),
  },
];

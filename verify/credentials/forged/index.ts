import type { JwtProvider } from "../../../components/spec/model.ts";
import type { ForgedToken } from "./assemble.ts";
import { wrongClaims } from "./claims.ts";
import { KEYS } from "./keys.ts";
import { SHAPES } from "./shapes.ts";
import { SIGNATURES } from "./signatures.ts";

export type { ForgedToken };

/** Every forged token for a provider. */
export function forgedTokens(provider: JwtProvider): ForgedToken[] {
  return [...SHAPES, ...SIGNATURES, ...KEYS, ...wrongClaims(provider)];
}

/** The ones every further route is tried with: one for each check a verifier makes. */
export const SHORT_CORPUS: ReadonlySet<string> = new Set([
  "garbage",
  "alg-none",
  "hs256-public-pem",
  "signature-flipped",
  "key-stranger",
  "exp-past",
  "exp-missing",
  "nbf-future",
  "iss-wrong",
  "aud-wrong",
]);

/** The ones somebody can make who has nothing of the issuer's; without the issuer's key only these prove anything. */
export const KEYLESS: ReadonlySet<string> = new Set([
  ...KEYS.map(({ id }) => id),
  ...["garbage", "one-dot", "two-dots", "five-parts", "deep", "long"],
  ...["alg-none", "alg-None", "alg-NONE", "alg-nOnE", "alg-none-escaped", "alg-empty", "alg-null", "alg-list"],
  ...["hs256-empty", "hs256-secret", "hs256-password", "hs256-changeme"],
]);

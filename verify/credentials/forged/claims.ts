import type { JwtProvider } from "../../../components/spec/model.ts";
import { nowSeconds } from "../tokens.ts";
import type { ForgedToken } from "./assemble.ts";

/** Right tokens of the wrong issuer, for somebody else, or at the wrong time. */
export function wrongClaims({ issuer, audiences, clockSkewSeconds }: JwtProvider): ForgedToken[] {
  const [audience = ""] = audiences;
  const changed = (id: string, what: string, change: () => Readonly<Record<string, unknown>>): ForgedToken => ({
    id,
    what,
    make: (mint, claims) => mint.sign({ ...claims, ...change() }),
  });
  const beyond = clockSkewSeconds + 30;
  return [
    changed("exp-past", "expired an hour ago", () => ({ exp: nowSeconds() - 3600 })),
    changed("exp-beyond-skew", "expired just longer ago than clocks may differ", () => ({ exp: nowSeconds() - beyond })),
    changed("exp-missing", "without exp", () => ({ exp: undefined })),
    changed("exp-null", "exp null", () => ({ exp: null })),
    changed("exp-text", "exp as text", () => ({ exp: String(nowSeconds() + 3600) })),
    changed("exp-zero", "exp 0", () => ({ exp: 0 })),
    changed("exp-negative", "a negative exp", () => ({ exp: -1 })),
    changed("nbf-future", "not valid before an hour from now", () => ({ nbf: nowSeconds() + 3600 })),
    changed("nbf-beyond-skew", "not valid until just longer than clocks may differ", () => ({ nbf: nowSeconds() + beyond })),
    changed("iss-wrong", "another issuer", () => ({ iss: "https://gateway-verify.example" })),
    changed("iss-missing", "no issuer", () => ({ iss: undefined })),
    changed("iss-empty", "an empty issuer", () => ({ iss: "" })),
    changed("iss-list", "the issuer in a list with another", () => ({ iss: [issuer, "https://gateway-verify.example"] })),
    changed("iss-slash", "the issuer with a slash more or less", () => ({
      iss: issuer.endsWith("/") ? issuer.slice(0, -1) : `${issuer}/`,
    })),
    changed("iss-longer", "an issuer that starts like ours", () => ({ iss: `${issuer}.gateway-verify.example` })),
    changed("iss-case", "the issuer in other letters", () => ({ iss: swapCase(issuer) })),
    changed("aud-wrong", "for another audience", () => ({ aud: "gateway-verify" })),
    changed("aud-missing", "without an audience", () => ({ aud: undefined })),
    changed("aud-empty", "an empty audience", () => ({ aud: "" })),
    changed("aud-empty-list", "an empty list of audiences", () => ({ aud: [] })),
    changed("aud-wrong-list", "a list of other audiences", () => ({ aud: ["gateway-verify", "gateway-verify-2"] })),
    changed("aud-longer", "an audience that starts like ours", () => ({ aud: `${audience}-gateway-verify` })),
    changed("aud-shorter", "the start of our audience", () => ({ aud: audience.slice(0, -1) })),
    changed("aud-case", "our audience in other letters", () => ({ aud: swapCase(audience) })),
    changed("aud-joined", "our audience and another in one text", () => ({ aud: `${audience} gateway-verify` })),
    changed("aud-object", "our audience as a member's name", () => ({ aud: { [audience]: true } })),
  ];
}

const swapCase = (text: string) =>
  [...text].map((letter) => (letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase())).join("");

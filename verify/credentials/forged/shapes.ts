import { assemble, encode, type ForgedToken, headerOf, parts, signWith } from "./assemble.ts";

/** Things that are no token. */
export const SHAPES: readonly ForgedToken[] = [
  { id: "garbage", what: "a word that is no token", make: () => "gateway-verify" },
  { id: "one-dot", what: "a single dot", make: () => "." },
  { id: "two-dots", what: "two dots", make: () => ".." },
  { id: "four-parts", what: "a right token with a part more", make: async (mint, claims) => `${await mint.sign(claims)}.e30` },
  {
    id: "five-parts",
    what: "an encrypted token's five parts",
    make: (_mint, claims) => `${encode({ alg: "dir", enc: "A256GCM" })}..${encode("iv")}.${encode(claims)}.${encode("tag")}`,
  },
  {
    id: "header-not-json",
    what: "a header that is not JSON",
    make: async (mint, claims) =>
      `${encode("alg=RS256")}.${parts(await mint.sign(claims))
        .slice(1)
        .join(".")}`,
  },
  {
    id: "header-list",
    what: "a header that is a list",
    make: async (mint, claims) =>
      `${encode([headerOf(mint)])}.${parts(await mint.sign(claims))
        .slice(1)
        .join(".")}`,
  },
  {
    id: "payload-not-json",
    what: "a signed payload that is not JSON",
    make: (mint) => assemble(headerOf(mint), "gateway-verify", (input) => signWith(mint, input)),
  },
  {
    id: "payload-list",
    what: "a signed payload that is a list",
    make: (mint, claims) => assemble(headerOf(mint), [claims], (input) => signWith(mint, input)),
  },
  {
    id: "deep",
    what: "a payload nested a thousand levels deep",
    make: () => `${encode({ alg: "RS256" })}.${encode(`${'{"a":'.repeat(1000)}1${"}".repeat(1000)}`)}.AAAA`,
  },
  { id: "long", what: "a token of 16 KiB", make: (mint) => `${encode(headerOf(mint))}.${"A".repeat(16_000)}.AAAA` },
];

import type { TestCertificates } from "../certificates.ts";
import type { Dice } from "../dice.ts";
import type { Fields } from "./common.ts";

/** Where the front certificate comes from; what every cloud has is most frequent. */
export function certificateSource(dice: Dice, { front }: TestCertificates): Fields {
  return dice.weighted<Fields>([
    [5, { source: "managed" }],
    [
      1,
      { source: "acme", email: "ops@example.com", directory: dice.one(["staging", "production"]), keyType: dice.one(["P256", "RSA2048"]) },
    ],
    [2, { source: "imported", fullchain: front, privateKey: { secret: "front-key" } }],
    [2, { source: "internal" }],
  ]);
}

/** Client certificates at the front door. */
export const clientValidation = (dice: Dice, { authorities, hashes }: TestCertificates): Fields => ({
  caCertificates: dice.some(authorities, 1),
  mode: dice.one(["Required", "Optional"]),
  ...dice.maybe(0.4, () => ({ subjectAltNames: dice.some(["partner.example.com", "spiffe://example.com/batch"], 1) })),
  ...dice.maybe(0.2, () => ({ certificateHashes: dice.some(hashes, 1) })),
});

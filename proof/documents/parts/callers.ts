import type { TestCertificates } from "../certificates.ts";
import type { Dice } from "../dice.ts";
import type { Fields } from "./common.ts";
import { bucket } from "./traffic.ts";

const ALGORITHMS = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "EdDSA"];
/** A token issuer. */
export function provider(dice: Dice, { authorities, jwks }: TestCertificates): Fields {
  const host = `login${dice.between(1, 99)}.example.com`;
  return {
    issuer: `https://${host}`,
    audiences: dice.some([`api-${dice.between(1, 99)}`, `web-${dice.between(1, 99)}`, "https://api.example.com/"], 1),
    ...dice.weighted<Fields>([
      [6, { jwksUri: `https://${host}/.well-known/jwks.json` }],
      [1, { jwks }],
      [
        1,
        {
          jwksUri: `https://${host}/keys`,
          jwksTls: dice.one<Fields>([{ trust: "internal" }, { caCertificates: dice.some(authorities, 1) }]),
        },
      ],
    ]),
    ...dice.maybe(0.3, () => ({ algorithms: dice.some(ALGORITHMS, 1) })),
    scopes: ["orders.read", "orders.write", "admin"],
    ...dice.maybe(0.3, () => ({
      claimToHeaders: { "x-tenant": dice.one(["tenant", "org.id"]), ...dice.maybe(0.4, () => ({ "x-role": "role" })) },
    })),
    ...dice.maybe(0.3, () => ({ clockSkew: `${dice.between(0, 60)}s` })),
    ...dice.maybe(0.2, () => ({ forward: true })),
  };
}

/** A plan with a limit, a quota or both. */
export function plan(dice: Dice): Fields {
  const parts = dice.some(["rateLimit", "quota"], 1);
  return {
    ...(parts.includes("rateLimit") ? { rateLimit: bucket(dice) } : {}),
    ...(parts.includes("quota") ? { quota: { requests: dice.between(100, 5_000_000), per: dice.one(["day", "week", "month"]) } } : {}),
  };
}

/** A consumer with a plan and generations of its key. */
export const consumer = (dice: Dice, plans: readonly string[]): Fields => ({
  ...(plans.length > 0 && dice.chance(0.7) ? { plan: dice.one(plans) } : {}),
  ...dice.maybe(0.3, () => ({ keyGeneration: dice.between(2, 5), ...dice.maybe(0.5, () => ({ keepPreviousKey: true })) })),
});

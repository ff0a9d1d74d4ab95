import type { TestCertificates } from "../certificates.ts";
import type { Dice } from "../dice.ts";
import type { Fields } from "./common.ts";

/** A backend: whom it trusts, where it stands, how it is asked. */
export function backend(dice: Dice, domain: string, { authorities, pinned, client }: TestCertificates): Fields {
  const host = `svc${dice.between(100, 999)}.${domain}`;
  const tls = dice.weighted<Fields>([
    [6, {}],
    [2, { trust: "internal" }],
    [2, { caCertificates: dice.some(authorities, 1) }],
    [1, { certificate: pinned }],
    [1, { trust: "unverified", reason: "The old core has a certificate nobody can replace this year." }],
  ]);
  return {
    url: `https://${host}${dice.one(["", "", ":8443"])}${dice.one(["", "", "/base"])}`,
    ...dice.maybe(0.1, () => ({ protocol: "grpc" })),
    tls: {
      ...tls,
      ...dice.maybe(0.15, () => ({ serverName: "real-name.example.com" })),
      ...dice.maybe(0.35, () => ({
        clientCertificate: dice.chance(0.6) ? "internal" : { certificate: client, privateKey: { secret: "client-key" } },
      })),
    },
    ...dice.weighted<Fields>([
      [7, {}],
      [1, { network: { type: "private", addresses: ["10.0.1.10", "10.0.2.10"] } }],
      [1, { network: { type: "onPremises", addresses: ["10.9.0.4"] } }],
    ]),
    ...dice.maybe(0.1, () => ({ preserveHost: true })),
    ...dice.maybe(0.4, () => ({ timeout: `${dice.between(5, 25)}s` })),
    ...dice.maybe(0.2, () => ({ connectTimeout: `${dice.between(1, 5)}s` })),
    ...dice.maybe(0.25, () => ({ retries: retries(dice) })),
    ...dice.maybe(0.2, () => ({
      circuitBreaker: {
        consecutiveErrors: dice.between(3, 9),
        ejectionTime: `${dice.between(10, 60)}s`,
        maxRequests: dice.between(50, 900),
      },
    })),
    ...dice.maybe(0.15, () => ({ healthCheck: { path: "/healthz", interval: `${dice.between(5, 30)}s` } })),
  };
}

/** When a request is tried again. */
export const retries = (dice: Dice): Fields => ({
  attempts: dice.between(1, 3),
  on: dice.some(["connectFailure", "unavailable", "gatewayError"], 1),
  ...dice.maybe(0.2, () => ({ perTryTimeout: "1s" })),
  ...dice.maybe(0.2, () => ({ nonIdempotent: true })),
});

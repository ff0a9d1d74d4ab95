import type { Dice } from "../dice.ts";
import { type Fields, METHODS } from "./common.ts";

const CIDRS = ["192.0.2.0/24", "198.51.100.0/25", "203.0.113.7/32", "10.20.0.0/16", "2001:db8:1::/48", "172.16.8.0/21", "192.0.2.128/26"];
const ALLOWED = CIDRS.slice(0, 4);
const DENIED = CIDRS.slice(4);

/** Blocks that are allowed and blocks that are denied do not lie in each other, which would be a fault, but for one denied address in an allowed block. */
export const access = (dice: Dice): Fields => ({
  ...dice.maybe(0.6, () => ({ allowCidrs: dice.some(ALLOWED, 1) })),
  ...dice.maybe(0.6, () => ({ denyCidrs: dice.some(DENIED, 1) })),
});

/** A limit without what it is counted by. */
export function bucket(dice: Dice): Fields {
  const requests = dice.between(1, 400);
  return {
    requests,
    per: dice.weighted([
      [4, "second"],
      [2, "minute"],
      [1, "hour"],
    ]),
    ...dice.maybe(0.8, () => ({ burst: requests * dice.between(1, 60) })),
  };
}

/** Limits of the whole gateway. */
export const gatewayLimits = (dice: Dice): Fields[] => dice.some(["gateway", "clientIp"], 1).map((key) => ({ ...bucket(dice), key }));

/** Cross-origin rules. */
export const cors = (dice: Dice): Fields => ({
  ...(dice.chance(0.15)
    ? { allowAnyOrigin: true }
    : {
        allowOrigins: dice.some(["https://shop.example.com", "https://app.example.org:8443", "http://localhost:3000"], 1),
        ...dice.maybe(0.3, () => ({ allowCredentials: true })),
      }),
  allowMethods: dice.some(METHODS, 1),
  ...dice.maybe(0.6, () => ({ allowHeaders: dice.some(["authorization", "content-type", "x-trace"], 1) })),
  ...dice.maybe(0.3, () => ({ exposeHeaders: dice.some(["x-request-id", "x-total"], 1) })),
  ...dice.maybe(0.3, () => ({ maxAge: `${dice.between(60, 7200)}s` })),
});

/** The largest sizes of requests. */
export const sizes = (dice: Dice): Fields => ({
  url: dice.one(["2KiB", "4KiB", "8KiB", "10KiB"]),
  headers: dice.one(["4KiB", "8KiB", "10KiB", "32KiB"]),
  body: dice.one([65_536, "256KiB", "1MiB", 10_000_000]),
});

/** Headers that are set, added and removed. */
export const headerChanges = (dice: Dice): Fields => ({
  ...dice.maybe(0.6, () => ({
    request: {
      ...dice.maybe(0.6, () => ({ set: { "x-edge": `zone-${dice.between(1, 9)}` } })),
      ...dice.maybe(0.3, () => ({ add: { "x-via": "gateway" } })),
      ...dice.maybe(0.5, () => ({ remove: ["x-debug"] })),
    },
  })),
  ...dice.maybe(0.6, () => ({
    response: {
      ...dice.maybe(0.6, () => ({ set: { "x-content-type-options": "nosniff" } })),
      ...dice.maybe(0.3, () => ({ add: { "x-served": "gateway" } })),
      ...dice.maybe(0.5, () => ({ remove: ["x-runtime"] })),
    },
  })),
});

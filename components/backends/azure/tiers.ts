import type { GatewayModel } from "../../spec/model.ts";
import { AZURE_TIERS } from "../../spec/schema/azure.ts";

export type Tier = (typeof AZURE_TIERS)[number];

/**
 * What a tier can do, as the vendor's tier comparison, v2 overview and service limits state it (2025-11 to 2026-04).
 * Everything the backend decides by tier is decided here.
 */
export interface TierFacts {
  readonly summary: string;
  readonly family: "consumption" | "classic" | "v2";
  /** Largest policy document in bytes. */
  readonly policyBytes: number;
  readonly operations: number;
  readonly subscriptions: number;
  /** Longest wait for a backend's answer; beyond it the platform's own network drops the connection. */
  readonly longestTimeoutMs: number;
  /** How the service can be placed in a virtual network. */
  readonly networkModes: readonly GatewayModel["azure"]["network"]["mode"][];
  /** Counters by an arbitrary key: rate-limit-by-key and quota-by-key. */
  readonly keyedLimits: boolean;
  /** A store of authorities of its own, for backends and client certificates. */
  readonly authorityStore: boolean;
  readonly zones: boolean;
  readonly selfHostedGateways: boolean;
  /** True when changes of certificates and protocols interrupt the service. */
  readonly downtimeOnChange: boolean;
}

const KIB = 1024;
const MINUTE = 60_000;

const classic = {
  family: "classic",
  policyBytes: 256 * KIB,
  longestTimeoutMs: 4 * MINUTE,
  networkModes: ["none"],
  keyedLimits: true,
  authorityStore: true,
  zones: false,
  selfHostedGateways: false,
  downtimeOnChange: false,
} as const satisfies Partial<TierFacts>;

const v2 = { ...classic, family: "v2", authorityStore: false } as const satisfies Partial<TierFacts>;

export const TIERS: Readonly<Record<Tier, TierFacts>> = {
  Consumption: {
    ...classic,
    summary: "serverless, billed by the call; no keyed limits, no authorities of one's own, no network, no request log",
    family: "consumption",
    policyBytes: 16 * KIB,
    operations: 3_000,
    subscriptions: 500,
    longestTimeoutMs: 30_000,
    keyedLimits: false,
    authorityStore: false,
  },
  Developer: {
    ...classic,
    summary: "everything Premium can, for tests: one unit, no service level, interrupted by changes",
    operations: 3_000,
    subscriptions: 10_000,
    networkModes: ["none", "external", "internal"],
    selfHostedGateways: true,
    downtimeOnChange: true,
  },
  Basic: { ...classic, summary: "entry production tier, public backends", operations: 10_000, subscriptions: 15_000 },
  Standard: { ...classic, summary: "medium production tier, public backends", operations: 50_000, subscriptions: 25_000 },
  Premium: {
    ...classic,
    summary: "production tier with virtual network, zones and self-hosted gateways",
    operations: 75_000,
    subscriptions: 75_000,
    networkModes: ["none", "external", "internal"],
    zones: true,
    selfHostedGateways: true,
  },
  BasicV2: { ...v2, summary: "entry production tier on the new platform, ready in minutes", operations: 10_000, subscriptions: 15_000 },
  StandardV2: {
    ...v2,
    summary: "production tier on the new platform, reaches private backends through a virtual network",
    operations: 50_000,
    subscriptions: 25_000,
    networkModes: ["none", "integration"],
  },
  PremiumV2: {
    ...v2,
    summary: "large production tier on the new platform, reaches private backends through a virtual network",
    operations: 75_000,
    subscriptions: 75_000,
    networkModes: ["none", "integration"],
    zones: true,
  },
};

/** Production tiers from the least expensive upwards; `auto` takes the first that fits. */
const BY_PRICE: readonly Tier[] = ["Consumption", "BasicV2", "Basic", "StandardV2", "Standard", "PremiumV2", "Premium"];

export const tiersWhere = (fits: (facts: TierFacts) => boolean): Tier[] => AZURE_TIERS.filter((tier) => fits(TIERS[tier]));

export const tierFacts = (variant: string): TierFacts => {
  const facts = (TIERS as Readonly<Record<string, TierFacts>>)[variant];
  if (facts === undefined) throw new Error(`there is no tier "${variant}"`);
  return facts;
};

/** Tiers as an enumeration for remedies: `Developer or Premium`. */
export const listTiers = (tiers: readonly Tier[]): string =>
  tiers.length < 2 ? tiers.join("") : `${tiers.slice(0, -1).join(", ")} or ${tiers.at(-1)}`;

/** Picks the tier; `refusals` counts what a tier cannot keep of the document. */
export function chooseTier(model: GatewayModel, refusals: (tier: Tier) => number): { variant: Tier; why: string } {
  const { tier } = model.azure;
  if (tier !== "auto") return { variant: tier, why: `azure.tier asks for ${tier}` };
  const counted = BY_PRICE.map((candidate) => ({ candidate, count: refusals(candidate) }));
  const fitting = counted.find(({ count }) => count === 0);
  if (fitting)
    return { variant: fitting.candidate, why: "the least expensive production tier that keeps everything the document asks for" };
  const fewest = counted.reduce((best, next) => (next.count < best.count ? next : best));
  return { variant: fewest.candidate, why: "no tier keeps everything the document asks for; this one refuses least" };
}

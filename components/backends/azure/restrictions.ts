import type { GatewayModel } from "../../spec/model.ts";
import { AZURE_DEVIATIONS } from "../../spec/schema/azure.ts";
import { type Restriction, refused, type Support } from "../capabilities.ts";
import { onLimit, onModel } from "../restriction.ts";
import { windowOf } from "./policy/limits.ts";
import { listTiers, TIERS, type Tier, type TierFacts, tierFacts, tiersWhere } from "./tiers.ts";

export { onBackend, onLimit, onModel, onProvider, onRoute } from "../restriction.ts";

/** Support on the tiers that fit, a refusal on the others that names those that do. */
export function onTiers(fits: (facts: TierFacts) => boolean, support: Support, reason: string): Readonly<Record<string, Support>> {
  const remedy = `set azure.tier to ${listTiers(tiersWhere(fits))}`;
  const others = (Object.keys(TIERS) as Tier[]).filter((tier) => !fits(TIERS[tier]));
  return { "*": support, ...Object.fromEntries(others.map((tier) => [tier, refused(reason, remedy)])) };
}

export const classicOnly = (facts: TierFacts): boolean => facts.family === "classic";
export const notConsumption = (facts: TierFacts): boolean => facts.family !== "consumption";
export const countsByKey = (facts: TierFacts): boolean => facts.keyedLimits;

/** One of API Management's own weaknesses: accepted by name or refused. `when` narrows the tiers and models it concerns. */
export const accepted = (
  name: keyof typeof AZURE_DEVIATIONS,
  when: (model: GatewayModel, facts: TierFacts) => boolean = () => true,
  otherwise = "use another cloud",
): Restriction =>
  onModel(`only with azure.accept: [${name}]`, (model, variant) =>
    !when(model, tierFacts(variant)) || model.azure.accept.includes(name)
      ? undefined
      : { reason: AZURE_DEVIATIONS[name], remedy: `${otherwise}, or accept it: azure.accept: [${name}]` },
  );

/** Behind Front Door the connection of the client ends there. */
export const notBehindFrontDoor = (what: string): Restriction =>
  onModel("not behind Front Door", (model) =>
    model.edge === "cdn"
      ? {
          reason: `Front Door ends the client's connection and does not pass ${what} on`,
          remedy: "set edge: none",
        }
      : undefined,
  );

/** A rate and burst that some window of 1 to 300 seconds keeps. */
export const hasWindow = onLimit("a window of 1 to 300 seconds", (limit) => {
  if (windowOf(limit) !== undefined) return undefined;
  const seconds = (limit.burst * limit.periodMs) / (limit.requests * 1000);
  const rate = `${limit.requests} requests per ${limit.per}`;
  return seconds < 1
    ? {
        reason: `a burst of ${limit.burst} at ${rate} takes a window under one second, and API Management counts over 1 to 300 seconds`,
        remedy: `raise burst to ${Math.ceil((limit.requests * 1000) / limit.periodMs)} or more`,
      }
    : {
        reason: `a burst of ${limit.burst} at ${rate} takes a window of ${Math.floor(seconds)} seconds, and API Management counts over 1 to 300 seconds`,
        remedy: `lower burst to ${Math.max(1, Math.floor((limit.requests * 300_000) / limit.periodMs))} or less, or declare a quota for longer periods`,
      };
});

import type { Backend, GatewayModel, JwtProvider, RateLimit, Route } from "../spec/model.ts";
import type { Restriction } from "./capabilities.ts";
import type { ControlUse } from "./controls.ts";

/** Why a use is beyond a rule, and the way out. */
export interface Refusal {
  readonly reason: string;
  readonly remedy: string;
}

/** A rule over the thing a use stands in, found by its name; uses elsewhere are within the rule. */
export const onRoute = (rule: string, check: (route: Route, model: GatewayModel, variant: string) => Refusal | undefined): Restriction => ({
  rule,
  check: (model, use, variant) => {
    const route = model.routes.find((candidate) => candidate.name === use.subject && use.path.startsWith(candidate.at));
    return route && check(route, model, variant);
  },
});

export const onBackend = (
  rule: string,
  check: (backend: Backend, model: GatewayModel, variant: string) => Refusal | undefined,
): Restriction => ({
  rule,
  check: (model, use, variant) => {
    const backend = use.path.startsWith("backends.") ? model.backends[use.subject ?? ""] : undefined;
    return backend && check(backend, model, variant);
  },
});

export const onProvider = (
  rule: string,
  check: (provider: JwtProvider, model: GatewayModel, variant: string) => Refusal | undefined,
): Restriction => ({
  rule,
  check: (model, use, variant) => {
    const provider = use.path.startsWith("jwt.providers.") ? model.jwtProviders[use.subject ?? ""] : undefined;
    return provider && check(provider, model, variant);
  },
});

export const onModel = (
  rule: string,
  check: (model: GatewayModel, variant: string, use: ControlUse) => Refusal | undefined,
): Restriction => ({ rule, check: (model, use, variant) => check(model, variant, use) });

/** The limit a use stands for: the gateway's, a route's or a plan's. */
export const onLimit = (
  rule: string,
  check: (limit: RateLimit, model: GatewayModel, variant: string) => Refusal | undefined,
): Restriction => ({
  rule,
  check: (model, use, variant) => {
    const limits = [
      ...model.rateLimits,
      ...model.routes.flatMap((route) => route.rateLimits),
      ...Object.values(model.plans).flatMap((plan) => plan.rateLimit ?? []),
    ];
    const limit = limits.find((candidate) => candidate.path === use.path);
    return limit && check(limit, model, variant);
  },
});

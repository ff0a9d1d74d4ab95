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
    const route = routeOf(model, use);
    return route && check(route, model, variant);
  },
});

const byName = new WeakMap<GatewayModel["routes"], ReadonlyMap<string, readonly Route[]>>();

/** The route a use stands in. Rules are asked about every use of every route, which must not mean looking through all routes each time. */
export function routeOf({ routes }: GatewayModel, { subject, path }: ControlUse): Route | undefined {
  let known = byName.get(routes);
  if (known === undefined) {
    const made = new Map<string, Route[]>();
    for (const route of routes) {
      const list = made.get(route.name);
      if (list) list.push(route);
      else made.set(route.name, [route]);
    }
    byName.set(routes, made);
    known = made;
  }
  return subject === undefined ? undefined : known.get(subject)?.find(({ at }) => path.startsWith(at));
}

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

import type { Backend, GatewayModel, JwtProvider, Route } from "../../spec/model.ts";
import type { Restriction } from "../capabilities.ts";
import type { ControlUse } from "../controls.ts";
import { routeOf } from "../restriction.ts";

export type Refusal = { readonly reason: string; readonly remedy: string };

export const refuse = (reason: string, remedy: string): Refusal => ({ reason, remedy });

/** A rule over the thing a use stands in, found by its name; uses elsewhere are within the rule. */
export const onRoute = (rule: string, check: (route: Route, model: GatewayModel, variant: string) => Refusal | undefined): Restriction => ({
  rule,
  check: (model, use, variant) => {
    const route = routeOf(model, use);
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

export const onProvider = (rule: string, check: (provider: JwtProvider, model: GatewayModel) => Refusal | undefined): Restriction => ({
  rule,
  check: (model, use) => {
    const provider = use.path.startsWith("jwt.providers.") ? model.jwtProviders[use.subject ?? ""] : undefined;
    return provider && check(provider, model);
  },
});

export const onModel = (
  rule: string,
  check: (model: GatewayModel, variant: string, use: ControlUse) => Refusal | undefined,
): Restriction => ({ rule, check: (model, use, variant) => check(model, variant, use) });

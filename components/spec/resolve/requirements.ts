import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { Alternative, JwtProvider, RateLimit, Requirement } from "../model.ts";
import type { alternative } from "../schema/access.ts";
import type { route } from "../schema/routes.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";

/** What a requirement may refer to. */
export interface RequirementNames {
  readonly providers: Readonly<Record<string, JwtProvider>>;
  readonly plans: readonly string[];
  readonly consumers: readonly string[];
  readonly clientCertificates: boolean;
}

export function resolveRequirement(
  entry: z.output<typeof route>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Requirement {
  if (entry.public && entry.require) {
    ctx.fault([...path, "public"], "the route is public and requires something", 'keep "public: true" or "require", not both');
  } else if (!entry.public && !entry.require) {
    ctx.fault(
      [...path, "require"],
      "the route does not say who may call it",
      'list what a client must show in "require", or write "public: true"',
    );
  }
  if (entry.require === undefined) return { kind: "public" };
  return {
    kind: "anyOf",
    alternatives: entry.require.map((item, index) => resolveAlternative(item, [...path, "require", index], names, ctx)),
  };
}

function resolveAlternative(
  item: z.output<typeof alternative>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Alternative {
  if (item.jwt === undefined && item.apiKey === undefined && item.clientCertificate === undefined) {
    ctx.fault(
      path,
      "asks for nothing, so that everybody would pass",
      'give "jwt", "apiKey" or "clientCertificate"; for a route open to all write "public: true"',
    );
  }
  return {
    jwt: resolveJwt(item, path, names, ctx),
    apiKey: resolveApiKey(item, path, names, ctx),
    clientCertificate: resolveClientCertificate(item, path, names, ctx),
  };
}

function resolveJwt(
  item: z.output<typeof alternative>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Alternative["jwt"] {
  if (item.jwt === undefined) {
    if (item.scopes.length > 0) ctx.fault([...path, "scopes"], "scopes without jwt are never checked", 'name the provider in "jwt"');
    if (Object.keys(item.claims).length > 0)
      ctx.fault([...path, "claims"], "claims without jwt are never checked", 'name the provider in "jwt"');
    return undefined;
  }
  const providers = typeof item.jwt === "string" ? [item.jwt] : item.jwt;
  const known = Object.keys(names.providers);
  providers.forEach((name, index) => {
    const at = typeof item.jwt === "string" ? [...path, "jwt"] : [...path, "jwt", index];
    const provider = names.providers[name];
    if (provider === undefined) {
      ctx.fault(at, `there is no JWT provider "${name}"`, suggestion(name, known, "declare it under jwt.providers"));
      return;
    }
    item.scopes.forEach((scope, s) => {
      if (!provider.scopes.includes(scope)) {
        ctx.fault(
          [...path, "scopes", s],
          `the provider "${name}" does not issue the scope "${scope}"`,
          suggestion(scope, provider.scopes, `list the scopes it issues in jwt.providers.${name}.scopes`),
        );
      }
    });
  });
  const claims = Object.fromEntries(
    Object.entries(item.claims).map(([claim, values]) => [claim, typeof values === "string" ? [values] : [...new Set(values)]]),
  );
  return { providers: [...new Set(providers)], scopes: [...new Set(item.scopes)].sort(), claims };
}

function resolveApiKey(
  item: z.output<typeof alternative>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Alternative["apiKey"] {
  if (item.apiKey === undefined) return undefined;
  if (names.consumers.length === 0)
    ctx.fault([...path, "apiKey"], "there is no consumer that could have a key", "declare at least one under consumers");
  if (item.apiKey === true) return { plans: undefined };
  item.apiKey.plans.forEach((plan, index) => {
    if (!names.plans.includes(plan))
      ctx.fault([...path, "apiKey", "plans", index], `there is no plan "${plan}"`, suggestion(plan, names.plans, "declare it under plans"));
  });
  return { plans: [...new Set(item.apiKey.plans)].sort() };
}

function resolveClientCertificate(
  item: z.output<typeof alternative>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Alternative["clientCertificate"] {
  if (item.clientCertificate === undefined) return undefined;
  if (!names.clientCertificates)
    ctx.fault(
      [...path, "clientCertificate"],
      "the front door does not ask for client certificates",
      "declare the accepted authorities in tls.clientValidation",
    );
  if (item.clientCertificate === true) return { subjectAltNames: undefined };
  return { subjectAltNames: [...new Set(item.clientCertificate.subjectAltNames)].sort() };
}

/**
 * A limit counted by an identity must be unavoidable: were some alternative to pass without that identity, its bearer would not be counted at all.
 * A header anyone may write needs a requirement behind it, or every request could open a new bucket.
 */
export function checkRateLimitKeys(
  limits: readonly RateLimit[],
  at: (index: number) => readonly PathPart[],
  requirement: Requirement | "gateway",
  ctx: ResolveContext,
): void {
  limits.forEach((limit, index) => {
    const path = [...at(index), "key"];
    const { kind } = limit.key;
    if (kind === "gateway" || kind === "clientIp") return;
    if (requirement === "gateway") {
      ctx.fault(
        path,
        `a limit by ${kind} cannot cover the whole gateway, where routes differ in what they require`,
        "put it on the routes, or use key: clientIp or gateway here",
      );
      return;
    }
    if (requirement.kind === "public") {
      ctx.fault(
        path,
        `on a public route anyone could ${kind === "header" ? "write a new value for every request" : `call without a ${kind}`}`,
        "use key: clientIp or gateway, or require something on this route",
      );
      return;
    }
    const covered =
      kind === "header" || requirement.alternatives.every((item) => (kind === "consumer" ? item.apiKey : item.jwt) !== undefined);
    if (!covered)
      ctx.fault(
        path,
        `a client can pass without a ${kind === "consumer" ? "consumer's API key" : "token"} and would not be counted`,
        `require ${kind === "consumer" ? "apiKey" : "jwt"} in every alternative, or use key: clientIp`,
      );
  });
}

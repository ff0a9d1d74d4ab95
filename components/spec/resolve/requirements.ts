import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { Alternative, ClientValidation, JwtProvider, RateLimit, Requirement } from "../model.ts";
import type { alternative } from "../schema/access.ts";
import type { route } from "../schema/routes.ts";
import { show } from "../show.ts";
import { suggestion } from "../suggest.ts";
import { admitsOnly, toAlternative } from "./alternatives.ts";
import type { ResolveContext } from "./context.ts";
import { isReservedHeader } from "./headers.ts";

/** What a requirement may refer to. */
export interface RequirementNames {
  readonly providers: Readonly<Record<string, JwtProvider>>;
  readonly clientValidation: ClientValidation | undefined;
}

type AlternativeDocument = z.output<typeof alternative>;

export function resolveRequirement(
  entry: z.output<typeof route>,
  path: readonly PathPart[],
  names: RequirementNames,
  ctx: ResolveContext,
): Requirement {
  const both = [
    [...path, "public"],
    [...path, "require"],
  ];
  if (entry.public && entry.require) {
    ctx.fault([...path, "public"], "the route is public and requires something", 'keep "public: true" or "require", not both', both);
  } else if (!entry.public && !entry.require) {
    ctx.fault(
      [...path, "require"],
      "the route does not say who may call it",
      'list what a client must show in "require", or write "public: true"',
      both,
    );
  }
  if (entry.require === undefined) return { kind: "public" };
  const alternatives = entry.require.map((item, index) => resolveAlternative(item, [...path, "require", index], names, ctx));
  alternatives.forEach((item, index) => {
    const wider = alternatives.findIndex(
      (other, at) => at !== index && admitsOnly(item, other) && (at < index || !admitsOnly(other, item)),
    );
    if (wider >= 0 && asksForSomething(alternatives[wider]))
      ctx.fault(
        [...path, "require", index],
        `is never needed: require[${wider}] alone admits everybody who shows this`,
        "remove one of the two; to demand both together write them as one alternative",
        [[...path, "require", wider]],
      );
  });
  return { kind: "anyOf", alternatives };
}

const asksForSomething = (item: Alternative | undefined) =>
  item?.jwt !== undefined || item?.apiKey !== undefined || item?.clientCertificate !== undefined;

function resolveAlternative(
  item: AlternativeDocument,
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
  checkJwt(item, path, names, ctx);
  checkApiKey(item, path, ctx);
  checkClientCertificate(item, path, names, ctx);
  return toAlternative(item);
}

function checkJwt(item: AlternativeDocument, path: readonly PathPart[], names: RequirementNames, ctx: ResolveContext): void {
  if (item.jwt === undefined) {
    const because = [[...path, "jwt"]];
    if (item.scopes.length > 0)
      ctx.fault([...path, "scopes"], "scopes without jwt are never checked", 'name the provider in "jwt"', because);
    if (Object.keys(item.claims).length > 0)
      ctx.fault([...path, "claims"], "claims without jwt are never checked", 'name the provider in "jwt"', because);
    return;
  }
  const declared = ctx.declared("jwt", "providers");
  const providers = typeof item.jwt === "string" ? [item.jwt] : item.jwt;
  providers.forEach((name, index) => {
    const at = typeof item.jwt === "string" ? [...path, "jwt"] : [...path, "jwt", index];
    if (!declared.includes(name))
      ctx.fault(at, `there is no JWT provider ${show(name)}`, suggestion(name, declared, "declare it under jwt.providers"), [
        ["jwt", "providers", name],
      ]);
    else if (providers.indexOf(name) !== index) ctx.fault(at, `${show(name)} is listed twice`, "keep one of the two");
    else checkScopes(item.scopes, names.providers[name], path, ctx);
  });
}

function checkScopes(scopes: readonly string[], provider: JwtProvider | undefined, path: readonly PathPart[], ctx: ResolveContext): void {
  if (provider === undefined) return;
  scopes.forEach((scope, index) => {
    if (provider.scopes.includes(scope)) return;
    ctx.fault(
      [...path, "scopes", index],
      `the provider "${provider.name}" does not issue the scope ${show(scope)}`,
      suggestion(scope, provider.scopes, `list the scopes it issues in jwt.providers.${provider.name}.scopes`),
      [["jwt", "providers", provider.name, "scopes"]],
    );
  });
}

function checkApiKey(item: AlternativeDocument, path: readonly PathPart[], ctx: ResolveContext): void {
  if (item.apiKey === undefined) return;
  if (ctx.declared("consumers").length === 0)
    ctx.fault([...path, "apiKey"], "there is no consumer that could have a key", "declare at least one under consumers", [["consumers"]]);
  if (item.apiKey === true) return;
  const plans = ctx.declared("plans");
  item.apiKey.plans.forEach((plan, index) => {
    if (!plans.includes(plan))
      ctx.fault([...path, "apiKey", "plans", index], `there is no plan ${show(plan)}`, suggestion(plan, plans, "declare it under plans"), [
        ["plans", plan],
      ]);
  });
}

function checkClientCertificate(item: AlternativeDocument, path: readonly PathPart[], names: RequirementNames, ctx: ResolveContext): void {
  if (item.clientCertificate === undefined) return;
  const because = [["tls", "clientValidation"]];
  if (names.clientValidation === undefined) {
    ctx.fault(
      [...path, "clientCertificate"],
      "the front door does not ask for client certificates",
      "declare the accepted authorities in tls.clientValidation",
      because,
    );
    return;
  }
  const accepted = names.clientValidation.subjectAltNames;
  if (item.clientCertificate === true || accepted.length === 0) return;
  item.clientCertificate.subjectAltNames.forEach((name, index) => {
    if (!accepted.includes(name))
      ctx.fault(
        [...path, "clientCertificate", "subjectAltNames", index],
        `${show(name)} is not accepted at the front door, so that nobody could show it here`,
        suggestion(name, accepted, "add it to tls.clientValidation.subjectAltNames"),
        because,
      );
  });
}

/**
 * A limit counted by an identity must be unavoidable: were some alternative to pass without that identity, its bearer would not be counted at all.
 * A header anyone may write needs a requirement behind it, or every request could open a new bucket.
 */
export function checkRateLimitKeys(
  limits: readonly RateLimit[],
  at: (index: number) => readonly PathPart[],
  requirement: Requirement | "gateway",
  requirementPath: readonly PathPart[],
  ctx: ResolveContext,
): void {
  limits.forEach((limit, index) => {
    const path = [...at(index), "key"];
    const { key } = limit;
    const { kind } = key;
    const twin = limits.findIndex((other) => other.per === limit.per && JSON.stringify(other.key) === JSON.stringify(key));
    if (twin !== index)
      ctx.fault(at(index), "counts the same requests over the same period as a limit before it", "keep the stricter of the two");
    if (kind === "gateway" || kind === "clientIp") return;
    if (requirement === "gateway") {
      ctx.fault(
        path,
        `a limit by ${kind} cannot cover the whole gateway, where routes differ in what they require`,
        "put it on the routes, or use key: clientIp or gateway here",
      );
      return;
    }
    const because = [
      [...requirementPath, "require"],
      [...requirementPath, "public"],
    ];
    if (key.kind === "header" && isReservedHeader(key.header) && key.header !== "authorization")
      ctx.fault(path, `the header "${key.header}" is removed or rewritten by the gateway`, "count by a header of the client's own");
    if (requirement.kind === "public") {
      ctx.fault(
        path,
        `on a public route anyone could ${kind === "header" ? "write a new value for every request" : `call without a ${kind === "consumer" ? "key" : "token"}`}`,
        "use key: clientIp or gateway, or require something on this route",
        because,
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
        because,
      );
  });
}

import type { GatewayModel, Route } from "../../../../components/spec/model.ts";
import { type Grammar, is, map, maybe, nothing, object, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import type { Place } from "./roles.ts";

/** What Endpoints knows: every path and method of the document, health, preflights where there are CORS rules, and nothing else. */
export function definitionGrammar({ model, name, endpoints }: Place): Grammar {
  const operations = operationsOf(model);
  const asked = new Set(
    [...operations.values()].flatMap((one) => [...one.values()].flatMap(({ security }) => security.flatMap(Object.keys))),
  );
  const schemes = [...asked].sort();
  return object({
    swagger: is("2.0"),
    info: is({ title: name, version: "1" }),
    host: is(endpoints),
    schemes: is(["https"]),
    paths: object(
      Object.fromEntries(
        [...operations].map(([template, methods]) => [
          template,
          object(Object.fromEntries([...methods].map(([method, one]) => [method, operation(template, one)]))),
        ]),
      ),
    ),
    securityDefinitions:
      schemes.length === 0 ? nothing : object(Object.fromEntries(schemes.map((scheme) => [scheme, schemeGrammar(model, scheme)]))),
  });
}

/** An operation: what ESPv2 asks for, and how long it waits, in seconds; undefined where nothing is forwarded. */
interface Operation {
  readonly security: readonly Readonly<Record<string, readonly never[]>>[];
  readonly deadline: number | undefined;
}

function operationsOf(model: GatewayModel): Map<string, Map<string, Operation>> {
  const found = new Map<string, Map<string, Operation>>();
  const at = (template: string) => {
    const known = found.get(template) ?? new Map<string, Operation>();
    found.set(template, known);
    return known;
  };
  for (const route of model.routes)
    for (const method of route.methods)
      at(templateOf(route)).set(method.toLowerCase(), { security: securityOf(model, route), deadline: route.timeoutMs / 1000 });
  for (const route of model.routes.filter(({ cors }) => cors)) {
    const methods = at(templateOf(route));
    // Envoy answers preflights, before anything is asked for.
    if (!methods.has("options")) methods.set("options", { security: [], deadline: undefined });
  }
  at("/.well-known/gateway-health").set("get", { security: [], deadline: undefined });
  return found;
}

/** A parameter is one segment, called by its place; `**` is everything below. */
const templateOf = ({ path: { segments, kind } }: Route): string =>
  `/${[...segments.map((segment, index) => ("literal" in segment ? segment.literal : `{p${index + 1}}`)), ...(kind === "prefix" ? ["**"] : [])].join("/")}`;

/**
 * ESPv2 judges what it can judge whatever the alternative: a key where each asks for one, a token where each asks for one and ESPv2 can fetch
 * the keys of all providers. Everything else is Envoy's.
 */
function securityOf(model: GatewayModel, { requirement }: Route): Record<string, never[]>[] {
  const alternatives = requirement.kind === "public" ? [] : requirement.alternatives;
  if (alternatives.length === 0) return [];
  const key: Record<string, never[]> = alternatives.every(({ apiKey }) => apiKey) ? { api_key: [] } : {};
  const providers = [...new Set(alternatives.flatMap(({ jwt }) => jwt?.providers ?? []))].sort();
  const fetched = providers.every((name) => {
    const keys = model.jwtProviders[name]?.keys;
    return keys?.kind === "remote" && keys.trust.kind === "public";
  });
  if (alternatives.every(({ jwt }) => jwt) && fetched) return providers.map((name) => ({ [`jwt_${name}`]: [], ...key }));
  return Object.keys(key).length === 0 ? [] : [key];
}

const RESPONSES = map(/^(default|\d{3})$/, object({ description: text() }), 1);

/** A name for people, a way to speak of it that is its own, and what a path's places are. */
function operation(template: string, { security, deadline }: Operation): Grammar {
  const places = [...template.matchAll(/\{(p\d+)\}/g)].map(([, name]) => ({ name, in: "path", required: true, type: "string" }));
  return object({
    operationId: text(/^[A-Za-z_][A-Za-z0-9_]*$/),
    summary: maybe(text()),
    parameters: places.length === 0 ? nothing : is(places),
    responses: RESPONSES,
    security: is(security),
    "x-google-backend": deadline === undefined ? nothing : is({ deadline }),
  });
}

function schemeGrammar({ jwtProviders, apiKeys }: GatewayModel, scheme: string): Grammar {
  if (scheme === "api_key") return is({ type: "apiKey", name: apiKeys?.header, in: "header" });
  const provider = jwtProviders[scheme.slice("jwt_".length)];
  const keys: Json = provider?.keys.kind === "remote" ? provider.keys.uri : undefined;
  return object({
    type: is("oauth2"),
    flow: is("implicit"),
    // OpenAPI 2.0 asks for one; nothing uses it.
    authorizationUrl: is(keys),
    "x-google-issuer": is(provider?.issuer),
    "x-google-jwks_uri": is(keys),
    "x-google-audiences": is(provider?.audiences.join(",")),
  });
}

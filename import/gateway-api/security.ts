import { show } from "../../components/spec/show.ts";
import type { Alternative, Callers, Draft } from "../draft.ts";
import { askedProvider, grantScopes } from "../openapi/schemes.ts";
import type { Field } from "../reader.ts";
import { headerOf, readCidrs } from "../values.ts";
import { readCors } from "./filters.ts";
import type { KubeObject } from "./objects.ts";

const OTHER = "say in require what replaces it";

/** SecurityPolicy: who may call, from where, and from which origins. */
export function readSecurity({ spec }: KubeObject, draft: Draft): { fields: Record<string, unknown>; callers?: Callers } {
  if (spec === undefined) return { fields: {} };
  const fields: Record<string, unknown> = {};
  if (spec.has("cors")) fields.cors = readCors(spec.map("cors"));
  const demands: Alternative[][] = [];
  let refused = false;
  const jwt = spec.map("jwt");
  const providers = (jwt?.maps("providers") ?? []).map((provider) => readProvider(provider, draft));
  if (jwt?.flag("optional") === true) {
    jwt
      .at("optional")
      ?.leave("behaviour", "a token was optional; now it is required", "add a route that is public for callers without one");
  }
  if (providers.length > 0) demands.push([{ jwt: providers.length === 1 ? providers[0] : providers }]);
  const keys = spec.map("apiKeyAuth");
  if (keys !== undefined) {
    readKeys(keys, draft);
    demands.push([{ apiKey: true }]);
  }
  for (const [kind, what] of [
    ["basicAuth", "passwords in requests are not accepted"],
    ["extAuth", "a service of its own decides who may call"],
    ["oidc", "the gateway logs people in itself"],
  ] as const) {
    const field = spec.at(kind);
    if (field === undefined) continue;
    field.leave("protection", what, kind === "oidc" ? "have an application do it, and ask for its tokens in require" : OTHER);
    refused = true;
  }
  const authorization = spec.map("authorization");
  if (authorization !== undefined) readAuthorization(authorization, demands, fields, new Map(providers.map((name) => [name, name])), draft);
  if (refused) return { fields, callers: [] };
  if (demands.length === 0) return { fields };
  const all = demands.reduce<Alternative[]>((some, next) => some.flatMap((one) => next.map((other) => ({ ...one, ...other }))), [{}]);
  return { fields, callers: all };
}

function readProvider(provider: Field, draft: Draft): string {
  const name = provider.text("name") ?? "login";
  const [issuer, audiences] = [provider.text("issuer"), provider.texts("audiences")];
  const remote = provider.map("remoteJWKS");
  const jwksUri = remote?.text("uri");
  remote?.leaveAll(["cacheDuration", "backendRefs", "backendSettings"], "operation", "how the keys are fetched", "see docs/semantics.md");
  const local = provider.map("localJWKS");
  const inline = local?.text("inline");
  local?.leaveAll(["valueRef", "type"], "behaviour", "keys in another object", "give them in jwks of the provider");
  const claimToHeaders: Record<string, string> = {};
  for (const entry of provider.maps("claimToHeaders")) {
    const header = headerOf(entry.text("header") ?? "");
    const claim = entry.text("claim") ?? "";
    if (header === undefined) entry.leave("behaviour", "this header cannot be written in a document", "use letters, digits and hyphens");
    else claimToHeaders[header] = claim;
  }
  provider.leaveAll(["extractFrom"], "behaviour", "tokens come from another place", "have clients send them in Authorization: Bearer");
  if (provider.flag("recomputeRoute") === true)
    provider.at("recomputeRoute")?.leave("behaviour", "claims choose the route", "choose it by path and method");
  return askedProvider(draft, name, {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences.length === 0 ? {} : { audiences }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
    ...(inline === undefined ? {} : { jwks: inline }),
    ...(Object.keys(claimToHeaders).length === 0 ? {} : { claimToHeaders }),
  });
}

function readKeys(keys: Field, draft: Draft): void {
  keys.leaveAll(
    ["credentialRefs"],
    "behaviour",
    "API keys are never copied; each consumer gets a new one",
    "hand out the new keys: gateway outputs --show-secrets",
  );
  keys.leaveAll(
    ["forwardClientIDHeader"],
    "behaviour",
    "the backend learns the client's name in a header of its own",
    "it is in x-gateway-consumer",
  );
  if (keys.flag("sanitize") === false) keys.at("sanitize")?.leave("behaviour", "the backend saw the key", "it never does");
  for (const place of keys.maps("extractFrom")) {
    place.leaveAll(
      ["params", "cookies"],
      "behaviour",
      "keys in the query or in cookies are not accepted",
      "have clients send them in the header",
    );
    for (const item of place.items("headers")) {
      const header = headerOf(item.text() ?? "");
      const section = draft.section("apiKeys");
      if (header !== undefined) section.header ??= header;
      if (header === undefined || section.header !== header)
        item.leave("behaviour", "API keys come in one header", "tell these clients the header");
    }
  }
  draft.ask("consumers", "the client applications that get an API key, each with a name: { app: {} }; keys are made anew");
}

/** Rules that allow tokens or addresses when everything else is denied; other combinations have no word in a document. */
function readAuthorization(
  authorization: Field,
  demands: Alternative[][],
  fields: Record<string, unknown>,
  known: ReadonlyMap<string, string>,
  draft: Draft,
): void {
  const closed = (authorization.text("defaultAction") ?? "Deny") === "Deny";
  const access: Record<string, string[]> = {};
  const alternatives: Alternative[] = [];
  for (const rule of authorization.maps("rules")) {
    rule.leaveAll(["name"], "description", "the rule's name", "nothing to do");
    const allow = rule.text("action") === "Allow";
    const principal = rule.map("principal");
    const jwt = principal?.map("jwt");
    const blocks = principal?.has("clientCIDRs") ? readCidrs(principal, "clientCIDRs") : [];
    const odd =
      rule.has("operation") ||
      principal?.has("headers") ||
      (jwt !== undefined && blocks.length > 0) ||
      (jwt !== undefined && !allow) ||
      allow !== closed;
    if (odd || principal === undefined) {
      rule.leave("protection", "a rule whose combination a document has no word for", "say it in require and access of the routes");
    } else if (jwt === undefined) {
      const list = allow ? "allowCidrs" : "denyCidrs";
      access[list] = [...(access[list] ?? []), ...blocks];
    } else alternatives.push(readPrincipal(jwt, known, draft));
  }
  if (Object.keys(access).length > 0 && alternatives.length > 0)
    authorization.leave("protection", "addresses and tokens are alternatives of one another", "say it in require and access of the routes");
  else if (Object.keys(access).length > 0) fields.access = access;
  if (alternatives.length > 0) demands.push(alternatives);
}

function readPrincipal(jwt: Field, known: ReadonlyMap<string, string>, draft: Draft): Alternative {
  const provider = known.get(jwt.text("provider") ?? "");
  if (provider === undefined) jwt.at("provider")?.leave("protection", "the provider is not in this policy", "say require of the routes");
  const scopes = jwt.texts("scopes");
  const claims: Record<string, string[]> = {};
  for (const claim of jwt.maps("claims")) {
    const [name, type] = [claim.text("name") ?? "", claim.text("valueType")];
    if (type !== undefined && type !== "String" && type !== "StringArray")
      claim.at("valueType")?.leave("unknown", `${show(type)} is not known`, "say it in claims of require");
    claims[name] = claim.texts("values");
  }
  if (provider !== undefined) grantScopes(draft, provider, scopes);
  return {
    ...(provider === undefined ? {} : { jwt: provider }),
    ...(scopes.length > 0 ? { scopes } : {}),
    ...(Object.keys(claims).length > 0 ? { claims } : {}),
  };
}

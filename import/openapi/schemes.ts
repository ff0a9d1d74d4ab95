import { show } from "../../components/spec/show.ts";
import { type Alternative, type Callers, type Draft, uniqueName } from "../draft.ts";
import type { Field } from "../reader.ts";
import { headerOf } from "../values.ts";
import type { Api } from "./api.ts";

/** What a security scheme comes to; `none` could not be carried over, which has been reported. */
export type Scheme = { readonly kind: "jwt"; readonly provider: string } | { readonly kind: "apiKey" | "clientCertificate" | "none" };

const NONE: Scheme = { kind: "none" };

/** Reads the schemes the document uses; the others are reported. */
export function readSchemes(api: Omit<Api, "schemes">): ReadonlyMap<string, Scheme> {
  const owner = api.version === 3 ? api.root.map("components") : api.root;
  const used = usedNames(api.root.peek());
  const schemes = new Map<string, Scheme>();
  for (const [name, field] of owner?.entries(api.version === 3 ? "securitySchemes" : "securityDefinitions") ?? []) {
    if (used.has(name)) schemes.set(name, readScheme(name, field, api));
    else field.leave("operation", "no operation uses this security scheme", "nothing to do");
  }
  return schemes;
}

/** Names in any `security` of the document or its operations. */
function usedNames(root: unknown): Set<string> {
  const names = new Set<string>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    const { security, paths } = value as Record<string, unknown>;
    if (Array.isArray(security))
      for (const entry of security) if (typeof entry === "object" && entry) for (const name of Object.keys(entry)) names.add(name);
    if (depth === 0) visit(paths, 1);
    else if (depth < 3) for (const child of Object.values(value)) visit(child, depth + 1);
  };
  visit(root, 0);
  return names;
}

function readScheme(name: string, field: Field, api: Omit<Api, "schemes">): Scheme {
  const { draft } = api;
  field.leaveAll(["description", "bearerFormat"], "description", "the API's own description", "nothing to do");
  const known = api.vendor.scheme?.(name, field, draft);
  if (known !== undefined) return known;
  const type = field.text("type") ?? "";
  const refuse = (what: string, remedy: string): Scheme => {
    field.leave("protection", what, remedy);
    return NONE;
  };
  const choose = "say in require of the routes what replaces it: a token, an API key or a client certificate";
  switch (type) {
    case "http": {
      const scheme = (field.text("scheme") ?? "").toLowerCase();
      if (scheme === "bearer") return { kind: "jwt", provider: askedProvider(draft, name, {}) };
      return refuse(`the HTTP authentication ${show(scheme)} is not offered`, choose);
    }
    case "basic":
      return refuse("passwords in requests (HTTP basic authentication) are not accepted", choose);
    case "oauth2":
      field.leaveAll(
        ["flows", "flow", "authorizationUrl", "tokenUrl", "scopes"],
        "description",
        "how clients get their tokens is between them and the issuer",
        "nothing to do",
      );
      return { kind: "jwt", provider: askedProvider(draft, name, {}) };
    case "openIdConnect": {
      const url = field.text("openIdConnectUrl") ?? "";
      return { kind: "jwt", provider: askedProvider(draft, name, discovered(url) ?? {}) };
    }
    case "apiKey":
      return readApiKey(field, draft);
    case "mutualTLS":
      draft.ask("tls.clientValidation.caCertificates", "the authorities whose client certificates are accepted, PEM");
      return { kind: "clientCertificate" };
    default:
      return refuse(`${show(type)} is not a known type of security scheme`, choose);
  }
}

/** An issuer from its discovery address (OpenID Connect Discovery 1.0, section 4). */
export function discovered(url: string): { issuer: string } | undefined {
  const suffix = "/.well-known/openid-configuration";
  return url.startsWith("https://") && url.endsWith(suffix) ? { issuer: url.slice(0, -suffix.length) } : undefined;
}

/** A provider, with questions for what is not known of it. */
export function askedProvider(draft: Draft, offered: string, known: Readonly<Record<string, unknown>>): string {
  const name = uniqueName(offered, "login", draft.providers);
  draft.providers.set(name, { ...known });
  const at = `jwt.providers.${name}`;
  if (known.issuer === undefined) draft.ask(`${at}.issuer`, "who issues the tokens: the exact value of their iss claim");
  if (known.audiences === undefined)
    draft.ask(`${at}.audiences`, "for whom the tokens are: the values of aud that are accepted, as a list");
  if (known.jwksUri === undefined && known.jwks === undefined)
    draft.ask(`${at}.jwksUri`, "where the issuer publishes its keys (JWKS), https");
  return name;
}

function readApiKey(field: Field, draft: Draft): Scheme {
  const place = field.text("in");
  const written = field.text("name") ?? "";
  if (place !== "header") {
    field.leave(
      "behaviour",
      `an API key in ${show(place)} is not accepted: it ends up in logs and links`,
      "have clients send it in a header",
    );
    return NONE;
  }
  const header = headerOf(written);
  if (header === "authorization") return { kind: "jwt", provider: askedProvider(draft, "token", {}) };
  if (header === undefined) {
    field.leave(
      "behaviour",
      `the header ${show(written)} cannot carry a key`,
      "choose one of letters, digits and hyphens in apiKeys.header",
    );
    return NONE;
  }
  const keys = draft.section("apiKeys");
  keys.header ??= header;
  if (keys.header !== header) {
    field.leave("behaviour", `API keys come in one header, ${keys.header}; this scheme has ${header}`, "tell these clients the header");
    return NONE;
  }
  draft.ask("consumers", "the client applications that get an API key, each with a name: { app: {} }; keys are made anew");
  return { kind: "apiKey" };
}

/** Who may call what has this `security`. */
export function callersOf(owner: Field, api: Api): Callers | undefined {
  const security = owner.at("security");
  if (security === undefined) return undefined;
  const listed = owner.maps("security");
  if (Array.isArray(security.peek()) && (security.peek() as unknown[]).length === 0) return "public";
  return listed.map((requirement) => readRequirement(requirement, api)).filter((alternative) => alternative !== undefined);
}

function readRequirement(requirement: Field, api: Api): Alternative | undefined {
  const parts = requirement.entries();
  if (parts.length === 0) {
    requirement.leave("behaviour", "credentials are optional there", "add a route that is public for callers without any");
    return undefined;
  }
  const alternative: Record<string, unknown> = {};
  for (const [name, field] of parts) {
    const scheme = api.schemes.get(name);
    const scopes = field.items().flatMap((item) => item.text() ?? []);
    if (scheme === undefined) field.leave("protection", `there is no security scheme ${show(name)}`, "say in require what it takes");
    if (scheme === undefined || scheme.kind === "none") return undefined;
    if (scheme.kind !== "jwt") alternative[scheme.kind] = true;
    else if (alternative.jwt !== undefined && alternative.jwt !== scheme.provider) {
      field.leave("protection", "tokens of two issuers are asked for together, and a request carries one", "say which in require");
      return undefined;
    } else {
      alternative.jwt = scheme.provider;
      if (scopes.length > 0) alternative.scopes = [...new Set([...((alternative.scopes as string[] | undefined) ?? []), ...scopes])];
      grantScopes(api.draft, scheme.provider, scopes);
    }
  }
  return alternative;
}

/** A provider lists every scope routes ask for. */
export function grantScopes(draft: Draft, provider: string, scopes: readonly string[]): void {
  const fields = draft.providers.get(provider);
  if (fields !== undefined && scopes.length > 0)
    fields.scopes = [...new Set([...((fields.scopes as string[] | undefined) ?? []), ...scopes])];
}

import { show } from "../../components/spec/show.ts";
import type { Alternative } from "../draft.ts";
import { askedProvider, discovered, grantScopes } from "../openapi/schemes.ts";
import type { Field } from "../reader.ts";
import { headerOf } from "../values.ts";
import type { PluginSurroundings } from "./plugins.ts";

/** Alternatives a caller must satisfy, or `refused` when they could not be carried over, which has been reported. */
export type Credentials = readonly Alternative[] | "refused";

/** `anonymous` lets callers without a credential pass as another consumer. */
function checkAnonymous(config: Field | undefined): void {
  config?.leaveAll(["anonymous"], "behaviour", "callers without a credential pass as another consumer", "add a public route for them");
  config?.leaveAll(["run_on_preflight", "realm"], "operation", "preflights are answered without credentials", "nothing to do");
}

export function readKeyAuth(config: Field | undefined, { draft }: PluginSurroundings): Credentials {
  checkAnonymous(config);
  const [first, ...others] = config?.items("key_names") ?? [];
  const name = first?.text() ?? "apikey";
  for (const other of others) other.leave("behaviour", "a second header for API keys", "tell these clients the first one");
  const header = headerOf(name);
  const keys = draft.section("apiKeys");
  if (header === undefined)
    first?.leave("behaviour", `the header ${show(name)} cannot carry a key`, "choose one of letters, digits and hyphens in apiKeys.header");
  else keys.header ??= header;
  if (header !== undefined && keys.header !== header)
    first?.leave("behaviour", `API keys come in one header, ${keys.header}`, "tell these clients the header");
  for (const key of ["key_in_query", "key_in_body"])
    if (config?.flag(key) === true)
      config.at(key)?.leave("behaviour", "API keys in the query or body are not accepted", "have clients send them in the header");
  if (config?.flag("key_in_header") === false)
    config.at("key_in_header")?.leave("behaviour", "API keys in the header were not accepted", "have clients send them in the header");
  if (config?.flag("hide_credentials") === false)
    config.at("hide_credentials")?.leave("behaviour", "the backend saw the key", "it never does");
  if (draft.consumers.size === 0)
    draft.ask("consumers", "the client applications that get an API key, each with a name: { app: {} }; keys are made anew");
  return [{ apiKey: true }];
}

export function readKongJwt(config: Field | undefined, { draft, credentials }: PluginSurroundings): Credentials {
  checkAnonymous(config);
  readPlaces(config);
  if ((config?.text("key_claim_name") ?? "iss") !== "iss")
    config?.at("key_claim_name")?.leave("protection", "tokens are matched to consumers by another claim than iss", "say claims in require");
  if (config?.flag("secret_is_base64") === true) config.at("secret_is_base64")?.leave("operation", "a shared secret", "nothing to do");
  for (const claim of config?.items("claims_to_verify") ?? []) {
    const text = claim.text();
    if (text !== "exp" && text !== "nbf") claim.leave("protection", `the claim ${show(text)} is checked`, "say it in claims of require");
  }
  config?.leaveAll(["maximum_expiration"], "protection", "tokens may not be valid for longer than this", "have the issuer keep to it");
  const providers = credentials.providers.length > 0 ? credentials.providers : [...draft.providers.keys()].slice(0, 1);
  const names = providers.length > 0 ? providers : [askedProvider(draft, "login", {})];
  return [{ jwt: names.length === 1 ? names[0] : names }];
}

/** Where tokens may stand besides the Authorization header. */
function readPlaces(config: Field | undefined): void {
  for (const key of ["uri_param_names", "cookie_names"])
    for (const item of config?.items(key) ?? [])
      item.leave("behaviour", "tokens in the query or in cookies are not accepted", "have clients send them in Authorization: Bearer");
  for (const item of config?.items("header_names") ?? []) {
    const text = item.text();
    if (text?.toLowerCase() !== "authorization")
      item.leave("behaviour", `tokens come in ${show(text)}`, "have clients send them in Authorization: Bearer");
  }
}

export function readOpenIdConnect(config: Field | undefined, { draft }: PluginSurroundings): Credentials {
  checkAnonymous(config);
  const written = config?.text("issuer") ?? "";
  const issuer = discovered(written)?.issuer ?? (written === "" ? undefined : written);
  const audiences = [...(config?.texts("audience_required") ?? []), ...(config?.texts("audience") ?? [])];
  const scopes = config?.texts("scopes_required") ?? [];
  for (const item of config?.items("auth_methods") ?? []) {
    const text = item.text();
    if (text !== "bearer")
      item.leave(
        "behaviour",
        `the gateway logged people in itself (${show(text)})`,
        "have an application do it; the gateway checks tokens",
      );
  }
  config?.leaveAll(
    ["client_id", "client_secret", "redirect_uri", "session_secret", "login_action", "logout_path"],
    "operation",
    "how the gateway logged people in; secrets are never copied",
    "nothing to do",
  );
  const provider = askedProvider(draft, "login", {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audiences.length === 0 ? {} : { audiences }),
  });
  grantScopes(draft, provider, scopes);
  return [{ jwt: provider, ...(scopes.length > 0 ? { scopes } : {}) }];
}

export function readMtls(config: Field | undefined, { draft }: PluginSurroundings): Credentials {
  checkAnonymous(config);
  config?.leaveAll(["ca_certificates"], "behaviour", "authorities named by identifier", "give them in tls.clientValidation.caCertificates");
  config?.leaveAll(["revocation_check_mode"], "protection", "revoked client certificates are looked up", "see docs/semantics.md");
  draft.ask("tls.clientValidation.caCertificates", "the authorities whose client certificates are accepted, PEM");
  return [{ clientCertificate: true }];
}

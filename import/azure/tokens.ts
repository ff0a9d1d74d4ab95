import { show } from "../../components/spec/show.ts";
import type { Alternative, Draft } from "../draft.ts";
import { askedProvider, discovered, grantScopes } from "../openapi/schemes.ts";
import type { Field } from "../reader.ts";
import { isComputed, milliseconds } from "../values.ts";

/** `validate-jwt`: a provider, and what every route asks for. */
export function readJwt(policy: Field, draft: Draft): void {
  checkPlace(policy);
  const [config, ...others] = policy.items("openid-config");
  const url = config?.text("@url") ?? "";
  for (const other of others) other.leave("behaviour", "a second issuer", "declare it as another provider and list both in require");
  const [issuer, ...more] = texts(policy, "issuers", "issuer");
  for (const other of more) other.leave("behaviour", "a second issuer", "declare it as another provider and list both in require");
  const written = issuer?.text();
  const audiences = texts(policy, "audiences", "audience").flatMap((field) => field.text() ?? []);
  const skew = Number(policy.text("@clock-skew") ?? Number.NaN);
  if (skew > 60) policy.at("@clock-skew")?.leave("behaviour", `a tolerance of ${skew} seconds`, "at most 60 are accepted");
  for (const key of ["@require-expiration-time", "@require-signed-tokens"])
    if (policy.text(key) === "false")
      policy.at(key)?.leave("behaviour", "tokens without end or without signature", "they are never accepted");
  policy.leaveAll(
    ["issuer-signing-keys", "decryption-keys"],
    "protection",
    "keys of the issuer written in the policy",
    "give them in jwks of the provider",
  );
  const known = written ?? discovered(url)?.issuer;
  if (config !== undefined && discovered(url) === undefined)
    config.leave("behaviour", `${show(url)} is no discovery address`, "give issuer and jwksUri of the provider");
  const provider = askedProvider(draft, "login", {
    ...(known === undefined || isComputed(known) ? {} : { issuer: known }),
    ...(audiences.length === 0 || audiences.some(isComputed) ? {} : { audiences }),
    ...(skew > 0 && skew <= 60 ? { clockSkew: milliseconds(skew * 1000) } : {}),
  });
  draft.demand(readClaims(policy, provider, draft));
}

/** `validate-azure-ad-token`: which version of token, and with it which issuer, the policy does not say. */
export function readEntraToken(policy: Field, draft: Draft): void {
  checkPlace(policy);
  const tenant = policy.text("@tenant-id") ?? "";
  const audiences = texts(policy, "audiences", "audience").flatMap((field) => field.text() ?? []);
  const clients = texts(policy, "client-application-ids", "application-id").flatMap((field) => field.text() ?? []);
  const plain = /^[0-9a-f-]{36}$/i.test(tenant);
  if (!plain)
    policy
      .at("@tenant-id")
      ?.leave("behaviour", `${show(tenant)} is no identifier of one tenant`, "give issuer and jwksUri of the provider");
  const provider = askedProvider(draft, "entra", {
    ...(audiences.length === 0 || audiences.some(isComputed) ? {} : { audiences }),
    ...(plain ? { jwksUri: `https://login.microsoftonline.com/${tenant}/discovery/v2.0/keys` } : {}),
  });
  const alternatives = readClaims(policy, provider, draft);
  draft.demand(
    clients.length === 0
      ? alternatives
      : alternatives.map((one) => ({ ...one, claims: { ...(one.claims as object | undefined), azp: clients } })),
  );
}

function checkPlace(policy: Field): void {
  const header = policy.text("@header-name");
  if (header !== undefined && header.toLowerCase() !== "authorization")
    policy.at("@header-name")?.leave("behaviour", `tokens come in ${show(header)}`, "have clients send them in Authorization: Bearer");
  policy.leaveAll(
    ["@query-parameter-name", "@token-value"],
    "behaviour",
    "tokens come from another place",
    "have clients send them in Authorization: Bearer",
  );
  policy.leaveAll(
    ["@failed-validation-httpcode", "@failed-validation-error-message"],
    "behaviour",
    "an answer of its own to a bad token",
    "it is 401 with WWW-Authenticate",
  );
  policy.leaveAll(["@output-token-variable-name"], "operation", "a variable for other policies", "nothing to do");
  const scheme = policy.text("@require-scheme");
  if (scheme !== undefined && scheme.toLowerCase() !== "bearer")
    policy.at("@require-scheme")?.leave("behaviour", `the scheme ${show(scheme)}`, "use Bearer");
}

/** Required claims: scopes where the claim carries scopes. `any` of several scopes becomes an alternative each. */
function readClaims(policy: Field, provider: string, draft: Draft): Alternative[] {
  const claims: Record<string, unknown> = {};
  let scopes: string[][] = [[]];
  for (const claim of policy.items("required-claims").flatMap((owner) => owner.items("claim"))) {
    const name = claim.text("@name") ?? "";
    const match = claim.text("@match") ?? "all";
    const values = claim.items("value").flatMap((value) => value.text("#text") ?? []);
    claim.leaveAll(["@separator"], "operation", "how several values are written in one claim", "nothing to do");
    if (values.length === 0 || values.some(isComputed) || (match !== "any" && match !== "all"))
      claim.leave("protection", `the claim ${show(name)} is required`, "say it in claims of require");
    else if (name === "scp" || name === "scope") {
      grantScopes(draft, provider, values);
      scopes = match === "any" ? values.flatMap((value) => scopes.map((all) => [...all, value])) : scopes.map((all) => [...all, ...values]);
    } else if (match === "any" || values.length === 1) claims[name] = values.length === 1 ? values[0] : values;
    else claim.leave("protection", `all values of the claim ${show(name)} are required`, "say in claims of require the one that matters");
  }
  return scopes.map((all) => ({
    jwt: provider,
    ...(all.length > 0 ? { scopes: all } : {}),
    ...(Object.keys(claims).length > 0 ? { claims } : {}),
  }));
}

/** Texts of the entries of a list element. */
export function texts(owner: Field, list: string, entry: string): Field[] {
  return owner
    .items(list)
    .flatMap((group) => group.items(entry))
    .flatMap((item) => item.entries().flatMap(([key, field]) => (key === "#text" ? field : [])));
}

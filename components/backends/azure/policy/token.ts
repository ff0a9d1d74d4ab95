import type { GatewayModel, JwtProvider, Route } from "../../../spec/model.ts";
import { alternativesOf, providersOf } from "../../../spec/requirement.ts";
import { type Expression, expression, header, jsonOf, literal, literals, statements, variable } from "./csharp.ts";
import { choose, setVariable, variableIs } from "./elements.ts";
import type { Profiles } from "./profiles.ts";
import { element, type PolicyNode } from "./xml.ts";

/**
 * Tokens: which provider's rules a token is to meet is chosen from what it says of itself, and from then on nothing of it counts
 * until `validate-jwt` has verified it by that provider's keys, issuer and audiences alone.
 */

/** The token of `Authorization: Bearer`; empty for anything else, two headers included, which arrive joined by a comma. */
const tokenExpression = (): Expression =>
  statements(
    `var h = ${header("Authorization")}; if (!h.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) { return ""; }`,
    "var t = h.Substring(7).Trim();",
    `return Regex.IsMatch(t, ${literal("^[A-Za-z0-9_-]+[.][A-Za-z0-9_-]+[.][A-Za-z0-9_-]+$")}) ? t : "";`,
  );

/** Routes whose requirement can be met without a token; whoever meets it so needs none. */
const openOtherwise = (route: Route): boolean => alternativesOf(route).some(({ jwt }) => jwt === undefined);

/** The provider to verify the token by; empty when no token is there, none is wanted, or it names an issuer the route does not accept. */
function verifyExpression(profiles: Profiles): Expression {
  const { jwtProviders } = profiles.model;
  const chosen = (route: Route): string => {
    const names = providersOf(route);
    const [only, ...others] = names;
    if (only === undefined) return `""`;
    const provider =
      others.length === 0
        ? literal(only)
        : `${names.map((name) => `${named(jwtProviders[name] as JwtProvider)} ? ${literal(name)} : `).join("")}""`;
    return openOtherwise(route) ? `${variable("grant")} == "200" ? "" : ${provider}` : provider;
  };
  const several = profiles.model.routes.some((route) => providersOf(route).length > 1);
  return statements(
    `var t = ${variable("token")}; if (t == "") { return ""; }`,
    ...(several ? [`var j = t.AsJwt(); if (j == null) { return ""; }`] : []),
    profiles.select(chosen, `""`),
  );
}

const named = ({ issuer, audiences }: JwtProvider): string =>
  `j.Issuer == ${literal(issuer)} && j.Audiences.Any(a => Array.IndexOf(${literals(audiences)}, a) >= 0)`;

function validateJwt(provider: JwtProvider, model: GatewayModel): PolicyNode {
  const { keys } = provider;
  const configuration = model.azure.openIdConfigurations[provider.name];
  const signingKeys =
    keys.kind === "inline"
      ? [
          element(
            "issuer-signing-keys",
            {},
            rsaKeys(keys.jwks).map(({ kid, n, e }) => element("key", { id: kid, n, e })),
          ),
        ]
      : [element("openid-config", { url: configuration })];
  return element(
    "validate-jwt",
    {
      "token-value": expression(variable("token")),
      "failed-validation-httpcode": "401",
      "require-expiration-time": "true",
      "require-signed-tokens": "true",
      "clock-skew": String(provider.clockSkewSeconds),
    },
    [
      ...signingKeys,
      element(
        "audiences",
        {},
        provider.audiences.map((audience) => element("audience", {}, expression(literal(audience)))),
      ),
      element("issuers", {}, [element("issuer", {}, expression(literal(provider.issuer)))]),
    ],
  );
}

export interface RsaKey {
  readonly kid: string | undefined;
  readonly n: string;
  readonly e: string;
}

/** RSA keys of a JWKS; keys of other types are not among them. */
export function rsaKeys(jwks: string): RsaKey[] {
  const { keys } = JSON.parse(jwks) as { keys: readonly Record<string, unknown>[] };
  return keys.flatMap(({ kty, kid, n, e }) => (kty === "RSA" && isBase64url(n) && isBase64url(e) ? [{ kid: plainKeyId(kid), n, e }] : []));
}

const isBase64url = (value: unknown): value is string => typeof value === "string" && /^[A-Za-z0-9_-]+$/.test(value);

/** A key's id, where it can stand in the policy as it is; a key without one is tried for every token. */
const plainKeyId = (kid: unknown): string | undefined => (typeof kid === "string" && /^[\w.~+/=-]{1,200}$/.test(kid) ? kid : undefined);

/**
 * The provider whose rules the verified token met; empty otherwise. What `validate-jwt` may read from an OpenID configuration is checked
 * once more against the document: the issuer, and the algorithm of the signature.
 */
function verifiedExpression(model: GatewayModel): Expression {
  const arms = Object.values(model.jwtProviders).map(
    ({ name, issuer, algorithms }) =>
      `case ${literal(name)}: return Array.IndexOf(${literals(algorithms)}, (string)h["alg"]) >= 0 && (string)c["iss"] == ${literal(issuer)} ? ${literal(name)} : "";`,
  );
  return statements(
    `var h = ${jsonOf(`${variable("token")}.Split('.')[0]`)}; var c = (JObject)context.Variables["claims"];`,
    `switch (${variable("verify")}) { ${arms.join(" ")} default: return ""; }`,
  );
}

const claimsExpression = (): Expression => expression(jsonOf(`${variable("token")}.Split('.')[1]`));

/** Scopes of `scope` (one text) and `scp` (a list), each between blanks. */
const scopesExpression = (): Expression =>
  statements(
    `var c = (JObject)context.Variables["claims"]; var all = " ";`,
    `var scope = c["scope"]; if (scope != null && scope.Type == JTokenType.String) { all += (string)scope + " "; }`,
    `var scp = c["scp"]; if (scp != null && scp.Type == JTokenType.Array) { foreach (var s in (JArray)scp) { if (s.Type == JTokenType.String && !((string)s).Contains(" ")) { all += (string)s + " "; } } }`,
    "return all;",
  );

/** Before the grant of alternatives without a token is known. */
export const tokenVariable = ({ model }: Profiles): PolicyNode[] =>
  Object.keys(model.jwtProviders).length === 0 ? [] : [setVariable("token", tokenExpression())];

/** Verifies the token where one is wanted, and keeps what it says. */
export function verification(profiles: Profiles): PolicyNode[] {
  const providers = Object.values(profiles.model.jwtProviders);
  if (providers.length === 0) return [];
  return [
    setVariable("verify", verifyExpression(profiles)),
    setVariable("verified", expression(`""`)),
    setVariable("scopes", expression(`""`)),
    setVariable("claims", expression("new JObject()")),
    ...choose([
      {
        when: expression(`${variable("verify")} != ""`),
        steps: [
          ...choose(
            providers.map((provider) => ({ when: variableIs("verify", provider.name), steps: [validateJwt(provider, profiles.model)] })),
          ),
          setVariable("claims", claimsExpression()),
          setVariable("verified", verifiedExpression(profiles.model)),
          setVariable("scopes", scopesExpression()),
        ],
      },
    ]),
  ];
}

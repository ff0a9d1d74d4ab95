import type { GatewayModel, JwtProvider } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { seconds } from "./front.ts";
import { type EnvoyGateway, filterOf } from "./gateway.ts";
import { sha256 } from "./rbac.ts";

/** How tokens are verified and what of them is passed on. */
export function observeTokens(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const config = gateway.filters.find(({ typed_config }) => String(typed_config?.["@type"]).endsWith("JwtAuthentication"))?.typed_config;
  for (const provider of Object.values(model.jwtProviders)) observeProvider(provider, config?.providers?.[provider.name], o);
  o.sameSet("require.jwt", "jwt.providers", Object.keys(model.jwtProviders), Object.keys(config?.providers ?? {}));
  if (config) o.same("errors.problem", "", true, config.strip_failure_response);
  o.holds(
    "require.jwt",
    "jwt",
    "no request passes the token filter by a rule for preflights or failures",
    config?.bypass_cors_preflight !== true && !JSON.stringify(config?.requirement_map ?? {}).includes("allow_missing_or_failed"),
  );
}

function observeProvider(provider: JwtProvider, found: Json, o: Observations): void {
  const at = `jwt.providers.${provider.name}`;
  o.same("require.jwt", `${at}.issuer`, provider.issuer, found?.issuer);
  o.sameSet("require.jwt", `${at}.audiences`, provider.audiences, found?.audiences ?? []);
  o.same("require.jwt", at, true, found?.require_expiration);
  o.atMost("require.jwt", `${at}.clockSkew`, provider.clockSkewSeconds, found?.clock_skew_seconds);
  o.same("require.jwt", at, [{ name: "authorization", value_prefix: "Bearer " }], found?.from_headers);
  o.same("require.jwt", at, [undefined, undefined], [found?.from_params, found?.from_cookies]);
  o.same(provider.forward ? "require.jwt.forward" : "require.jwt.strip", `${at}.forward`, provider.forward, found?.forward);
  o.same(
    "require.jwt",
    at,
    [provider.name, `${provider.name}:header`, ["scope"]],
    [found?.payload_in_metadata, found?.header_in_metadata, found?.normalize_payload_in_metadata?.space_delimited_claims],
  );
  const { keys } = provider;
  if (keys.kind === "inline") {
    o.same("require.jwt.inlineKeys", `${at}.jwks`, JSON.parse(keys.jwks), JSON.parse(found?.local_jwks?.inline_string ?? "null"));
    o.same("require.jwt.inlineKeys", `${at}.jwks`, undefined, found?.remote_jwks);
  } else {
    o.same(
      "require.jwt",
      `${at}.jwksUri`,
      [keys.uri, `jwks-${provider.name}`],
      [found?.remote_jwks?.http_uri?.uri, found?.remote_jwks?.http_uri?.cluster],
    );
    o.holds("require.jwt", `${at}.jwksUri`, "keys are kept ten minutes at most", seconds(found?.remote_jwks?.cache_duration) <= 600);
    o.same("require.jwt", `${at}.jwks`, undefined, found?.local_jwks);
  }
  const asked = { "x-gateway-subject": "sub", "x-gateway-issuer": "iss", ...provider.claimToHeaders };
  const passed = Object.fromEntries(
    (found?.claim_to_headers ?? []).map(({ header_name, claim_path }: Json) => [
      header_name,
      claim_path?.map(({ key }: Json) => key).join("."),
    ]),
  );
  for (const [header, claim] of Object.entries(asked))
    o.same(
      header.startsWith("x-gateway-") ? "request.headers" : "require.jwt.claimToHeaders",
      `${at}.claimToHeaders`,
      claim,
      passed[header],
    );
  o.sameSet("require.jwt.claimToHeaders", `${at}.claimToHeaders`, Object.keys(asked), Object.keys(passed));
}

/** Digest of the script that finds a key's consumer, its table and its header name blanked: read line by line on 2026-11-21. */
const KEY_SCRIPT = "28d913b329b8a48eaeed9d6d990863670e5341b662499ede646082ff66d0db49";
const CERTIFICATE_SCRIPT = "52c0cfc5072a72fa4186a99fc85d16e6a43a69f9d79cf3942ac1d036c386bfa6";

/** The table of digests in the key filter's script. @returns undefined when the script is not the one that was read */
export function keyTable(gateway: Pick<EnvoyGateway, "virtualHost">, header: string): Record<string, string> | undefined {
  const code = String(gateway.virtualHost.typed_per_filter_config?.["gateway.api-keys"]?.source_code?.inline_string ?? "");
  const entries = [...code.matchAll(/\["([0-9a-f]{64})"\]="([A-Za-z0-9_-]+)"/g)];
  const blank = code.replace(/local consumers = \{[^\n]*\}/, "local consumers = {}").replace(`headers:get("${header}")`, 'headers:get("")');
  if (sha256(blank) !== KEY_SCRIPT) return undefined;
  return Object.fromEntries(entries.map(([, digest, consumer]) => [digest as string, consumer as string]));
}

/** The script that passes the client's certificate on. */
export function observeCertificateScript(gateway: EnvoyGateway, o: Observations): void {
  const code = String(filterOf(gateway, "gateway.client-certificate")?.default_source_code?.inline_string ?? "");
  o.holds(
    "request.headers",
    "tls.clientValidation",
    "backends see the client's certificate as RFC 9440 has it",
    sha256(code) === CERTIFICATE_SCRIPT,
  );
}

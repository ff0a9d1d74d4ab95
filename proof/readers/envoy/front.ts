import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { type EnvoyGateway, filterOf } from "./gateway.ts";
import { admits, type Context } from "./rbac.ts";
import { observeErrors } from "./replies.ts";

/** Forward secrecy and authenticated encryption only: BoringSSL's names for what RFC 9325 recommends for TLS 1.2. */
const CIPHERS = new Set([
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
]);
const CURVES = new Set(["X25519MLKEM768", "X25519", "P-256", "P-384"]);
const WEAK_SIGNATURE = /sha1|md5/i;

/** A TLS context of either side: versions, ciphers, curves. */
export function tlsIsStrong(context: Json, minimum: "1.2" | "1.3"): boolean {
  const parameters = context?.common_tls_context?.tls_params;
  const ciphers = ((parameters?.cipher_suites ?? []) as string[]).flatMap((group) => group.replace(/[[\]]/g, "").split("|"));
  return (
    parameters?.tls_minimum_protocol_version === `TLSv1_${minimum.slice(-1)}` &&
    parameters?.tls_maximum_protocol_version === "TLSv1_3" &&
    ciphers.length > 0 &&
    ciphers.every((cipher) => CIPHERS.has(cipher)) &&
    parameters.ecdh_curves?.length > 0 &&
    parameters.ecdh_curves.every((curve: string) => CURVES.has(curve)) &&
    !(parameters.signature_algorithms ?? []).some((name: string) => WEAK_SIGNATURE.test(name))
  );
}

/** Paths two parsers read differently, and paths everybody reads alike. */
const AMBIGUOUS = [
  "/a%00b",
  "/a%0ab",
  "/a/..%3b/b",
  "/a/.%3Bx",
  "/a%zz",
  "/a%252fb",
  "/a%255cb",
  "/a%c0%af",
  "/a%7f",
  "/a%2",
  "/a%252e%252e",
];
const PLAIN = ["/", "/orders", "/orders/a-b_c.d~e", "/orders/%C3%A9", "/a%20b"];

/** What the gateway refuses and removes whatever the route: shape, sizes, headers, errors, HSTS. */
export function observeShape(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const { manager } = gateway;
  o.same(
    "request.path",
    "routes",
    [true, true, "REJECT_REQUEST"],
    [manager.normalize_path, manager.merge_slashes, manager.path_with_escaped_slashes_action],
  );
  const shape = filterOf(gateway, "gateway.shape");
  const passes = (headers: Record<string, string>): boolean =>
    shape === undefined ||
    admits(shape, { request: NOBODY, headers: { ":authority": model.hostname, ":method": "GET", ":path": "/", ...headers } } as Context);
  for (const path of AMBIGUOUS) o.holds("request.path", "routes", `${path} is refused`, !passes({ ":path": path }));
  for (const path of PLAIN) o.holds("request.path", "routes", `${path} passes`, passes({ ":path": path }));
  for (const host of ["a b", "evil@shop", "shop/x", "shop:99x"])
    o.holds("request.framing", "routes", `host ${host} is refused`, !passes({ ":authority": host }));
  const { urlBytes, headerBytes } = model.limits;
  const url = (length: number) => `/${"u".repeat(length - 1)}`;
  o.holds("request.size", "limits.url", `${urlBytes + 1} bytes of URL are refused`, !passes({ ":path": url(urlBytes + 1) }));
  o.holds(
    "request.size",
    "limits.url",
    `${urlBytes} bytes of URL pass`,
    passes({ ":path": url(urlBytes) }) || headerBytes < urlBytes + 100,
  );
  o.holds(
    "request.size",
    "limits.headers",
    `more than ${headerBytes} bytes of headers are refused`,
    !passes({ "x-large": "h".repeat(headerBytes + 1) }),
  );
  o.holds(
    "request.size",
    "limits.headers",
    `${headerBytes - 300} bytes of headers pass`,
    passes({ "x-large": "h".repeat(headerBytes - 300) }),
  );
  o.atMost("request.size", "limits", Math.ceil((urlBytes + headerBytes) / 1024) + 16, manager.max_request_headers_kb);
  if (Object.keys(model.jwtProviders).length > 0)
    for (const value of ["Bearer a, Bearer b", "bearer  x y", "Basic x, bearer abc"])
      o.holds("request.headers", "routes", `authorization: ${value} is refused`, !passes({ authorization: value }));
  for (const value of ["Bearer aaa.bbb.ccc", "bearer a-_~+/=", "Basic dXNlcjpwYXNz"])
    o.holds("request.headers", "routes", `authorization: ${value} passes`, passes({ authorization: value }));
  if (model.apiKeys) o.holds("require.apiKey", "apiKeys", "two keys in one header are refused", !passes({ [model.apiKeys.header]: "a,b" }));
  const common = manager.common_http_protocol_options ?? {};
  o.holds(
    "request.headers",
    "headers",
    "header names with an underscore are dropped",
    ["DROP_HEADER", "REJECT_REQUEST"].includes(common.headers_with_underscores_action),
  );
  o.holds("request.size", "limits.headers", "at most 100 headers", Number(common.max_headers_count ?? 1000) <= 100);
  o.holds(
    "ddos.standard",
    "ddos",
    "idle and long connections end",
    seconds(common.idle_timeout) <= 300 && seconds(common.max_connection_duration) <= 3600,
  );
  o.holds(
    "ddos.standard",
    "ddos",
    "slow requests end",
    seconds(manager.request_headers_timeout) <= 30 &&
      seconds(manager.request_timeout) <= 600 &&
      seconds(manager.stream_idle_timeout) <= 120,
  );
  o.holds("ddos.standard", "ddos", "HTTP/2 streams and windows are bounded", bounded(manager.http2_protocol_options));
  o.holds(
    "request.framing",
    "routes",
    "length and transfer coding together are refused",
    manager.http_protocol_options?.allow_chunked_length !== true,
  );
  o.same(
    "request.headers",
    "headers",
    ["SANITIZE", "PASS_THROUGH"],
    [manager.forward_client_cert_details, manager.server_header_transformation],
  );
  o.same("request.headers", "headers", [true, true], [manager.generate_request_id, manager.always_set_request_id_in_response]);
  o.same("request.headers", "headers", "https", manager.scheme_header_transformation?.scheme_to_overwrite);
  o.same("request.headers", "headers", true, manager.strip_trailing_host_dot);
}

const NOBODY = { method: "GET" as const, path: "/", token: undefined, consumer: undefined, certificate: undefined, address: "192.0.2.1" };

function bounded(options: Json): boolean {
  const { max_concurrent_streams: streams, initial_stream_window_size: stream, initial_connection_window_size: connection } = options ?? {};
  return streams <= 100 && stream <= 65_536 && connection <= 1_048_576;
}

/** An Envoy duration in seconds; absent is never. */
export const seconds = (text: unknown): number =>
  typeof text === "string" && /^[0-9.]+s$/.test(text) ? Number(text.slice(0, -1)) : Number.POSITIVE_INFINITY;

/** Headers only the gateway writes, and those a proxy could be steered by. */
const NEVER_FROM_CLIENTS = [
  "forwarded",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-prefix",
  "x-forwarded-server",
  "x-real-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "cf-connecting-ip",
  "x-original-url",
  "x-original-uri",
  "x-rewrite-url",
  "x-http-method-override",
  "x-http-method",
  "x-method-override",
  "client-cert",
  "client-cert-chain",
  "proxy",
  "proxy-authorization",
  "x-request-id",
];

/** What is taken from requests and answers, and what is put there. */
export function observeHeaders(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const early: Json[] = gateway.manager.early_header_mutation_extensions?.flatMap((one: Json) => one.typed_config.mutations) ?? [];
  const removed = new Set(early.map(({ remove }) => remove));
  const prefixes = early.map(({ remove_on_match }) => remove_on_match?.key_matcher?.prefix);
  for (const name of NEVER_FROM_CLIENTS) o.holds("request.headers", "headers", `${name} of clients is removed`, removed.has(name));
  for (const prefix of ["x-gateway-", "x-envoy-"])
    o.holds("request.headers", "headers", `${prefix}* of clients is removed`, prefixes.includes(prefix));
  for (const { name, claimToHeaders } of Object.values(model.jwtProviders))
    for (const header of Object.keys(claimToHeaders))
      o.holds(
        "require.jwt.claimToHeaders",
        `jwt.providers.${name}.claimToHeaders`,
        `${header} of clients is removed`,
        removed.has(header) || prefixes.some((prefix) => prefix && header.startsWith(prefix)),
      );
  const request = mutations(filterOf(gateway, "gateway.request-headers"), "request_mutations");
  const response = mutations(filterOf(gateway, "gateway.response-headers"), "response_mutations");
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const hsts = `max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  o.same("tls.hsts", "tls.hsts", hsts, response.set["strict-transport-security"]);
  o.holds(
    "request.headers",
    "headers",
    "answers carry no server and no x-envoy-*",
    response.removed.includes("server") && response.prefixes.includes("x-envoy-"),
  );
  o.holds("request.headers", "headers", "backends get no x-envoy-*", request.prefixes.includes("x-envoy-"));
  o.same("request.headers", "headers", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", request.set["x-gateway-client-ip"]);
  if (model.apiKeys) o.holds("require.apiKey", "apiKeys", "backends do not get the key", request.removed.includes(model.apiKeys.header));
  observeRules(model.headers, request, response, "headers", o);
  o.same("request.headers", "headers", true, filterOf(gateway, "gateway.router")?.suppress_envoy_headers);
  for (const name of ["gateway.request-headers", "gateway.response-headers"])
    o.same("route.headers", "headers", true, filterOf(gateway, name)?.most_specific_header_mutations_wins);
  observeErrors(gateway.manager, hsts, o);
  o.holds(
    "cors",
    "cors",
    "a backend's own CORS headers and HSTS are removed",
    BACKENDS_OWN.every((name) => gateway.routeConfiguration.response_headers_to_remove?.includes(name)),
  );
}

/** Headers of backends that the gateway does not pass on. */
export const BACKENDS_OWN = [
  "server",
  "strict-transport-security",
  "access-control-allow-origin",
  "access-control-allow-credentials",
  "access-control-allow-methods",
  "access-control-allow-headers",
  "access-control-expose-headers",
  "access-control-max-age",
  "access-control-allow-private-network",
];

interface Mutations {
  readonly set: Readonly<Record<string, string>>;
  readonly added: Readonly<Record<string, string>>;
  readonly removed: readonly string[];
  readonly prefixes: readonly string[];
}

/** What a header mutation does, by direction. */
export function mutations(config: Json, direction: "request_mutations" | "response_mutations"): Mutations {
  const list: Json[] = config?.mutations?.[direction] ?? [];
  const appends = (action: RegExp) =>
    Object.fromEntries(
      list.flatMap(({ append }) => (append && action.test(append.append_action) ? [[append.header.key, append.header.value]] : [])),
    );
  return {
    set: appends(/^OVERWRITE_IF_EXISTS_OR_ADD$/),
    added: appends(/^APPEND_IF_EXISTS_OR_ADD$/),
    removed: list.flatMap(({ remove }) => remove ?? []),
    prefixes: list.flatMap(({ remove_on_match }) => remove_on_match?.key_matcher?.prefix ?? []),
  };
}

export function observeRules(asked: GatewayModel["headers"], request: Mutations, response: Mutations, path: string, o: Observations): void {
  for (const [direction, rules, found] of [
    ["request", asked.request, request],
    ["response", asked.response, response],
  ] as const) {
    for (const [name, value] of Object.entries(rules.set))
      o.same("route.headers", `${path}.${direction}.set`, value, plain(found.set[name]));
    for (const [name, value] of Object.entries(rules.add))
      o.same("route.headers", `${path}.${direction}.add`, value, plain(found.added[name]));
    for (const name of rules.remove)
      o.holds("route.headers", `${path}.${direction}.remove`, `${name} is removed`, found.removed.includes(name));
  }
}

/** `%%` is a percent sign in Envoy's formats. */
const plain = (value: string | undefined) => value?.replaceAll("%%", "%");

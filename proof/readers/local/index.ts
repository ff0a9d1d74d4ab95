import type { ControlId } from "../../../components/backends/controls.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { madeUpKey, type OpenPlan, withSecrets } from "../../open-plan.ts";
import { probesOf } from "../../requests.ts";
import type { Observations } from "../../verdicts.ts";
import { fingerprints, observeBackends } from "../envoy/backends.ts";
import { observeHeaders, observeShape, seconds, tlsIsStrong } from "../envoy/front.ts";
import { type EnvoyGateway, observeAddresses, observeRequests } from "../envoy/gateway.ts";
import { machineBootstrap, machineFiles } from "../envoy/grammar/bootstrap.ts";
import type { Setting } from "../envoy/grammar/values.ts";
import { observeLimits } from "../envoy/limits.ts";
import { sha256 } from "../envoy/rbac.ts";
import { observeReplies } from "../envoy/replies.ts";
import { observeRoutes } from "../envoy/routes.ts";
import { keyTable, observeCertificateScript, observeTokens } from "../envoy/tokens.ts";
import { observeGrammar } from "../grammar.ts";
import { type Json, parsed } from "../json.ts";
import { observeHost } from "./host.ts";
import { observeStack } from "./stack.ts";

/** Reads the local gateway back from its plan: Envoy's files and the resources around them. */
export function readLocal(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const host = plan.resources.find(({ type }) => type === "localgateway:index:Host");
  const inputs = withSecrets(host?.inputs ?? {}) as Json;
  const files: Json = Object.fromEntries(
    Object.entries((inputs.files ?? {}) as Record<string, string>).map(([path, text]) => [
      path,
      path.endsWith(".json") ? parsed(text) : text,
    ]),
  );
  const listeners: Json[] = files["config/listeners.json"]?.resources ?? [];
  const https = listeners.find(({ name }) => name === "https");
  const chain = https?.filter_chains?.[0];
  const manager = chain?.filters?.[0]?.typed_config ?? {};
  const routeConfiguration = files["config/routes.json"]?.resources?.[0] ?? {};
  const virtualHost = routeConfiguration.virtual_hosts?.[0] ?? {};
  const keys = model.apiKeys && keyTable({ virtualHost }, model.apiKeys.header);
  const gateway: EnvoyGateway = {
    manager,
    filters: manager.http_filters ?? [],
    virtualHost,
    routeConfiguration,
    clusters: Object.fromEntries((files["config/clusters.json"]?.resources ?? []).map((one: Json) => [one.name, one])),
    consumerOf: (key) => keys?.[sha256(key)],
    keyOf: madeUpKey,
  };
  observeFront(https, chain, model, files, o);
  o.same("host.only", "hostname", "config/routes.json", manager.rds?.config_source?.path_config_source?.path);
  o.same(
    "clientIp.trustedHops",
    "clientIp.trustedHops",
    [true, model.clientIp.trustedHops, "255.255.255.255/32"],
    [
      manager.use_remote_address,
      manager.xff_num_trusted_hops ?? 0,
      (manager.internal_address_config?.cidr_ranges ?? []).map((one: Json) => `${one.address_prefix}/${one.prefix_len}`).join(),
    ],
  );
  observeShape(gateway, model, o);
  observeHeaders(gateway, model, o);
  observeReplies(manager, model, o);
  observeTokens(gateway, model, o);
  if (model.tls.clientValidation) observeCertificateScript(gateway, o);
  observeRequests(gateway, model, probesOf(model), o);
  observeAddresses(gateway, model, o);
  observeRoutes(gateway, model, o);
  observeLimits(gateway, model, o);
  observeBackends(
    gateway,
    model,
    { authority: "authority", gateway: "gateway", client: (backend) => `client-${backend}`, publicRoots: isPublicRoots },
    o,
  );
  observeKeys(model, keys, o);
  observeRedirect(
    listeners.find(({ name }) => name === "http"),
    model,
    o,
  );
  const redirect = listeners.find(({ name }) => name === "http")?.filter_chains?.[0]?.filters?.[0]?.typed_config;
  if (redirect) observeReplies(redirect, model, o);
  observeLogs(manager, model, o);
  observeHost(plan, inputs, files, listeners, model, o);
  observeConfiguration(inputs, files, model, o);
  observeStack(plan, model, o);
}

/** Every field of Envoy's files is known and sound, and nothing else is written. */
function observeConfiguration(inputs: Json, files: Json, model: GatewayModel, o: Observations): void {
  const setting: Setting = { model, door: "first", secret: (name) => `config/secrets/${name}.json` };
  const controls: Readonly<Record<string, ControlId>> = {
    "config/clusters.json": "host.only",
    "config/listeners.json": "request.framing",
    "config/routes.json": "host.only",
  };
  observeGrammar(machineBootstrap, parsed(inputs.bootstrap ?? "{}"), "ddos.standard", "bootstrap", o);
  for (const [path, grammar] of Object.entries(machineFiles(setting)))
    observeGrammar(grammar, files[path], controls[path] ?? "host.only", path, o);
}

/** A bundle of the operating system, or the one written next to the configuration. */
const isPublicRoots = (file: string): boolean =>
  file === "config/public-roots.pem" || file === "public-roots.pem" || /^\/(etc|usr|opt)\/.*\.(pem|crt)$/.test(file);

function observeFront(listener: Json, chain: Json, model: GatewayModel, files: Json, o: Observations): void {
  const { tls } = model;
  const context = chain?.transport_socket?.typed_config;
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    `TLS ${tls.minimumVersion} or later with strong ciphers only`,
    String(context?.["@type"]).endsWith("DownstreamTlsContext") && tlsIsStrong(context, tls.minimumVersion),
  );
  o.same("tls.version", "tls.minimumVersion", 1, listener?.filter_chains?.length);
  o.sameSet("host.only", "hostname", [model.hostname], chain?.filter_chain_match?.server_names ?? []);
  o.holds(
    "host.only",
    "hostname",
    "the name is read from the handshake",
    (listener?.listener_filters ?? []).some(({ typed_config }: Json) => String(typed_config?.["@type"]).endsWith("TlsInspector")),
  );
  o.holds(
    "ddos.standard",
    "ddos",
    "handshakes and buffers are bounded",
    seconds(chain?.transport_socket_connect_timeout) <= 15 &&
      seconds(listener?.listener_filters_timeout) <= 10 &&
      listener?.per_connection_buffer_limit_bytes <= 65_536,
  );
  o.same(
    "host.only",
    "hostname",
    `${model.local.address}:${model.local.httpsPort}`,
    `${listener?.address?.socket_address?.address}:${listener?.address?.socket_address?.port_value}`,
  );
  const certificate = context?.common_tls_context?.tls_certificate_sds_secret_configs?.[0];
  const control = `tls.certificate.${tls.certificate.source}` as const;
  o.same(
    control,
    "tls.certificate",
    ["front", tls.certificate.source === "acme" ? "acme/front.json" : "config/secrets/front.json"],
    [certificate?.name, certificate?.sds_config?.path_config_source?.path],
  );
  const secret = files["config/secrets/front.json"]?.resources?.[0];
  const served = secret?.tls_certificate?.certificate_chain?.inline_string;
  if (tls.certificate.source === "imported") {
    const [leaf] = fingerprints(tls.certificate.fullchain.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/)?.[0]);
    o.same(control, "tls.certificate.fullchain", leaf, fingerprints(served)[0]);
  } else if (tls.certificate.source === "internal")
    o.holds(
      control,
      "tls.certificate",
      "the gateway's own certificate is served",
      /^\$\{[a-z0-9-]+-certificate\.chainPem\}$/.test(String(served)),
    );
  observeClientValidation(context, model, o);
}

function observeClientValidation(context: Json, { tls: { clientValidation } }: GatewayModel, o: Observations): void {
  const validation = context?.common_tls_context?.validation_context;
  if (clientValidation === undefined) return;
  const { mode, caCertificates, subjectAltNames, certificateHashes } = clientValidation;
  const control = mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  o.same(control, "tls.clientValidation.mode", mode === "Required", context?.require_client_certificate ?? false);
  o.same(
    control,
    "tls.clientValidation.caCertificates",
    fingerprints(caCertificates.join("\n")),
    fingerprints(validation?.trusted_ca?.inline_string),
  );
  o.holds(
    control,
    "tls.clientValidation.mode",
    "nothing switches verification off",
    validation?.trust_chain_verification === undefined && validation?.allow_expired_certificate !== true,
  );
  o.same(
    control,
    "tls.clientValidation.mode",
    [true, true],
    [context?.disable_stateless_session_resumption, context?.disable_stateful_session_resumption],
  );
  const names = (validation?.match_typed_subject_alt_names ?? []).map(
    ({ san_type, matcher }: Json) => `${san_type}:${matcher?.exact ?? JSON.stringify(matcher)}`,
  );
  o.sameSet(
    "tls.clientValidation.names",
    "tls.clientValidation.subjectAltNames",
    subjectAltNames.flatMap((name) => [`DNS:${name}`, `URI:${name}`]),
    names,
  );
  o.sameSet(
    "tls.clientValidation.hashes",
    "tls.clientValidation.certificateHashes",
    certificateHashes,
    validation?.verify_certificate_hash ?? [],
  );
}

/** Every consumer's keys and nobody else's. */
function observeKeys(model: GatewayModel, keys: Record<string, string> | undefined, o: Observations): void {
  if (model.apiKeys === undefined) return;
  const wanted = Object.values(model.consumers).flatMap(({ name, keepPreviousKey }) => [
    `${sha256(madeUpKey(name))}=${name}`,
    ...(keepPreviousKey ? [`${sha256(madeUpKey(name, "previous"))}=${name}`] : []),
  ]);
  o.sameSet(
    "require.apiKey",
    "consumers",
    wanted,
    Object.entries(keys ?? {}).map(([digest, consumer]) => `${digest}=${consumer}`),
  );
}

/** The proof of an ACME order (RFC 8555, section 8.3) is asked for over plain HTTP. */
const isChallenge = ({ match }: Json): boolean => JSON.stringify(match ?? {}).includes("acme-challenge/");

/** Plain HTTP is answered with a redirect to the same place, or not at all. */
function observeRedirect(listener: Json, model: GatewayModel, o: Observations): void {
  if (model.http === "refuse") {
    o.holds("http.refuse", "http", "nothing listens on plain HTTP", listener === undefined);
    return;
  }
  const manager = listener?.filter_chains?.[0]?.filters?.[0]?.typed_config;
  const hosts: Json[] = manager?.route_config?.virtual_hosts ?? [];
  const served = hosts.find(({ domains }) => domains?.includes(model.hostname));
  const redirect = served?.routes?.at(-1);
  o.same(
    "http.redirect",
    "http",
    [true, model.local.httpsPort, "PERMANENT_REDIRECT", "/"],
    [redirect?.redirect?.https_redirect, redirect?.redirect?.port_redirect, redirect?.redirect?.response_code, redirect?.match?.prefix],
  );
  o.same(
    "http.redirect",
    "http",
    [undefined, undefined, undefined],
    [redirect?.redirect?.host_redirect, redirect?.redirect?.path_redirect, redirect?.redirect?.strip_query],
  );
  for (const { domains, routes } of hosts)
    for (const entry of routes ?? [])
      o.holds(
        "http.redirect",
        "http",
        `nothing is forwarded over plain HTTP (${domains})`,
        isChallenge(entry) ||
          (entry.route === undefined && (entry.redirect?.https_redirect === true || entry.direct_response !== undefined)),
      );
  const other = hosts.find(({ domains }) => domains?.includes("*"));
  o.same(
    "host.only",
    "hostname",
    [421],
    (other?.routes ?? []).map((entry: Json) => entry.direct_response?.status),
  );
  o.sameSet("host.only", "hostname", [model.hostname], served?.domains ?? []);
  o.holds("http.redirect", "http", "only the router works there", manager?.http_filters?.length === 1);
}

/** What a log line may hold of a request: nothing that could carry a credential. */
const LOGGED =
  /^%(START_TIME|RESP\(x-request-id\)|REQ\(traceparent\)|DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT|DOWNSTREAM_TLS_VERSION|PROTOCOL|REQ\(:method\)|REQ\(:authority\)|REQ_WITHOUT_QUERY\(:path\)|ROUTE_NAME|RESPONSE_\w+|REQ\(x-gateway-(consumer|issuer|subject)\)|DOWNSTREAM_PEER_FINGERPRINT_256|BYTES_\w+|DURATION|UPSTREAM_\w+)/;

export function observeLogs(manager: Json, { observability: { accessLogs } }: GatewayModel, o: Observations): void {
  const [log, ...more] = (manager.access_log ?? []) as Json[];
  o.same("observe.accessLogs", "observability.accessLogs", accessLogs !== undefined, log !== undefined);
  if (log === undefined || accessLogs === undefined) return;
  const { headers = {}, ...fields } = log.typed_config?.log_format?.json_format ?? {};
  o.same("observe.accessLogs", "observability.accessLogs", 0, more.length);
  for (const [name, format] of Object.entries(fields))
    o.holds("observe.accessLogs", "observability.accessLogs", `${name} cannot hold a credential`, LOGGED.test(String(format)));
  for (const name of ["time", "requestId", "clientIp", "method", "path", "status", "route", "consumer", "subject"])
    o.holds("observe.accessLogs", "observability.accessLogs", `${name} is logged`, name in fields);
  o.same("observe.accessLogs", "observability.accessLogs", undefined, log.filter);
  o.sameSet(
    "observe.logHeaders",
    "observability.accessLogs.headers",
    accessLogs.headers.map((name) => `${name}=%REQ(${name})%`),
    Object.entries(headers).map(([name, format]) => `${name}=${format}`),
  );
}

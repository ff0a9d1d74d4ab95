import { X509Certificate } from "node:crypto";
import type { Backend, GatewayModel, Trust } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { seconds, tlsIsStrong } from "./front.ts";
import type { EnvoyGateway } from "./gateway.ts";

/** Where the gateway's own materials are: names of secrets, and which file holds the public roots. */
export interface Trusts {
  readonly authority: string;
  readonly gateway: string;
  readonly client: (backend: string) => string;
  readonly publicRoots: (filename: string) => boolean;
}

/** How backends and key servers are reached and verified. */
export function observeBackends({ clusters }: EnvoyGateway, model: GatewayModel, trusts: Trusts, o: Observations): void {
  for (const backend of Object.values(model.backends)) {
    const at = `backends.${backend.name}`;
    const cluster = clusters[`backend-${backend.name}`];
    o.holds(`backend.tls.${backend.tls.trust.kind}`, `${at}.tls`, "the backend has a cluster", cluster !== undefined);
    if (cluster === undefined) continue;
    const wanted = backend.network.type === "public" || backend.network.addresses.length === 0 ? [backend.host] : backend.network.addresses;
    const places: Json[] =
      cluster.load_assignment?.endpoints?.flatMap(({ lb_endpoints }: Json) =>
        lb_endpoints.map(({ endpoint }: Json) => endpoint.address?.socket_address),
      ) ?? [];
    const network = backend.network.type === "public" ? "host.only" : (`backend.${backend.network.type}` as const);
    o.sameSet(
      network,
      `${at}.url`,
      wanted.map((address) => `${address}:${backend.port}`),
      places.map((one) => `${one?.address}:${one?.port_value}`),
    );
    observeUpstreamTls(cluster, backend.tls.trust, backend.tls.serverName, `backend.tls.${backend.tls.trust.kind}`, `${at}.tls`, trusts, o);
    const secret = cluster.transport_socket?.typed_config?.common_tls_context?.tls_certificate_sds_secret_configs?.[0]?.name;
    const { clientCertificate } = backend.tls;
    const shown =
      clientCertificate === "none" ? undefined : clientCertificate === "internal" ? trusts.gateway : trusts.client(backend.name);
    o.same(
      clientCertificate === "internal" || clientCertificate === "none"
        ? "backend.clientCertificate.internal"
        : "backend.clientCertificate.imported",
      `${at}.tls.clientCertificate`,
      shown,
      secret,
    );
    o.same("route.timeout", `${at}.connectTimeout`, backend.connectTimeoutMs / 1000, seconds(cluster.connect_timeout));
    o.same("backend.healthCheck", `${at}.healthCheck`, 0, cluster.common_lb_config?.healthy_panic_threshold?.value);
    observeBreaker(backend, cluster, at, o);
    observeHealth(backend, cluster, at, o);
  }
  for (const { name, keys } of Object.values(model.jwtProviders)) {
    const cluster = clusters[`jwks-${name}`];
    if (keys.kind !== "remote" || cluster === undefined) continue;
    const control = keys.trust.kind === "public" ? "require.jwt" : "require.jwt.privateKeyServer";
    observeUpstreamTls(cluster, keys.trust, new URL(keys.uri).hostname, control, `jwt.providers.${name}.jwksUri`, trusts, o);
    const address = cluster.load_assignment?.endpoints?.[0]?.lb_endpoints?.[0]?.endpoint?.address?.socket_address;
    o.same(
      control,
      `jwt.providers.${name}.jwksUri`,
      `${new URL(keys.uri).hostname}:${new URL(keys.uri).port || 443}`,
      `${address?.address}:${address?.port_value}`,
    );
  }
}

function observeUpstreamTls(
  cluster: Json,
  trust: Trust,
  serverName: string,
  control: Parameters<Observations["same"]>[0],
  at: string,
  trusts: Trusts,
  o: Observations,
): void {
  const context = cluster.transport_socket?.typed_config;
  o.holds(
    control,
    at,
    "the backend is spoken to over TLS 1.2 or later with strong ciphers",
    String(context?.["@type"]).endsWith("tls.v3.UpstreamTlsContext") && tlsIsStrong(context, "1.2"),
  );
  o.same(serverNameControl(control), `${at}.serverName`, serverName, context?.sni);
  const common = context?.common_tls_context ?? {};
  const own = common.validation_context;
  const names = (validation: Json) =>
    (validation?.match_typed_subject_alt_names ?? []).map(
      ({ san_type, matcher }: Json) => `${san_type}:${matcher?.exact ?? JSON.stringify(matcher)}`,
    );
  o.holds(
    control,
    at,
    "nothing switches verification off",
    own?.trust_chain_verification === undefined || own.trust_chain_verification === "VERIFY_TRUST_CHAIN",
  );
  switch (trust.kind) {
    case "public":
      o.holds(
        control,
        at,
        "verified against the public roots",
        trusts.publicRoots(String(own?.trusted_ca?.filename ?? own?.trusted_ca?.inline_string)),
      );
      o.sameSet(control, `${at}.serverName`, [`DNS:${serverName}`], names(own));
      return;
    case "ca":
      o.same(control, `${at}.caCertificates`, fingerprints(trust.caCertificates.join("\n")), fingerprints(own?.trusted_ca?.inline_string));
      o.sameSet(control, `${at}.serverName`, [`DNS:${serverName}`], names(own));
      return;
    case "internal": {
      const combined = common.combined_validation_context;
      o.same(control, at, trusts.authority, combined?.validation_context_sds_secret_config?.name);
      o.sameSet(control, `${at}.serverName`, [`DNS:${serverName}`], names(combined?.default_validation_context));
      return;
    }
    case "pinned":
      o.same(control, `${at}.certificate`, fingerprints(trust.certificate), fingerprints(own?.trusted_ca?.inline_string));
      o.sameSet(control, `${at}.certificate`, fingerprints(trust.certificate), own?.verify_certificate_hash ?? []);
      return;
    case "unverified":
      o.holds(control, at, "the document gives up verification here, and nowhere else", true);
  }
}

const serverNameControl = (control: Parameters<Observations["same"]>[0]): Parameters<Observations["same"]>[0] =>
  control.startsWith("backend.") ? "backend.tls.serverName" : control;

/** SHA-256 of every certificate of a PEM text, sorted. */
export function fingerprints(pem: unknown): string[] {
  const found = String(pem ?? "").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.map((one) => new X509Certificate(one).fingerprint256.replaceAll(":", "").toLowerCase()).sort();
}

function observeBreaker({ circuitBreaker }: Backend, cluster: Json, at: string, o: Observations): void {
  if (circuitBreaker === undefined) return;
  const path = `${at}.circuitBreaker`;
  const threshold = cluster.circuit_breakers?.thresholds?.[0];
  for (const name of ["max_requests", "max_connections", "max_pending_requests"])
    o.atMost("backend.circuitBreaker", `${path}.maxRequests`, circuitBreaker.maxRequests, threshold?.[name]);
  const ejection = cluster.outlier_detection;
  o.same(
    "backend.circuitBreaker",
    `${path}.consecutiveErrors`,
    [circuitBreaker.consecutiveErrors, 100, 100],
    [ejection?.consecutive_5xx, ejection?.enforcing_consecutive_5xx, ejection?.max_ejection_percent],
  );
  const time = circuitBreaker.ejectionTimeMs / 1000;
  o.same(
    "backend.circuitBreaker",
    `${path}.ejectionTime`,
    [time, time],
    [seconds(ejection?.base_ejection_time), seconds(ejection?.max_ejection_time)],
  );
  o.same("backend.circuitBreaker", path, 1, seconds(ejection?.interval));
  o.same("backend.circuitBreaker", path, false, ejection?.successful_active_health_check_uneject_host);
}

function observeHealth({ healthCheck, basePath }: Backend, cluster: Json, at: string, o: Observations): void {
  if (healthCheck === undefined) return;
  const check = cluster.health_checks?.[0];
  o.same(
    "backend.healthCheck",
    `${at}.healthCheck`,
    [`${basePath}${healthCheck.path}`, healthCheck.intervalMs / 1000],
    [check?.http_health_check?.path, seconds(check?.interval)],
  );
  o.holds(
    "backend.healthCheck",
    `${at}.healthCheck`,
    "an endpoint that fails is taken out",
    Number(check?.unhealthy_threshold) <= 3 && seconds(check?.timeout) <= healthCheck.intervalMs / 1000,
  );
}

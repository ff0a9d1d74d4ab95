import { PlainSecret } from "../../../automation/plan/recorder.ts";
import type { GatewayModel } from "../../../components/spec/model.ts";
import { milliseconds } from "../../../components/spec/resolve/units.ts";
import { type OpenPlan, withSecrets } from "../../open-plan.ts";
import type { Observations } from "../../verdicts.ts";
import {
  certificates,
  either,
  elements,
  type Grammar,
  is,
  json,
  list,
  maybe,
  nothing,
  number,
  object,
  observeGrammar,
  privateKey,
  sequence,
  text,
} from "../grammar.ts";
import type { Json } from "../json.ts";

const DAY = 86_400_000;
const GENERATION = number(1, 1000);
const from = (resource: string, output: string) => is(`\${${resource}.${output}}`);

/** Resources around Envoy, and what has to be in each: nothing there that no reader knows, and nothing left out. */
export function observeStack(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const types = resourceTypes(model);
  for (const { type, name, inputs } of plan.resources) {
    const suffix = name.slice(model.name.length + 1);
    const grammar = types[type]?.(suffix);
    if (grammar) observeGrammar(grammar, withSecrets(inputs), CONTROL[type] ?? "host.only", name, o);
    else if (type.startsWith("localgateway:")) o.holds("host.only", name, "no reader knows this resource", false);
  }
  const host = plan.resources.find(({ type }) => type === "localgateway:index:Host");
  for (const field of ["files", "services"])
    o.holds("tls.certificate.internal", "host", `${field} hold keys and are secret`, host?.inputs[field] instanceof PlainSecret);
  observeTogether(plan, model, o);
}

const CONTROL = {
  "localgateway:index:ApiKeys": "require.apiKey",
  "localgateway:index:SigningKey": "require.jwt",
  "localgateway:index:Certificate": "tls.certificate.internal",
  "localgateway:index:CertificateAuthority": "backend.tls.internal",
  "localgateway:index:IntermediateAuthority": "backend.tls.internal",
} as const as Readonly<Record<string, "require.apiKey" | "require.jwt" | "tls.certificate.internal" | "backend.tls.internal" | undefined>>;

/** What is used has to be made: each kind as often as the document needs it. */
function observeTogether(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const made = (type: string) => plan.resources.filter((one) => one.type === `localgateway:index:${type}`).map(({ name }) => name);
  o.same("host.only", "local", [`${model.name}-host`], made("Host"));
  const issuer = model.local.issuer === undefined ? [] : [`${model.name}-signing-key`];
  o.same("require.jwt", "local.issuer", issuer, made("SigningKey"));
  const keys = Object.keys(model.consumers).length > 0 && model.apiKeys ? [`${model.name}-api-keys`] : [];
  o.same("require.apiKey", "consumers", keys, made("ApiKeys"));
}

function resourceTypes(model: GatewayModel): Readonly<Record<string, (suffix: string) => Grammar>> {
  const consumers = Object.values(model.consumers);
  return {
    "localgateway:index:ApiKeys": () =>
      object({
        consumers: object(
          Object.fromEntries(
            consumers.map(({ name, keyGeneration, keepPreviousKey }) => [
              name,
              is({ generation: keyGeneration, keepPrevious: keepPreviousKey }),
            ]),
          ),
        ),
      }),
    "localgateway:index:SigningKey": () => object({ algorithm: algorithmOf(model), generation: GENERATION }),
    "localgateway:index:CertificateAuthority": () =>
      object({
        commonName: is(`${model.name} internal authority`),
        generation: is(model.internal?.authority.generation ?? 1),
        rollover: is(model.internal?.authority.rollover ?? "switch"),
        validityDays: number(365, 3650),
      }),
    "localgateway:index:IntermediateAuthority": () =>
      object({
        rootCertificatePem: from(`${model.name}-authority`, "certificatePem"),
        rootPrivateKeyPem: from(`${model.name}-authority`, "privateKeyPem"),
        commonName: text(),
        generation: is(model.internal?.authority.intermediate?.generation ?? 1),
        validityDays: number(1, 3650),
        crlUris: maybe(list(text(/^http:\/\//))),
      }),
    "localgateway:index:Certificate": (suffix) => certificate(model, suffix),
    "localgateway:index:Host": () => host(model),
  };
}

/** The stack's own issuer signs with what its provider accepts. */
const algorithmOf = ({ jwtProviders, local }: GatewayModel): Grammar =>
  is(jwtProviders[local.issuer?.provider ?? ""]?.algorithms.find((one) => one === "RS256" || one === "ES256"));

/** For whom, for what, how long, signed by whom: no certificate says more than its holder is. */
function certificate(model: GatewayModel, suffix: string): Grammar {
  const { internal, tls, hostname } = model;
  const signer = `${model.name}-${internal?.authority.intermediate ? "intermediate" : "authority"}`;
  const service = suffix.startsWith("service-") ? suffix.slice("service-".length) : undefined;
  const front = suffix === "certificate";
  const port = model.local.httpPort === 80 ? "" : `:${model.local.httpPort}`;
  const revocation = front && model.http === "redirect" ? [`http://${hostname}${port}/.well-known/gateway-authority.crl`] : [];
  const declared = service === undefined ? undefined : internal?.services[service];
  const own = declared?.keyGeneration ?? 1;
  const validity =
    front && tls.certificate.source === "internal"
      ? tls.certificate.validityMs
      : service === undefined
        ? 90 * DAY
        : (internal?.validityMs ?? 90 * DAY);
  const names =
    service === undefined
      ? front
        ? [hostname]
        : []
      : [...new Set([...(model.local.services[service]?.names ?? []), ...(declared?.dnsNames ?? [])])];
  return object({
    authorityCertificatePem: from(signer, "certificatePem"),
    authorityPrivateKeyPem: from(signer, "privateKeyPem"),
    commonName: is(front ? hostname.slice(0, 64) : (service ?? `${model.name} gateway`)),
    crlUris: is(revocation),
    dnsNames: elements(...names),
    ipAddresses: service === undefined ? is([]) : elements(...new Set(["127.0.0.1", "::1", ...(declared?.ipAddresses ?? [])])),
    uris: is(front ? [] : [service === undefined ? `spiffe://${hostname}/gateway` : `spiffe://${hostname}/service/${service}`]),
    usages: is(service === undefined ? [front ? "server" : "client"] : ["server", "client"]),
    validityMs: is(validity),
    issueGeneration: is(internal?.generation ?? 1),
    keyGeneration: is(own + (internal?.keyGeneration ?? 1) - 1),
  });
}

/** The processes on this machine. */
function host(model: GatewayModel): Grammar {
  const { local, tls, observability } = model;
  const known = { "0.0.0.0": "127.0.0.1", "::": "::1" }[local.address] ?? local.address;
  const address = known.includes(":") ? `[${known}]` : known;
  const listeners = [
    `${address}:${local.httpsPort}`,
    ...(model.http === "redirect" ? [`${address}:${local.httpPort}`] : []),
    `127.0.0.1:${local.adminPort}`,
  ];
  const fields = object({
    directory: text(/^\//),
    bootstrap: text(),
    files: filesOf(model),
    // What is referred to is written before what refers to it: roots and keys, then clusters, listeners, and routes last.
    writeOrder: writeOrder(),
    workers: is(local.workers ?? 0),
    adminSocket: is("run/admin.sock"),
    listeners: is(listeners),
    drainMs: is(milliseconds(local.drainTime)),
    services: object(Object.fromEntries(Object.keys(local.services).map((name) => [name, service(model, name)]))),
    quotas: list(object({ consumer: is(...Object.keys(model.consumers)), per: is("day", "week", "month"), requests: number(1, 1e12) }), 0),
    logRetentionDays: is(observability.accessLogs?.retentionDays ?? 0),
    acme:
      tls.certificate.source === "acme"
        ? object({
            directoryUrl: is(tls.certificate.directoryUrl),
            email: is(tls.certificate.email),
            names: is([model.hostname]),
            keyType: is(tls.certificate.keyType),
            caCertificates: is(tls.certificate.caCertificates),
            issue: GENERATION,
          })
        : nothing,
  });
  return (value, at, say) => {
    fields(value, at, say);
    const paths = Object.keys(value?.files instanceof PlainSecret ? value.files.value : (value?.files ?? {})).sort();
    if (paths.join() !== [...(value?.writeOrder ?? [])].sort().join()) say(`${at}.writeOrder`, `every file once: ${paths.join(", ")}`);
  };
}

/** A key pair in one file, so that both change in one step. */
const pair = (name: string, chain: Grammar, key: Grammar): Grammar =>
  object({
    resources: sequence(
      object({
        "@type": is("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret"),
        name: is(name),
        tls_certificate: object({
          certificate_chain: object({ inline_string: chain }),
          private_key: object({ inline_string: key }),
        }),
      }),
    ),
  });

/** The files next to Envoy: what is in the three of its configuration is read elsewhere. */
function filesOf(model: GatewayModel): Grammar {
  const { name } = model;
  const secrets: Record<string, Grammar> = {};
  const internal = model.tls.certificate.source === "internal";
  if (internal) secrets.front = pair("front", from(`${name}-certificate`, "chainPem"), from(`${name}-certificate`, "privateKeyPem"));
  if (model.tls.certificate.source === "imported") secrets.front = pair("front", certificates, privateKey);
  const backends = Object.values(model.backends);
  for (const { name: backend, tls } of backends)
    if (typeof tls.clientCertificate !== "string") secrets[`client-${backend}`] = pair(`client-${backend}`, certificates, privateKey);
  if (backends.some(({ tls }) => tls.clientCertificate === "internal"))
    secrets.gateway = pair(
      "gateway",
      from(`${name}-gateway-certificate`, "chainPem"),
      from(`${name}-gateway-certificate`, "privateKeyPem"),
    );
  const trusted =
    backends.some(({ tls }) => tls.trust.kind === "internal") ||
    Object.values(model.jwtProviders).some(({ keys }) => keys.kind === "remote" && keys.trust.kind === "internal");
  if (trusted)
    secrets.authority = object({
      resources: is([
        {
          "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret",
          name: "authority",
          validation_context: { trusted_ca: { inline_string: `\${${name}-authority.bundlePem}` } },
        },
      ]),
    });
  return object({
    ...Object.fromEntries(Object.entries(secrets).map(([secret, grammar]) => [`config/secrets/${secret}.json`, json(grammar)])),
    "config/clusters.json": text(),
    "config/listeners.json": text(),
    "config/routes.json": text(),
    "config/public-roots.pem": maybe(certificates),
    // The roots clients are given to trust.
    "authority.pem": internal ? from(`${name}-authority`, "bundlePem") : maybe(from(`${name}-authority`, "bundlePem")),
  });
}

/** Secrets and roots first, the routes last: a route never stands before its cluster. */
const writeOrder = (): Grammar => (value, at, say) => {
  list(text(/^(config\/(secrets\/)?[\w.-]+|authority\.pem)$/), 3)(value, at, say);
  const order = (Array.isArray(value) ? value : []).map((path: Json) =>
    /secrets|\.pem$/.test(path) ? 0 : ["config/clusters.json", "config/listeners.json", "config/routes.json"].indexOf(path) + 1,
  );
  const config = order.filter((one: number) => one > 0);
  if (config.join() !== "1,2,3") say(at, "clusters, listeners and routes in this order");
};

/** A service next to the gateway: its own certificate and key, and who may call it. */
function service(model: GatewayModel, name: string): Grammar {
  const { local, internal, jwtProviders, hostname } = model;
  const declared = local.services[name];
  const file = (own: string): Grammar => text(new RegExp(`^/.*/services/${name}/${own.replaceAll(".", "[.]")}$`));
  const callers = (internal?.services[name]?.callers ?? ["gateway"]).map((one) =>
    one === "gateway" ? `spiffe://${hostname}/gateway` : (internal?.services[one]?.identity ?? `spiffe://${hostname}/service/${one}`),
  );
  const provider = jwtProviders[local.issuer?.provider ?? ""];
  const issuer: Record<string, Grammar> = {
    ISSUER_KEY_FILE: file("issuer-key.pem"),
    ISSUER_JWKS_FILE: file("issuer-jwks.json"),
    ISSUER_URL: is(provider?.issuer),
    ISSUER_AUDIENCE: is(provider?.audiences[0]),
  };
  const environment = {
    ...Object.fromEntries(Object.entries(declared?.env ?? {}).map(([key, value]) => [key, is(value)])),
    PORT: is(String(declared?.port)),
    TLS_CERT_FILE: file("tls.crt"),
    TLS_KEY_FILE: file("tls.key"),
    TLS_CA_FILE: file("tls-ca.crt"),
    TLS_ALLOWED_CALLERS: is(callers.join(",")),
  };
  const own = `${model.name}-service-${name}`;
  const files = {
    "tls.crt": from(own, "chainPem"),
    "tls.key": from(own, "privateKeyPem"),
    "tls-ca.crt": from(`${model.name}-authority`, "bundlePem"),
  };
  const signing = `${model.name}-signing-key`;
  return object({
    command: is(declared?.command),
    cwd: text(),
    env: either(object(environment), object({ ...environment, ...issuer })),
    files: either(
      object(files),
      object({ ...files, "issuer-key.pem": from(signing, "privateKeyPem"), "issuer-jwks.json": from(signing, "jwks") }),
    ),
    port: is(declared?.port),
    onFileChange: declared?.onFileChange === undefined ? nothing : is(declared.onFileChange),
  });
}

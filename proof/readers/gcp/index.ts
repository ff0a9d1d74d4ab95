import { PlainSecret } from "../../../automation/plan/recorder.ts";
import type { GatewayModel, RateLimit } from "../../../components/spec/model.ts";
import type { OpenPlan } from "../../open-plan.ts";
import { probesOf } from "../../requests.ts";
import type { Observations, Outcome } from "../../verdicts.ts";
import { observeBackends } from "../envoy/backends.ts";
import { observeHeaders, observeShape } from "../envoy/front.ts";
import { decide, type EnvoyGateway, filterOf, observeAddresses, tokenProbes } from "../envoy/gateway.ts";
import { sha256 } from "../envoy/rbac.ts";
import { observeReplies } from "../envoy/replies.ts";
import { observeRoutes } from "../envoy/routes.ts";
import { keyTable, observeTokens } from "../envoy/tokens.ts";
import { type Json, parsed } from "../json.ts";
import { observeLogs } from "../local/index.ts";
import { Resources } from "../resources.ts";
import { ROUTE_LIMITS } from "../route-limits.ts";
import { armorDecides, ruleMatches } from "./armor.ts";
import { decideAtEndpoints, observeDefinition } from "./endpoints.ts";
import { observeFront } from "./front.ts";
import { observePlatform } from "./platform.ts";
import { observeStack } from "./stack/index.ts";

/** Reads a Google Cloud gateway back from its plan: load balancer, Cloud Armor, the Endpoints definition, ESPv2's flags, Envoy behind it. */
export function readGcp(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const resources = new Resources(plan);
  const policy = resources.of("gcp:compute/securityPolicy:SecurityPolicy")[0]?.inputs;
  const definition = parsed(resources.of("gcp:endpoints/service:Service")[0]?.inputs.openapiConfig ?? "{}");
  const config = envoyConfig(resources);
  const manager = config.static_resources?.listeners?.[0]?.filter_chains?.[0]?.filters?.[0]?.typed_config ?? {};
  const routeConfiguration = manager.route_config ?? {};
  const virtualHost = routeConfiguration.virtual_hosts?.find(({ domains }: Json) => !domains?.includes("*")) ?? {};
  const keys = model.apiKeys && keyTable({ virtualHost }, model.apiKeys.header);
  const gateway: EnvoyGateway = {
    manager,
    filters: manager.http_filters ?? [],
    virtualHost,
    routeConfiguration,
    clusters: Object.fromEntries((config.static_resources?.clusters ?? []).map((one: Json) => [one.name, one])),
    consumerOf: (key) => keys?.[sha256(key)],
    keyOf: (consumer) => keyReference(resources, consumer),
    headersFor: ({ certificate = [] }) => certificateHeaders(certificate, model.tls.clientValidation?.certificateHashes[0]),
  };
  const probes = probesOf(model);
  for (const { control, path, what, request, expected } of [...probes, ...tokenProbes(model, probes)]) {
    const before = armorDecides(policy, {
      path: request.path,
      method: request.method,
      address: request.address,
      headers: { host: model.hostname },
    });
    const endpoints = before === "passed" ? decideAtEndpoints(definition, request) : before;
    const found: Outcome = endpoints === "forwarded" ? decide(gateway, model, withoutRequired(model, request)) : endpoints;
    o.request(control, path, expected, found, what);
  }
  observeDefinition(definition, model, o);
  observeFront(resources, model, policy, o);
  observeShape(gateway, model, o);
  observeHeaders(gateway, model, o);
  observeReplies(manager, model, o);
  observeTokens(gateway, model, o);
  if (Object.keys(model.access.allowCidrs).length + model.access.denyCidrs.length > 0 && filterOf(gateway, "gateway.access"))
    observeAddresses(gateway, model, o);
  observeRoutes(gateway, model, o);
  observeBackends(
    gateway,
    model,
    {
      authority: "authority",
      gateway: "gateway",
      client: (backend) => `client-${backend}`,
      publicRoots: (file) => /^\/etc\/ssl\/|ca-certificates/.test(file),
    },
    o,
  );
  observeLimits(policy, model, o);
  observeKeys(resources, model, keys, o);
  observeCertificates(gateway, model, o);
  observeLogs(manager, model, o);
  observePlatform(resources, config, manager, model, o);
  observeSecrets(plan, model, o);
  observeStack(plan, resources, config, definition, model, o);
}

/** What holds a key, or digests of keys, is a secret of the stack's state too. */
function observeSecrets(plan: OpenPlan, model: GatewayModel, o: Observations): void {
  const secret = (name: string, value: unknown) => o.holds("require.any", name, "held as a secret", value instanceof PlainSecret);
  for (const { type, name, inputs } of plan.resources) {
    if (type === "gcp:secretmanager/secretVersion:SecretVersion") secret(name, inputs.secretData);
    if (type === "kubernetes:core/v1:Secret") secret(name, inputs.stringData);
    if (type === "gcp:compute/vPNTunnel:VPNTunnel") secret(name, inputs.sharedSecret);
    if (type === "gcp:storage/bucketObject:BucketObject") secret(name, inputs.content);
    // The key of a certificate the stack issues is an output of the tls provider, which marks it secret itself.
    const { selfManaged } = inputs as { readonly selfManaged?: { readonly pemPrivateKey?: unknown } };
    if (type === "gcp:certificatemanager/certificate:Certificate" && selfManaged && model.tls.certificate.source === "imported")
      secret(name, selfManaged instanceof PlainSecret ? selfManaged : selfManaged.pemPrivateKey);
  }
}

/** The configuration the container is started with. */
function envoyConfig(resources: Resources): Json {
  const object = resources.of("gcp:storage/bucketObject:BucketObject")[0]?.inputs;
  const map = resources.of("kubernetes:core/v1:ConfigMap")[0]?.inputs.data ?? {};
  return parsed(object?.content ?? Object.values(map)[0] ?? "{}");
}

/** A connection has been verified at the load balancer; what Envoy sees of it are headers. */
const withoutRequired = (_model: GatewayModel, request: Parameters<typeof decide>[2]) => request;

/** What the load balancer writes about a client certificate: names in base64, joined by commas. */
function certificateHeaders(names: readonly string[], hash = "00"): Record<string, string> {
  const encoded = (kept: readonly string[]) => kept.map((name) => Buffer.from(name).toString("base64")).join(",");
  return {
    "x-edge-client-cert-dns": encoded(names.filter((name) => !name.includes("://"))),
    "x-edge-client-cert-uri": encoded(names.filter((name) => name.includes("://"))),
    ...(names.length === 0 ? {} : { "x-edge-client-cert-sha256": Buffer.from(hash, "hex").toString("base64") }),
  };
}

function keyReference(resources: Resources, consumer: string): string {
  const own = resources.of("gcp:projects/apiKey:ApiKey").filter(({ name }) => name.includes(`-key-${consumer}-`));
  const newest = own.sort((a, b) => Number(/(\d+)$/.exec(b.name)?.[1]) - Number(/(\d+)$/.exec(a.name)?.[1]))[0];
  return newest === undefined ? "a key nobody was given" : ["$", `{${newest.name}.keyString}`].join("");
}

function observeKeys(resources: Resources, model: GatewayModel, keys: Record<string, string> | undefined, o: Observations): void {
  if (model.apiKeys === undefined) return;
  const registered = resources.of("gcp:projects/apiKey:ApiKey");
  const service = resources.of("gcp:endpoints/service:Service")[0]?.inputs.serviceName;
  const wanted = Object.values(model.consumers).flatMap(({ name, keyGeneration, keepPreviousKey }) => [
    `${name} ${keyGeneration}`,
    ...(keepPreviousKey && keyGeneration > 1 ? [`${name} ${keyGeneration - 1}`] : []),
  ]);
  o.sameSet(
    "require.apiKey",
    "consumers",
    wanted,
    registered.map(({ name }) => name.replace(`${model.name}-key-`, "").replace(/-(\d+)$/, " $1")),
  );
  for (const { name, inputs } of registered)
    o.same(
      "require.apiKey",
      name,
      [service],
      (inputs.restrictions?.apiTargets ?? []).map((one: Json) => one.service),
    );
  o.sameSet(
    "require.apiKey",
    "consumers",
    registered.map(
      ({ name }) => `${sha256(["$", `{${name}.keyString}`].join(""))}=${name.replace(`${model.name}-key-`, "").replace(/-\d+$/, "")}`,
    ),
    Object.entries(keys ?? {}).map(([digest, consumer]) => `${digest}=${consumer}`),
  );
}

/** Names and fingerprints are judged behind the load balancer, which has judged the chain. */
function observeCertificates(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const { subjectAltNames = [], certificateHashes = [] } = model.tls.clientValidation ?? {};
  const hashes = filterOf(gateway, "gateway.client-certificate-hashes")?.rules?.policies?.declared?.principals?.[0]?.or_ids?.ids ?? [];
  o.sameSet(
    "tls.clientValidation.hashes",
    "tls.clientValidation.certificateHashes",
    certificateHashes.map((hash) => Buffer.from(hash, "hex").toString("base64")),
    hashes.map(({ header }: Json) => header?.string_match?.exact),
  );
  if (certificateHashes.length > 0)
    o.same(
      "tls.clientValidation.hashes",
      "tls.clientValidation.certificateHashes",
      "ALLOW",
      filterOf(gateway, "gateway.client-certificate-hashes")?.rules?.action,
    );
  if (subjectAltNames.length === 0) return;
  for (const [name, passes] of [
    ...subjectAltNames.map((one) => [one, true] as const),
    ["other.example.com", false] as const,
    ["spiffe://other/x", false] as const,
  ]) {
    const rules = filterOf(gateway, "gateway.client-certificate-names")?.rules;
    const headers = certificateHeaders([name]);
    const matched = (rules?.policies?.declared?.principals ?? []).some(
      ({ header }: Json) => header && new RegExp(`^(?:${header.string_match?.safe_regex?.regex})$`).test(headers[header.name] ?? ""),
    );
    o.holds(
      "tls.clientValidation.names",
      "tls.clientValidation.subjectAltNames",
      `a certificate for ${name} ${passes ? "passes" : "does not"}`,
      rules?.action === "ALLOW" && matched === passes,
    );
  }
}

const KEYS: Readonly<Record<string, string>> = { gateway: "ALL", clientIp: "IP", header: "HTTP_HEADER", consumer: "HTTP_HEADER" };

/** Throttles: counted in windows, so that within any of them no more pass than the bucket would give. */
/** True when a rule counts every request from these ranges. */
const counts = ({ match }: Json, ranges: readonly string[]): boolean => {
  const counted = (match.config?.srcIpRanges ?? []) as string[];
  return counted.includes("*") || (ranges.length > 0 && ranges.every((range) => counted.includes(range)));
};

function observeLimits(policy: Json, model: GatewayModel, o: Observations): void {
  const throttles = ((policy?.rules ?? []) as Json[]).filter(({ action }) => action === "throttle");
  const holds = (limit: RateLimit, matches: (rule: Json) => boolean): boolean =>
    throttles.some((rule) => {
      const options = rule.rateLimitOptions ?? {};
      const { count, intervalSec } = options.rateLimitThreshold ?? {};
      const key = limit.key.kind === "header" ? limit.key.header : limit.key.kind === "consumer" ? model.apiKeys?.header : undefined;
      // Two windows can lie next to each other: twice the count has to fit into what the bucket gives in that time.
      const most = limit.burst + (limit.requests * intervalSec * 1000) / limit.periodMs;
      return (
        matches(rule) &&
        options.enforceOnKey === KEYS[limit.key.kind] &&
        options.enforceOnKeyName === key &&
        options.exceedAction === "deny(429)" &&
        options.conformAction === "allow" &&
        rule.preview !== true &&
        2 * count <= most * 1.1 &&
        count >= Math.min(1, limit.burst)
      );
    });
  for (const limit of model.rateLimits)
    o.holds(
      limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp",
      limit.path,
      JSON.stringify(limit),
      // Everyone, or everyone who is admitted.
      model.access.allowCidrs.length === 0 || limit.key.kind !== "clientIp"
        ? holds(limit, (rule) => counts(rule, model.access.allowCidrs))
        : model.access.allowCidrs.every((range) => holds(limit, (rule) => counts(rule, [range]))),
    );
  for (const route of model.routes)
    for (const limit of route.rateLimits)
      for (const method of route.methods) {
        const path = `/${route.path.segments.map((segment) => ("literal" in segment ? segment.literal : "a")).join("/")}${route.path.kind === "prefix" ? "/b" : route.path.trailingSlash ? "/" : ""}`;
        o.holds(
          ROUTE_LIMITS[limit.key.kind],
          limit.path,
          `${method} ${JSON.stringify(limit)}`,
          holds(limit, (rule) => ruleMatches(rule, { path, method })),
        );
      }
}

import { hstsOf } from "../../envoy/grammar/filters.ts";
import { either, elements, type Grammar, is, list, maybe, nothing, number, object, sequence, text } from "../../grammar.ts";
import type { Json } from "../../json.ts";
import { certificateRoles } from "./certificates.ts";
import type { Place, Role, Roles } from "./roles.ts";

/** The load balancer: from the address to the backend, each part leads to the next of the same stack. */
export function frontRoles(place: Place): Roles {
  const { model, name, project, output } = place;
  const redirect = model.http === "redirect";
  const own = (suffix: string): Record<string, Grammar> => ({ name: is(`${name}-${suffix}`), project: is(project) });
  const part = (type: string, fields: Record<string, Grammar>, needed = true): Role => ({
    type,
    needed,
    control: "host.only",
    grammar: object(fields),
  });
  const rule = (port: string, target: string, needed = true): Role =>
    part(
      "gcp:compute/globalForwardingRule:GlobalForwardingRule",
      {
        ...own(target),
        ipAddress: is(output("address", "id")),
        loadBalancingScheme: is("EXTERNAL_MANAGED"),
        portRange: is(port),
        target: is(output(target, "id")),
      },
      needed,
    );
  const clients = model.tls.clientValidation;
  const cluster = model.gcp.flavour === "gke" ? model.gcp.gke : undefined;
  return {
    address: part("gcp:compute/globalAddress:GlobalAddress", { ...own("address"), ipVersion: is("IPV4") }),
    "https-rule": rule("443", "https"),
    "http-rule": rule("80", "http", redirect),
    https: part("gcp:compute/targetHttpsProxy:TargetHttpsProxy", {
      ...own("https"),
      urlMap: is(output("urls", "id")),
      certificateMap: is(`//certificatemanager.googleapis.com/${output("certificates", "id")}`),
      sslPolicy: is(output("tls", "id")),
      serverTlsPolicy: clients ? is(output("client-certificates", "id")) : nothing,
    }),
    http: part("gcp:compute/targetHttpProxy:TargetHttpProxy", { ...own("http"), urlMap: is(output("redirect", "id")) }, redirect),
    urls: part("gcp:compute/uRLMap:URLMap", { ...own("urls"), defaultService: is(output("backend", "id")) }),
    redirect: part(
      "gcp:compute/uRLMap:URLMap",
      {
        ...own("redirect"),
        defaultUrlRedirect: is({
          hostRedirect: model.hostname,
          httpsRedirect: true,
          redirectResponseCode: "PERMANENT_REDIRECT",
          stripQuery: false,
        }),
      },
      redirect,
    ),
    tls: part("gcp:compute/sSLPolicy:SSLPolicy", {
      ...own("tls"),
      minTlsVersion: is(model.tls.minimumVersion === "1.3" ? "TLS_1_3" : "TLS_1_2"),
      profile: is("RESTRICTED"),
    }),
    backend: part("gcp:compute/backendService:BackendService", {
      ...own("backend"),
      protocol: is("HTTPS"),
      loadBalancingScheme: is("EXTERNAL_MANAGED"),
      securityPolicy: is(output("firewall", "id")),
      ...(cluster ? groupsOf(place, cluster) : { backends: is([{ group: output("group", "id") }]) }),
      // Written anew for each request; what a client sends under these names is refused before.
      customRequestHeaders: elements(
        "x-edge-client-ip: {client_ip_address}",
        ...(clients
          ? [
              "x-edge-client-cert: {client_cert_leaf}",
              "x-edge-client-cert-sha256: {client_cert_sha256_fingerprint}",
              "x-edge-client-cert-dns: {client_cert_dnsname_sans}",
              "x-edge-client-cert-uri: {client_cert_uri_sans}",
            ]
          : []),
      ),
      customResponseHeaders: is([`strict-transport-security: ${hstsOf(model)}`]),
      // Its log has whole URLs, which may hold secrets; Envoy logs without.
      logConfig: is({ enable: false }),
    }),
    group: part(
      "gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup",
      {
        ...own("gateway"),
        region: is(place.region),
        networkEndpointType: is("SERVERLESS"),
        cloudRun: is({ service: `${name}-gateway` }),
      },
      cluster === undefined,
    ),
    firewall: part("gcp:compute/securityPolicy:SecurityPolicy", {
      ...own("firewall"),
      type: is("CLOUD_ARMOR"),
      rules: rules(place),
      // Bodies of JSON are parsed, so that the maintained rules see their values; denied requests are logged without the body.
      advancedOptionsConfig: is({ jsonParsing: "STANDARD", logLevel: "NORMAL" }),
      adaptiveProtectionConfig:
        model.ddos === "advanced" ? is({ layer7DdosDefenseConfig: { enable: true, ruleVisibility: "STANDARD" } }) : nothing,
    }),
    ...certificateRoles(place),
  };
}

/** The pods of every zone, asked for their health, and given longer than the slowest route. Cloud Run has neither: a service is one group. */
function groupsOf({ model, name, project, output }: Place, { zones }: { readonly zones: readonly string[] }): Record<string, Grammar> {
  const slowest = Math.max(...model.routes.map(({ timeoutMs }) => timeoutMs)) / 1000;
  const groups = `https://www.googleapis.com/compute/v1/projects/${project}/zones`;
  return {
    backends: sequence(
      ...zones.map((zone) =>
        object({
          group: is(`${groups}/${zone}/networkEndpointGroups/${name}-gateway`),
          balancingMode: is("RATE"),
          // What a load balancer counts as full; requests above it are shared out all the same.
          maxRatePerEndpoint: number(1, 1_000_000),
        }),
      ),
    ),
    healthChecks: is(output("health", "id")),
    timeoutSec: number(slowest, slowest + 61),
  };
}

/** Rules of Cloud Armor by their order: no two of one priority, every field known. What they decide is found out by sending requests. */
function rules({ model }: Place): Grammar {
  const match = either(
    object({ expr: object({ expression: text() }) }),
    object({ versionedExpr: is("SRC_IPS_V1"), config: object({ srcIpRanges: list(text(/^(\*|[0-9a-f.:]+\/\d{1,3})$/), 1, 10) }) }),
  );
  const description = text();
  const priority = number(0, 2_147_483_647);
  const plain = object({ action: is("allow", "deny(403)", "deny(404)"), description, match, priority });
  const throttle = object({
    action: is("throttle"),
    description,
    match,
    priority,
    rateLimitOptions: object({
      conformAction: is("allow"),
      exceedAction: is("deny(429)"),
      enforceOnKey: is("ALL", "IP", "HTTP_HEADER"),
      enforceOnKeyName: maybe(text()),
      rateLimitThreshold: object({
        count: number(1, 1e9),
        // Windows Cloud Armor can count in.
        intervalSec: is(10, 30, 60, 120, 180, 240, 270, 300, 600, 900, 1200, 1800, 2700, 3600),
      }),
    }),
  });
  return (value, at, say) => {
    list(either(plain, throttle), 3)(value, at, say);
    const priorities: Json[] = (Array.isArray(value) ? value : []).map((one: Json) => one?.priority);
    if (new Set(priorities).size !== priorities.length) say(at, "a priority of its own for each rule");
    const inOrder = [...(value ?? [])].sort((a: Json, b: Json) => a.priority - b.priority);
    // The one denial that is a 404.
    if (inOrder[0]?.action !== "deny(404)") say(at, "another host is denied before anything else is looked at");
    const byPriority = inOrder.map((one: Json) => groupOf(one));
    if (byPriority.some((one: number, index: number) => index > 0 && one < (byPriority[index - 1] ?? 0)))
      say(at, "denials before what admits");
    const wanted = model.ddos === "advanced" ? 1 : 0;
    const adaptive = (value ?? []).filter((one: Json) => one?.match?.expr?.expression === "evaluateAdaptiveProtectionAutoDeploy()");
    if (adaptive.length !== wanted || adaptive.some(({ action }: Json) => !/^deny/.test(action)))
      say(at, "a rule for what adaptive protection finds");
  };
}

/** Denials of hosts, headers, addresses and attacks come before throttles and what admits addresses, those before the default. */
function groupOf({ action, priority }: Json): number {
  if (priority === 2_147_483_647) return 3;
  return /^deny/.test(action) ? 1 : 2;
}

import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import { fingerprints } from "../envoy/backends.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";
import { armorDecides } from "./armor.ts";

const AMBIGUOUS = ["/a%00b", "/a//b", "/a/../b", "/a/./b", "/a/..;/b", "/a%2e%2e/b", "/a\\b"];
const PLAIN = ["/", "/orders", "/orders/a-b_c.d~e", "/orders/%C3%A9", "/a%20b"];
const OF_THE_EDGE = [
  "x-edge-client-ip",
  "x-edge-client-cert",
  "x-edge-client-cert-sha256",
  "x-edge-client-cert-dns",
  "x-edge-client-cert-uri",
];

/** The load balancer: names, certificate, TLS, plain HTTP, client certificates, Cloud Armor and that nothing leads round them. */
export function observeFront(resources: Resources, model: GatewayModel, policy: Json, o: Observations): void {
  const https = resources.of("gcp:compute/targetHttpsProxy:TargetHttpsProxy")[0]?.inputs ?? {};
  const ssl = resources.behind(https.sslPolicy)?.inputs;
  const minimum = model.tls.minimumVersion === "1.3" ? /^TLS_1_3$/ : /^TLS_1_[23]$/;
  o.holds(
    "tls.version",
    "tls.minimumVersion",
    `TLS ${model.tls.minimumVersion} or later with strong ciphers only`,
    minimum.test(ssl?.minTlsVersion) && ["RESTRICTED", "FIPS_202205"].includes(ssl?.profile),
  );
  observePath(resources, model, https, o);
  observeCertificate(resources, model, https, o);
  observePlainHttp(resources, model, o);
  observeClients(resources, model, https, o);
  const decides = (request: Parameters<typeof armorDecides>[1]) =>
    armorDecides(policy, { address: welcome(model), ...request, headers: { host: model.hostname, ...request.headers } });
  // Envoy behind it judges every path; the edge has to where it counts by path, so that no second spelling is counted apart.
  const countsByPath = ((policy?.rules ?? []) as Json[]).some(
    ({ action, match }) => action === "throttle" && String(match.expr?.expression).includes("request.path"),
  );
  if (countsByPath)
    for (const path of AMBIGUOUS) o.holds("request.path", "routes", `${path} is refused at the edge`, decides({ path }) !== "passed");
  for (const path of PLAIN) o.holds("request.path", "routes", `${path} passes`, decides({ path }) === "passed");
  for (const name of OF_THE_EDGE)
    o.holds("request.headers", "headers", `${name} of clients is refused`, decides({ headers: { [name]: "x" } }) !== "passed");
  for (const host of ["evil.example", "run.app", `${model.hostname}.evil.example`])
    o.holds("host.only", "hostname", `host ${host} is refused`, decides({ headers: { host } }) !== "passed");
  o.holds("host.only", "hostname", "the public name passes", decides({}) === "passed");
  const last = [...(policy?.rules ?? [])].sort((a: Json, b: Json) => b.priority - a.priority)[0];
  const closed = model.access.allowCidrs.length > 0;
  o.same(closed ? "access.allow" : "host.only", "access.allowCidrs", closed ? "deny(403)" : "allow", last?.action);
  const listed = (action: RegExp) =>
    ((policy?.rules ?? []) as Json[])
      .filter((rule) => action.test(rule.action) && rule.preview !== true)
      .flatMap(({ match }) => match.config?.srcIpRanges ?? [])
      .filter((range: string) => range !== "*");
  o.sameSet("access.deny", "access.denyCidrs", model.access.denyCidrs, listed(/^deny/));
  o.sameSet("access.allow", "access.allowCidrs", model.access.allowCidrs, [...new Set(listed(/^(allow|throttle)$/))]);
  if (model.waf === "managed")
    for (const set of [
      "sqli",
      "xss",
      "lfi",
      "rfi",
      "rce",
      "protocolattack",
      "sessionfixation",
      "java",
      "nodejs",
      "scannerdetection",
      "cve-canary",
    ])
      o.holds(
        "waf",
        "waf",
        `maintained rules ${set} deny`,
        ((policy?.rules ?? []) as Json[]).some(
          ({ action, match, preview }) =>
            /^deny/.test(action) &&
            preview !== true &&
            new RegExp(`^evaluatePreconfiguredWaf\\('${set}(-v\\d+-stable|-stable)?'(, \\{'sensitivity': [1-4]\\})?\\)$`).test(
              String(match.expr?.expression),
            ),
        ),
      );
  const backend = resources.of("gcp:compute/backendService:BackendService")[0]?.inputs;
  const { maxAgeSeconds, includeSubdomains, preload } = model.tls.hsts;
  const hsts = `strict-transport-security: max-age=${maxAgeSeconds}${includeSubdomains ? "; includeSubDomains" : ""}${preload ? "; preload" : ""}`;
  o.holds(
    "tls.hsts",
    "tls.hsts",
    hsts,
    (backend?.customResponseHeaders ?? []).some((line: string) => line.toLowerCase() === hsts.toLowerCase()),
  );
  o.holds(
    "request.headers",
    "headers",
    "the client's address comes from the load balancer",
    (backend?.customRequestHeaders ?? []).includes("x-edge-client-ip: {client_ip_address}"),
  );
  o.holds(
    "request.path",
    "routes",
    "Cloud Armor stands before the backend",
    resources.behind(backend?.securityPolicy)?.type === "gcp:compute/securityPolicy:SecurityPolicy",
  );
  o.same("observe.accessLogs", "observability.accessLogs", false, backend?.logConfig?.enable ?? true);
}

function welcome({ access: { allowCidrs } }: GatewayModel): string {
  const block = allowCidrs.find((one) => !one.includes(":"));
  return block === undefined ? "192.0.2.200" : block.startsWith("192.0.2.0/") ? "192.0.2.200" : (block.split("/")[0] as string);
}

/** From the address to the service, each part leads to the next and to nothing else; the service answers the load balancer alone. */
function observePath(resources: Resources, model: GatewayModel, https: Json, o: Observations): void {
  const rule = resources
    .of("gcp:compute/globalForwardingRule:GlobalForwardingRule")
    .find(({ inputs }) => inputs.portRange === "443")?.inputs;
  o.holds(
    "host.only",
    "hostname",
    "443 leads to the HTTPS proxy",
    resources.behind(rule?.target)?.type === "gcp:compute/targetHttpsProxy:TargetHttpsProxy" &&
      rule?.loadBalancingScheme === "EXTERNAL_MANAGED",
  );
  const urls = resources.behind(https.urlMap)?.inputs;
  o.holds(
    "host.only",
    "hostname",
    "the proxy leads to the gateway's backend only",
    resources.behind(urls?.defaultService)?.type === "gcp:compute/backendService:BackendService" &&
      urls.pathMatchers === undefined &&
      urls.hostRules === undefined,
  );
  const run = resources.of("gcp:cloudrunv2/service:Service")[0]?.inputs;
  if (run) o.same("host.only", "hostname", [true, "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], [run.defaultUriDisabled, run.ingress]);
  const group = resources.of("gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup")[0]?.inputs;
  if (group) o.same("host.only", "hostname", ["SERVERLESS", run?.name], [group.networkEndpointType, group.cloudRun?.service]);
  const backend = resources.of("gcp:compute/backendService:BackendService")[0]?.inputs;
  const groups = model.gcp.flavour === "gke" ? model.gcp.gke?.zones.length : 1;
  o.same(
    "edge",
    "edge",
    ["EXTERNAL_MANAGED", groups, undefined],
    [backend?.loadBalancingScheme, backend?.backends?.length, backend?.enableCdn],
  );
  o.same("host.only", "hostname", "HTTPS", backend?.protocol);
}

function observeCertificate(resources: Resources, model: GatewayModel, https: Json, o: Observations): void {
  const control = `tls.certificate.${model.tls.certificate.source}` as const;
  const map = resources.behind(https.certificateMap);
  o.holds(
    control,
    "tls.certificate",
    "certificates come from the stack's map",
    map?.type === "gcp:certificatemanager/certificateMap:CertificateMap",
  );
  const entries = resources.of("gcp:certificatemanager/certificateMapEntry:CertificateMapEntry").map(({ inputs }) => inputs);
  o.sameSet(
    "host.only",
    "hostname",
    [model.hostname],
    entries.map(({ hostname }) => hostname),
  );
  const certificate = resources.behind(entries[0]?.certificates?.[0])?.inputs;
  if (model.tls.certificate.source === "managed") {
    o.sameSet(control, "hostname", [model.hostname], certificate?.managed?.domains ?? []);
    o.holds(
      control,
      "tls.certificate",
      "validated by DNS",
      resources.behind(certificate?.managed?.dnsAuthorizations?.[0])?.inputs.domain === model.hostname,
    );
  } else
    o.holds(
      control,
      "tls.certificate",
      "with its chain and key",
      Boolean(certificate?.selfManaged?.pemCertificate) && Boolean(certificate?.selfManaged?.pemPrivateKey),
    );
  if (model.tls.certificate.source === "imported") {
    const leaf = model.tls.certificate.fullchain.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/)?.[0] ?? "";
    o.holds(
      control,
      "tls.certificate.fullchain",
      "the document's own",
      String(certificate?.selfManaged?.pemCertificate).includes(leaf.trim().split("\n")[3] ?? "?"),
    );
  }
}

function observePlainHttp(resources: Resources, model: GatewayModel, o: Observations): void {
  const rule = resources
    .of("gcp:compute/globalForwardingRule:GlobalForwardingRule")
    .find(({ inputs }) => inputs.portRange !== "443")?.inputs;
  if (model.http === "refuse") {
    o.holds("http.refuse", "http", "nothing listens on plain HTTP", rule === undefined);
    return;
  }
  const redirect = resources.behind(resources.behind(rule?.target)?.inputs.urlMap)?.inputs;
  o.same(
    "http.redirect",
    "http",
    [model.hostname, true, "PERMANENT_REDIRECT", false, undefined],
    [
      redirect?.defaultUrlRedirect?.hostRedirect,
      redirect?.defaultUrlRedirect?.httpsRedirect,
      redirect?.defaultUrlRedirect?.redirectResponseCode,
      redirect?.defaultUrlRedirect?.stripQuery,
      redirect?.defaultService,
    ],
  );
  o.same("http.redirect", "http", "80", String(rule?.portRange).replace(/-80$/, ""));
}

function observeClients(resources: Resources, { tls: { clientValidation } }: GatewayModel, https: Json, o: Observations): void {
  if (clientValidation === undefined) return;
  const control = clientValidation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  const policy = resources.behind(https.serverTlsPolicy)?.inputs;
  o.same(
    control,
    "tls.clientValidation.mode",
    clientValidation.mode === "Required" ? "REJECT_INVALID" : "ALLOW_INVALID_OR_MISSING_CLIENT_CERT",
    policy?.mtlsPolicy?.clientValidationMode,
  );
  o.same(control, "tls.clientValidation.mode", false, policy?.allowOpen ?? false);
  const trust = resources.behind(policy?.mtlsPolicy?.clientValidationTrustConfig)?.inputs;
  const anchors = (trust?.trustStores ?? [])
    .flatMap(({ trustAnchors }: Json) => (trustAnchors ?? []).map((one: Json) => one.pemCertificate))
    .join("\n");
  o.same(control, "tls.clientValidation.caCertificates", fingerprints(clientValidation.caCertificates.join("\n")), fingerprints(anchors));
  o.same(control, "tls.clientValidation.caCertificates", undefined, trust?.allowlistedCertificates);
}

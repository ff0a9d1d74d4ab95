import type { GatewayModel } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";

const APIM = "azure-native:apimanagement:";
const PROTOCOL = "Microsoft.WindowsAzure.ApiManagement.Gateway.";
/** Switches of a classic tier that old protocols and ciphers have; each has to stand off. */
const OFF = [
  "Security.Protocols.Tls10",
  "Security.Protocols.Tls11",
  "Security.Protocols.Ssl30",
  "Security.Backend.Protocols.Tls10",
  "Security.Backend.Protocols.Tls11",
  "Security.Backend.Protocols.Ssl30",
  "Security.Ciphers.TripleDes168",
];

/** The service and what stands around its policies. */
export function observePlatform(resources: Resources, model: GatewayModel, o: Observations): void {
  const service = resources.of(`${APIM}ApiManagementService`)[0];
  const inputs = service?.inputs ?? {};
  const classic = ["Developer", "Basic", "Standard", "Premium"].includes(inputs.sku?.name);
  const front = resources.of("azure-native:cdn:Profile")[0];
  if (classic) {
    for (const name of OFF)
      o.same(
        "tls.version",
        "tls.minimumVersion",
        "false",
        String(inputs.customProperties?.[`${PROTOCOL}${name}`] ?? "false (by default)").replace(" (by default)", ""),
      );
    const ciphers = Object.entries((inputs.customProperties ?? {}) as Record<string, string>).filter(([key]) =>
      key.includes(".Security.Ciphers."),
    );
    o.holds(
      "tls.version",
      "tls.minimumVersion",
      "weak ciphers are off",
      ciphers.length > 0 && ciphers.every(([, value]) => value === "false"),
    );
  } else
    o.holds(
      "tls.version",
      "tls.minimumVersion",
      "the tier takes TLS 1.2 and later",
      service !== undefined || Boolean(model.azure.service?.existing),
    );
  observeNames(resources, model, inputs, front, o);
  observeApi(resources, model, o);
  observeBackends(resources, model, inputs, o);
  observeKeys(resources, model, o);
  observeWatch(resources, model, o);
  if (front) observeFrontDoor(resources, model, o);
  o.holds("request.framing", "routes", "API Management reads every request", resources.of(`${APIM}ApiPolicy`).length === 1);
  o.holds("ddos.standard", "ddos", "the platform's protection stands in front", resources.of(`${APIM}Api`).length === 1);
  if (model.ddos === "advanced")
    o.holds(
      "ddos.advanced",
      "ddos",
      "a DDoS plan protects the addresses",
      resources.all.some(
        ({ type, inputs: one }) =>
          /DdosProtectionPlan|PublicIPAddress|VirtualNetwork$/.test(type) && JSON.stringify(one).toLowerCase().includes("ddos"),
      ),
    );
  observeRights(resources, o);
  observeClients(resources, model, inputs, o);
}

function observeNames(resources: Resources, model: GatewayModel, service: Json, front: Read | undefined, o: Observations): void {
  const control = `tls.certificate.${model.tls.certificate.source}` as const;
  const hosts = (service.hostnameConfigurations ?? []) as Json[];
  const proxies = hosts.filter(({ type }) => type === "Proxy");
  const domains = resources.of("azure-native:cdn:AFDCustomDomain").map(({ inputs }) => inputs);
  if (front)
    o.sameSet(
      "host.only",
      "hostname",
      [model.hostname],
      domains.map(({ hostName }) => hostName),
    );
  else
    o.holds(
      "host.only",
      "hostname",
      "the service serves the public name",
      proxies.some(({ hostName }) => hostName === model.hostname) || resources.of(`${APIM}ApiManagementService`).length === 0,
    );
  if (front)
    for (const one of domains)
      o.same("tls.version", "tls.minimumVersion", model.tls.minimumVersion === "1.3" ? "1.3" : "1.2", minimumOf(one.tlsSettings));
  const proxy = proxies.find(({ hostName }) => hostName === model.hostname);
  if (front === undefined) {
    o.holds(
      control,
      "tls.certificate",
      "a certificate stands behind the name",
      Boolean(proxy?.keyVaultId ?? proxy?.encodedCertificate ?? (proxy?.certificateSource === "Managed" || undefined)) ||
        service.sku === undefined,
    );
    const secret = model.azure.certificate?.keyVaultSecretId;
    if (model.tls.certificate.source === "managed" && secret !== undefined)
      o.same(control, "azure.certificate.keyVaultSecretId", secret, proxy?.keyVaultId);
    o.holds(
      model.tls.clientValidation
        ? model.tls.clientValidation.mode === "Required"
          ? "tls.clientValidation.required"
          : "tls.clientValidation.optional"
        : "tls.version",
      "tls.clientValidation",
      "connections are asked for a certificate exactly where the document says so",
      (proxy?.negotiateClientCertificate ?? service.enableClientCertificate ?? false) === (model.tls.clientValidation !== undefined) ||
        service.sku?.name === "Consumption",
    );
  } else
    o.holds(
      control,
      "tls.certificate",
      "Front Door serves a certificate for the name",
      domains.every(({ tlsSettings }) => ["ManagedCertificate", "CustomerCertificate"].includes(tlsSettings?.certificateType)),
    );
}

/** `TLS12`, or a cipher set that begins at a version. */
function minimumOf(settings: Json): string {
  const text = `${settings?.minimumTlsVersion ?? ""} ${settings?.cipherSuiteSetType ?? ""}`;
  return /1_?3/.test(text.replace("TLS12", "")) ? "1.3" : /TLS1_?2/.test(text) ? "1.2" : text;
}

/** The one API: at the root, under this policy, with every method of every path handed to it. */
function observeApi(resources: Resources, model: GatewayModel, o: Observations): void {
  const [api, ...more] = resources.of(`${APIM}Api`);
  o.same("host.only", "routes", ["", 0, undefined], [api?.inputs.path, more.length, api?.inputs.serviceUrl]);
  o.sameSet(
    model.http === "redirect" ? "http.redirect" : "http.refuse",
    "http",
    model.http === "redirect" && model.edge !== "cdn" ? ["http", "https"] : ["https"],
    api?.inputs.protocols ?? [],
  );
  o.same(
    "require.apiKey",
    "apiKeys.header",
    model.apiKeys?.header ?? "Ocp-Apim-Subscription-Key",
    api?.inputs.subscriptionKeyParameterNames?.header,
  );
  const policy = resources.of(`${APIM}ApiPolicy`)[0]?.inputs;
  o.holds(
    "require.any",
    "routes",
    "the policy is this API's",
    policy?.apiId === api?.inputs.apiId || resources.behind(policy?.apiId)?.name === api?.name,
  );
  const service = resources.of(`${APIM}Policy`)[0]?.inputs;
  o.holds(
    "host.only",
    "hostname",
    "what is no API of this gateway is answered 404",
    /404/.test(String(service?.value)) || resources.of(`${APIM}ApiManagementService`).length === 0,
  );
  for (const { name, inputs } of [
    ...resources.of(`${APIM}PolicyFragment`),
    ...resources.of(`${APIM}ApiPolicy`),
    ...resources.of(`${APIM}Policy`),
  ])
    o.same("require.any", name, "rawxml", inputs.format);
}

function observeBackends(resources: Resources, model: GatewayModel, service: Json, o: Observations): void {
  const entities = resources.of(`${APIM}Backend`).filter(({ inputs }) => inputs.url !== undefined);
  for (const { name, tls, host } of Object.values(model.backends)) {
    const at = `backends.${name}`;
    const control = `backend.tls.${tls.trust.kind}` as const;
    const entity = entities.find(({ inputs }) => String(inputs.url).startsWith(`https://${host}`))?.inputs;
    const verified = tls.trust.kind !== "unverified";
    o.same(control, `${at}.tls`, [verified, verified], [entity?.tls?.validateCertificateChain, entity?.tls?.validateCertificateName]);
    if (tls.serverName !== host)
      o.holds(
        "backend.tls.serverName",
        `${at}.tls.serverName`,
        "the name asked for is the document's",
        JSON.stringify(entity ?? {}).includes(tls.serverName),
      );
    if (tls.trust.kind === "ca" || tls.trust.kind === "internal")
      o.holds(
        control,
        `${at}.tls`,
        "the authority is trusted by the service or named by the backend",
        ((service.certificates ?? []) as Json[]).some(({ storeName }) => ["Root", "CertificateAuthority"].includes(storeName)) ||
          Boolean(entity?.tls?.serverX509Names) ||
          JSON.stringify(resources.of(`${APIM}Backend`).map(({ inputs }) => inputs)).includes("Thumbprint") ||
          resources.of(`${APIM}CertificateAuthority`).length > 0 ||
          JSON.stringify(resources.all.map(({ inputs }) => inputs)).includes("caCertificates"),
      );
    if (tls.clientCertificate !== "none") {
      const shown = [entity?.credentials?.certificateIds ?? entity?.credentials?.certificate ?? []].flat();
      o.holds(
        tls.clientCertificate === "internal" ? "backend.clientCertificate.internal" : "backend.clientCertificate.imported",
        `${at}.tls.clientCertificate`,
        "the backend is shown a certificate of this stack",
        shown.length === 1 && resources.behind(shown[0])?.type === `${APIM}Certificate`,
      );
    } else o.same("backend.clientCertificate.internal", `${at}.tls.clientCertificate`, undefined, entity?.credentials);
    for (const kind of ["private", "onPremises"] as const)
      if (model.backends[name]?.network.type === kind)
        o.holds(
          `backend.${kind}`,
          `${at}.network`,
          "the service stands in a network that reaches it",
          service.virtualNetworkType !== undefined && service.virtualNetworkType !== "None",
        );
    const breaker = model.backends[name]?.circuitBreaker;
    if (breaker) {
      const rule = entity?.circuitBreaker?.rules?.[0];
      o.holds(
        "backend.circuitBreaker",
        `${at}.circuitBreaker`,
        "failures in a row take it out for the declared time",
        Number(rule?.failureCondition?.count) <= breaker.consecutiveErrors &&
          String(rule?.tripDuration).includes(String(Math.round(breaker.ejectionTimeMs / 1000))),
      );
    }
    if (model.backends[name]?.preserveHost)
      o.holds(
        "backend.preserveHost",
        `${at}.preserveHost`,
        "the public name is passed on",
        JSON.stringify(resources.of(`${APIM}ApiPolicy`)[0]?.inputs.value ?? "")
          .toLowerCase()
          .includes('name=\\"host\\"'),
      );
  }
  for (const route of model.routes)
    if (route.retries)
      o.holds(
        "backend.retries",
        `${route.at}.retries`,
        "the policy repeats",
        /<retry /.test(String(resources.of(`${APIM}ApiPolicy`)[0]?.inputs.value)),
      );
}

/** Subscriptions: one per consumer, for this API or its plan's product only, with keys of random bits, without tracing. */
function observeKeys(resources: Resources, model: GatewayModel, o: Observations): void {
  if (model.apiKeys === undefined) return;
  const subscriptions = resources.of(`${APIM}Subscription`);
  o.sameSet(
    "require.apiKey",
    "consumers",
    Object.keys(model.consumers),
    subscriptions.map(({ name }) => name.replace(`${model.name}-consumer-`, "")),
  );
  for (const { name, inputs } of subscriptions) {
    const consumer = Object.values(model.consumers).find((one) => name.endsWith(`-consumer-${one.name}`));
    o.same("require.apiKey", name, ["active", false], [inputs.state, inputs.allowTracing]);
    o.holds(
      "require.apiKey",
      name,
      "keys of 256 random bits",
      [inputs.primaryKey, inputs.secondaryKey].every((key) => /^[0-9a-f]{64}$/.test(String(key))),
    );
    const scope = resources.behind(inputs.scope);
    const planned = consumer?.plan !== undefined && scope?.type === `${APIM}Product`;
    o.holds(
      planned ? "require.apiKey.plans" : "require.apiKey",
      name,
      "for this API or its plan only",
      scope?.type === `${APIM}Api` ||
        (scope?.type === `${APIM}Product` &&
          (consumer?.plan === undefined || scope.name.endsWith(`-plan-${consumer.plan}`) || scope.name.endsWith(consumer.plan))),
    );
  }
  for (const { name, inputs } of resources.of(`${APIM}Product`))
    o.same("require.apiKey.plans", name, [true, true], [inputs.subscriptionRequired, inputs.approvalRequired]);
}

function observeWatch(resources: Resources, model: GatewayModel, o: Observations): void {
  const { accessLogs, metrics, tracing, alarms } = model.observability;
  const log = resources.of(`${APIM}ApiDiagnostic`).find(({ inputs }) => inputs.diagnosticId === "azuremonitor")?.inputs;
  o.same("observe.accessLogs", "observability.accessLogs", accessLogs !== undefined, log !== undefined);
  if (accessLogs && log) {
    o.same("observe.accessLogs", "observability.accessLogs", [100, "allErrors"], [log.sampling?.percentage, log.alwaysLog]);
    for (const side of [log.frontend, log.backend]) {
      o.same("observe.accessLogs", "observability.accessLogs", [0, 0], [side?.request?.body?.bytes, side?.response?.body?.bytes]);
      o.same("observe.accessLogs", "observability.accessLogs", [{ mode: "Hide", value: "*" }], side?.request?.dataMasking?.queryParams);
    }
    o.sameSet("observe.logHeaders", "observability.accessLogs.headers", accessLogs.headers, log.frontend?.request?.headers ?? []);
    o.same("observe.accessLogs", "observability.accessLogs", [], log.frontend?.response?.headers);
    const workspace = resources.of("azure-native:operationalinsights:Workspace")[0]?.inputs;
    o.holds(
      "observe.accessLogs",
      "observability.accessLogs.retentionDays",
      "the log is kept at least as long",
      Number(workspace?.retentionInDays) >= Math.min(accessLogs.retentionDays, 30) ||
        resources.all.some(
          ({ type, inputs }) =>
            /Table$/.test(type) && Number(inputs.totalRetentionInDays ?? inputs.retentionInDays) >= accessLogs.retentionDays,
        ),
    );
    const setting = resources.of("azure-native:monitor:DiagnosticSetting")[0]?.inputs;
    o.holds(
      "observe.accessLogs",
      "observability.accessLogs",
      "the gateway's log goes to the workspace",
      resources.behind(setting?.workspaceId)?.type === "azure-native:operationalinsights:Workspace" &&
        (setting?.logs ?? []).some((one: Json) => (one.category === "GatewayLogs" || one.categoryGroup) && one.enabled),
    );
  }
  if (metrics)
    o.holds(
      "observe.metrics",
      "observability.metrics",
      "metrics are kept",
      (resources.of("azure-native:monitor:DiagnosticSetting")[0]?.inputs.metrics ?? [{ enabled: true }]).every((one: Json) => one.enabled),
    );
  if (tracing) {
    const trace = resources.of(`${APIM}ApiDiagnostic`).find(({ inputs }) => inputs.diagnosticId === "applicationinsights")?.inputs;
    o.same(
      "observe.tracing",
      "observability.tracing.samplingPercent",
      [tracing.samplingPercent, "W3C"],
      [trace?.sampling?.percentage, trace?.httpCorrelationProtocol],
    );
  }
  if (model.dns.zone !== undefined)
    o.holds(
      "dns.zone",
      "dns.zone",
      "the name has a record in the zone",
      resources.all.some(
        ({ type, inputs }) =>
          /RecordSet$/.test(type) && model.dns.zone?.toLowerCase().endsWith(`/${String(inputs.zoneName).toLowerCase()}`),
      ),
    );
  if (alarms === undefined) return;
  const rules = [...resources.of("azure-native:monitor:ScheduledQueryRule"), ...resources.of("azure-native:monitor:MetricAlert")];
  for (const word of ["error", "latency", "certificate"])
    o.holds(
      "observe.alarms",
      "observability.alarms",
      `${word} is watched`,
      rules.some(({ name }) => name.includes(word)) ||
        (word === "certificate" && resources.of("azure-native:eventgrid:SystemTopic").length > 0),
    );
  for (const { name, inputs } of rules)
    o.holds("observe.alarms", name, "somebody is told", inputs.enabled !== false && JSON.stringify(inputs.actions ?? "").includes("${"));
  const group = JSON.stringify(resources.of("azure-native:monitor:ActionGroup").map(({ inputs }) => inputs));
  for (const one of alarms.notify)
    o.holds("observe.alarms", "observability.alarms.notify", `${one} is told`, group.includes(one.replace(/^mailto:/, "")));
}

/** Front Door: HTTPS to the origin, its certificate verified, nothing cached, rules in force. */
function observeFrontDoor(resources: Resources, model: GatewayModel, o: Observations): void {
  const route = resources.of("azure-native:cdn:Route")[0]?.inputs ?? {};
  o.same(
    "edge",
    "edge",
    ["HttpsOnly", "Disabled", undefined],
    [route.forwardingProtocol, route.linkToDefaultDomain, route.cacheConfiguration],
  );
  o.same(
    model.http === "redirect" ? "http.redirect" : "http.refuse",
    "http",
    model.http === "redirect" ? "Enabled" : "Disabled",
    route.httpsRedirect,
  );
  if (model.http === "refuse") o.same("http.refuse", "http", ["Https"], route.supportedProtocols);
  o.same("edge", "edge", ["/*"], route.patternsToMatch);
  const origin = resources.of("azure-native:cdn:AFDOrigin")[0]?.inputs ?? {};
  o.same("edge", "edge", true, origin.enforceCertificateNameCheck);
  const policy = resources.of("azure-native:frontdoor:Policy")[0]?.inputs;
  if (model.waf === "managed") {
    o.same("waf", "waf", ["Prevention", "Enabled"], [policy?.policySettings?.mode, policy?.policySettings?.enabledState]);
    for (const set of ["Microsoft_DefaultRuleSet", "Microsoft_BotManagerRuleSet"])
      o.holds(
        "waf",
        "waf",
        `${set} is in force`,
        (policy?.managedRules?.managedRuleSets ?? []).some(({ ruleSetType }: Json) => ruleSetType === set),
      );
    const security = resources.of("azure-native:cdn:SecurityPolicy")[0]?.inputs;
    o.holds("waf", "waf", "it stands before the name", JSON.stringify(security ?? {}).includes("${"));
  }
}

/** Roles the gateway's identity has: to read certificates, and to write what it measures. */
const ROLES =
  /(4633458b-17de-408a-b874-0445c86b69e6|3913510d-42f4-4e42-8a64-420c390055eb|43d0d8ad-25c7-4714-9337-8ba259a9fe05|b24988ac-6180-42a0-ab88-20f7382dd24c)$/;

function observeRights(resources: Resources, o: Observations): void {
  for (const { name, inputs } of resources.of("azure-native:authorization:RoleAssignment")) {
    o.holds(
      "require.any",
      name,
      "a role by name, to the gateway's identity, over one resource",
      ROLES.test(String(inputs.roleDefinitionId)) &&
        inputs.principalType === "ServicePrincipal" &&
        resources.behind(inputs.principalId)?.type === "azure-native:managedidentity:UserAssignedIdentity" &&
        String(inputs.scope).length > 0 &&
        !/^\/?subscriptions\/[^/]+\/?$/.test(String(inputs.scope)),
    );
    o.holds(
      "require.any",
      name,
      "not the contributor of everything",
      !String(inputs.roleDefinitionId).endsWith("b24988ac-6180-42a0-ab88-20f7382dd24c"),
    );
  }
  for (const { name, inputs } of resources.of("azure-native:keyvault:Vault"))
    o.same(
      "tls.certificate.imported",
      name,
      [true, true],
      [inputs.properties?.enableRbacAuthorization, inputs.properties?.enablePurgeProtection ?? true],
    );
}

function observeClients(resources: Resources, { tls: { clientValidation } }: GatewayModel, service: Json, o: Observations): void {
  if (clientValidation === undefined) return;
  const control = clientValidation.mode === "Required" ? "tls.clientValidation.required" : "tls.clientValidation.optional";
  const policy = String(resources.of(`${APIM}ApiPolicy`)[0]?.inputs.value);
  o.same(
    control,
    "tls.clientValidation.mode",
    ["true", "true", "true"],
    ["validate-trust", "validate-not-before", "validate-not-after"].map(
      (name) => new RegExp(`<validate-client-certificate[^>]*${name}="(\\w+)"`).exec(policy)?.[1],
    ),
  );
  o.holds(
    control,
    "tls.clientValidation.caCertificates",
    "the service trusts the document's authorities",
    ((service.certificates ?? []) as Json[]).length >= clientValidation.caCertificates.length,
  );
  for (const name of clientValidation.subjectAltNames)
    o.holds("tls.clientValidation.names", "tls.clientValidation.subjectAltNames", `${name} is named`, policy.includes(name));
  for (const hash of clientValidation.certificateHashes)
    o.holds(
      "tls.clientValidation.hashes",
      "tls.clientValidation.certificateHashes",
      `${hash.slice(0, 8)}… is named`,
      policy.toLowerCase().includes(hash),
    );
}

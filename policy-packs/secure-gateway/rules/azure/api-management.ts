import { all, equals, expect, fail, PASS, present, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { each, read, type Subject, usersOf } from "../subject.ts";

const SERVICE = "azure-native:apimanagement:ApiManagementService";
const PREFIX = "Microsoft.WindowsAzure.ApiManagement.Gateway.";

/** Switches of the classic tiers that have to be sent as "False", always all of them: what a request leaves out goes back to its default. */
const OLD_TLS = [
  "Security.Protocols.Tls10",
  "Security.Protocols.Tls11",
  "Security.Protocols.Ssl30",
  "Security.Backend.Protocols.Tls10",
  "Security.Backend.Protocols.Tls11",
  "Security.Backend.Protocols.Ssl30",
  "Security.Ciphers.TripleDes168",
];

const isV2 = (name: unknown) => typeof name === "string" && /V2$/.test(name);

export const oldProtocols: Rule = {
  id: "azure-apim-old-protocols",
  title: "Switch off TLS 1.0, TLS 1.1, SSL 3.0 and 3DES, in front and towards backends",
  why: "They are withdrawn (RFC 8996) and broken; API Management still offers them where a switch is left out.",
  remedy: 'Set each of the customProperties named to "False".',
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AZURE_173", "CKV_AZURE_152", "RFC 8996"],
  types: [SERVICE],
  judge(subject) {
    const sku = read(subject, "sku.name");
    if (!sku.known) return undecided(sku.path);
    // The v2 tiers and Consumption have none of these switches: they do not speak the old protocols.
    if (isV2(sku.value) || sku.value === "Consumption") return PASS;
    const properties = read(subject, "customProperties");
    if (!properties.known) return undecided(properties.path);
    const given = (properties.value ?? {}) as Record<string, unknown>;
    const missing = OLD_TLS.filter((name) => String(given[PREFIX + name]).toLowerCase() !== "false");
    return missing.length === 0 ? PASS : fail("customProperties", `does not switch off ${missing.join(", ")}`);
  },
};

export const identity: Rule = {
  id: "azure-apim-identity",
  title: "Give API Management a managed identity",
  why: "Without one it needs stored passwords for Key Vault and backends.",
  remedy: "Set identity.type to UserAssigned or SystemAssigned.",
  severity: "medium",
  level: "mandatory",
  sources: ["Azure Policy: API Management should use managed identities"],
  types: [SERVICE],
  judge: (subject) =>
    expect(
      read(subject, "identity.type"),
      (value) => typeof value === "string" && value !== "None",
      (value) => `is ${shown(value)}`,
    ),
};

export const apiVersion: Rule = {
  id: "azure-apim-minimum-api-version",
  title: "Refuse old management API versions",
  why: "Versions before 2019-12-01 hand out subscription keys and secrets to whoever may read.",
  remedy: "Set apiVersionConstraint.minApiVersion to 2019-12-01 or newer.",
  severity: "medium",
  level: "mandatory",
  sources: ["Azure Policy: minimum API version of API Management should be 2019-12-01 or higher"],
  types: [SERVICE],
  judge: (subject) =>
    expect(
      read(subject, "apiVersionConstraint.minApiVersion"),
      (value) => typeof value === "string" && value >= "2019-12-01",
      (value) => `is ${shown(value)}`,
    ),
  remediate: (props) => ({
    ...props,
    apiVersionConstraint: { ...(props.apiVersionConstraint as Record<string, unknown>), minApiVersion: "2019-12-01" },
  }),
};

/** A policy that looks at the scheme of the request: how plain HTTP is redirected or refused inside API Management. */
const ANSWERS_HTTP = /OriginalUrl\.Scheme/;

export const apiProtocols: Rule = {
  id: "azure-apim-api-https",
  title: "Offer APIs by HTTPS only",
  why: "An API that also listens on plain HTTP takes keys and tokens in clear.",
  remedy:
    'Set protocols to ["https"] (and wss); redirect plain HTTP in front, or by an API policy that looks at context.Request.OriginalUrl.Scheme.',
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_AZURE_215", "Azure Policy: API Management APIs should use only encrypted protocols"],
  types: ["azure-native:apimanagement:Api"],
  wholeStack: true,
  judge(subject, others) {
    const protocols = read(subject, "protocols");
    if (!protocols.known) return undecided(protocols.path);
    const list = Array.isArray(protocols.value) ? protocols.value : [];
    const wrong = fail("protocols", `is ${shown(protocols.value)}`);
    if (list.length === 0 || !list.every((protocol) => ["https", "wss", "http"].includes(protocol))) return wrong;
    if (!list.includes("http")) return PASS;
    const policies = usersOf(subject, others, "azure-native:apimanagement:ApiPolicy").map((policy) => read(policy, "value"));
    if (policies.some((policy) => policy.known && ANSWERS_HTTP.test(String(policy.value)))) return PASS;
    return policies.some(({ known }) => !known) ? undecided("protocols") : wrong;
  },
};

export const backendTls: Rule = {
  id: "azure-apim-backend-tls",
  title: "Call backends by HTTPS and check their certificates",
  why: "On plain HTTP, or without checking chain and name, whoever sits between reads and changes requests.",
  remedy:
    "Use an https:// url and leave tls.validateCertificateChain and tls.validateCertificateName true; give API Management the backend's CA.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_AZURE_215", "Azure Policy: API Management calls to API backends should not bypass certificate validation"],
  types: ["azure-native:apimanagement:Backend"],
  judge: (subject) =>
    all(
      expect(
        read(subject, "url"),
        (value) => typeof value !== "string" || !/^(http|ws):/i.test(value),
        (value) => `is ${shown(value)}: plain HTTP`,
      ),
      ...["tls.validateCertificateChain", "tls.validateCertificateName"].map((path) =>
        expect(
          read(subject, path),
          (value) => value !== false,
          () => "is false: the backend's certificate is not checked",
        ),
      ),
    ),
};

export const namedValueSecret: Rule = {
  id: "azure-apim-named-value-secret",
  title: "Keep named values that hold credentials secret",
  why: "A named value that is not secret is readable by everyone who may read the service.",
  remedy: "Set secret to true, or refer to Key Vault.",
  severity: "high",
  level: "mandatory",
  sources: ["Azure Policy: API Management secret named values should be stored in Azure Key Vault"],
  types: ["azure-native:apimanagement:NamedValue"],
  judge(subject) {
    const [name, secret, vault] = [read(subject, "displayName"), read(subject, "secret"), read(subject, "keyVault")];
    if (!name.known || !secret.known) return undecided(name.known ? secret.path : name.path);
    if (!vault.known || (vault.value !== undefined && vault.value !== null) || secret.value === true) return PASS;
    return /secret|password|token|key\b|credential|private/i.test(String(name.value ?? ""))
      ? fail("secret", `is not true although it is called ${shown(name.value)}`)
      : PASS;
  },
};

export const wideSubscription: Rule = {
  id: "azure-apim-subscription-scope",
  title: "Give a subscription one product or one API",
  why: "A key for every API turns one leaked key into all of them.",
  remedy: "Set scope to a product or an API.",
  severity: "medium",
  level: "mandatory",
  sources: ["Azure Policy: API Management subscriptions should not be scoped to all APIs"],
  types: ["azure-native:apimanagement:Subscription"],
  judge: (subject) =>
    expect(
      read(subject, "scope"),
      (value) => typeof value === "string" && !/\/apis\/?$/i.test(value),
      (value) => `is ${shown(value)}`,
    ),
};

const SETTINGS = "azure-native:monitor:DiagnosticSetting";

/** Whether a diagnostic setting has the log of requests switched on, by its own category or by a group that holds it. */
function sendsGatewayLogs(setting: Subject): Verdict {
  for (const log of each(setting, "logs")) {
    const [category, group, enabled] = ["category", "categoryGroup", "enabled"].map((name) => read(setting, `${log.path}.${name}`));
    if (!log.known || !category?.known || !group?.known || !enabled?.known) return undecided(log.path);
    const holds = category.value === "GatewayLogs" || group.value === "allLogs";
    if (holds && enabled.value === true) return PASS;
  }
  return fail("", `${setting.name} sends no GatewayLogs`);
}

export const serviceLogs: Rule = {
  id: "azure-apim-logs",
  title: "Send the gateway's logs somewhere they are kept",
  why: "Without them nobody can say who called what.",
  remedy: "Add an azure-native:monitor:DiagnosticSetting with the GatewayLogs category for the service.",
  severity: "medium",
  level: "mandatory",
  sources: ["Azure Policy: resource logs in API Management should be enabled"],
  types: [SERVICE],
  wholeStack: true,
  judge(subject, others) {
    const verdicts = usersOf(subject, others, SETTINGS).map(sendsGatewayLogs);
    return verdicts.find(({ result }) => result === "pass") ?? verdicts[0] ?? fail("", `no ${SETTINGS} uses it`);
  },
};

const CREDENTIAL_HEADERS = /^(authorization|cookie|ocp-apim-subscription-key|x-api-key)$/i;

export const diagnosticBodies: Rule = {
  id: "azure-apim-diagnostic-content",
  title: "Do not log bodies and credentials",
  why: "A log is read by more people than may act as the caller.",
  remedy: "Set body.bytes to 0 and take Authorization, cookies and key headers out of headers.",
  severity: "high",
  level: "mandatory",
  sources: ["CWE-532"],
  types: ["azure-native:apimanagement:Diagnostic", "azure-native:apimanagement:ApiDiagnostic"],
  judge: (subject) =>
    all(
      ...["frontend.request", "frontend.response", "backend.request", "backend.response"].flatMap((part) => [
        expect(
          read(subject, `${part}.body.bytes`),
          (value) => value === undefined || value === null || value === 0,
          (value) => `is ${shown(value)}`,
        ),
        ...each(subject, `${part}.headers`).map((header) =>
          expect(
            header,
            (value) => !CREDENTIAL_HEADERS.test(String(value)),
            (value) => `logs the header ${shown(value)}`,
          ),
        ),
      ]),
    ),
};

export const certificateSource: Rule = {
  id: "azure-apim-hostname-certificate",
  title: "Take the custom domain's certificate from Key Vault",
  why: "An uploaded certificate does not renew and one day expires; one from Key Vault follows its newest version.",
  remedy: "Set hostnameConfigurations[].keyVaultId to the secret's id without a version, and the identity that may read it.",
  severity: "medium",
  level: "advisory",
  sources: ["Microsoft Learn: configure a custom domain for API Management"],
  types: [SERVICE],
  judge: (subject) =>
    all(
      ...each(subject, "hostnameConfigurations").map((host) => {
        if (!host.known) return undecided(host.path);
        const id = read(subject, `${host.path}.keyVaultId`);
        const set = present(id);
        if (set.result !== "pass") return set;
        return expect(
          id,
          (value) => !/\/secrets\/[^/]+\/[0-9a-f]{32}/i.test(String(value)),
          () => "names one version: a renewed certificate is not taken",
        );
      }),
    ),
};

export const mtls: Rule = {
  id: "azure-apim-consumption-client-certificates",
  title: "Ask for client certificates where policies check them",
  why: "On the Consumption tier a policy sees no certificate unless the service asks for one.",
  remedy: "Set enableClientCertificate to true.",
  severity: "high",
  level: "mandatory",
  sources: ["Microsoft Learn: secure APIs with client certificate authentication"],
  types: [SERVICE],
  wholeStack: true,
  judge(subject, others) {
    const sku = read(subject, "sku.name");
    if (!sku.known) return undecided(sku.path);
    if (sku.value !== "Consumption") return PASS;
    const checks = others.some(({ props }) => typeof props.value === "string" && props.value.includes("validate-client-certificate"));
    return checks ? equals(read(subject, "enableClientCertificate"), true) : PASS;
  },
};

import { all, equals, expect, fail, oneOf, PASS, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { each, read, type Subject } from "../subject.ts";

export const frontDoorHttps: Rule = {
  id: "azure-frontdoor-https",
  title: "Redirect plain HTTP at Front Door and go on by HTTPS only",
  why: "Plain HTTP carries tokens in clear, before the edge as well as behind it.",
  remedy: "Set httpsRedirect to Enabled (or supportedProtocols to Https) and forwardingProtocol to HttpsOnly.",
  severity: "critical",
  level: "mandatory",
  sources: ["Azure security baseline for Front Door, DP-3"],
  types: ["azure-native:cdn:Route"],
  judge(subject) {
    const protocols = read(subject, "supportedProtocols");
    if (!protocols.known) return undecided(protocols.path);
    const onlyHttps = Array.isArray(protocols.value) && protocols.value.length === 1 && protocols.value[0] === "Https";
    return all(
      onlyHttps ? PASS : equals(read(subject, "httpsRedirect"), "Enabled"),
      equals(read(subject, "forwardingProtocol"), "HttpsOnly"),
    );
  },
};

export const frontDoorDefault: Rule = {
  id: "azure-frontdoor-default-domain",
  title: "Do not answer on Front Door's default address",
  why: "The azurefd.net address answers beside the custom domain.",
  remedy: "Set linkToDefaultDomain to Disabled.",
  severity: "medium",
  level: "mandatory",
  sources: [],
  types: ["azure-native:cdn:Route"],
  judge: (subject) => equals(read(subject, "linkToDefaultDomain"), "Disabled"),
};

export const frontDoorTls: Rule = {
  id: "azure-frontdoor-tls",
  title: "Accept nothing below TLS 1.2 at Front Door",
  why: "TLS 1.0 and 1.1 are withdrawn (RFC 8996).",
  remedy: "Set tlsSettings.minimumTlsVersion to TLS12 or TLS13.",
  severity: "high",
  level: "mandatory",
  sources: ["RFC 8996"],
  types: ["azure-native:cdn:AFDCustomDomain"],
  judge(subject) {
    const cipherSet = read(subject, "tlsSettings.cipherSuiteSetType");
    if (cipherSet.known && typeof cipherSet.value === "string" && /^TLS1[23]/.test(cipherSet.value)) return PASS;
    return oneOf(read(subject, "tlsSettings.minimumTlsVersion"), ["TLS12", "TLS13"]);
  },
};

export const originCertificate: Rule = {
  id: "azure-frontdoor-origin-certificate",
  title: "Check the certificate of origins",
  why: "Without the check Front Door sends requests to whoever answers.",
  remedy: "Set enforceCertificateNameCheck to true.",
  severity: "high",
  level: "mandatory",
  sources: [],
  types: ["azure-native:cdn:AFDOrigin"],
  judge: (subject) =>
    expect(
      read(subject, "enforceCertificateNameCheck"),
      (value) => value !== false,
      () => "is false",
    ),
  remediate: (props) => ({ ...props, enforceCertificateNameCheck: true }),
};

const WAF = ["azure-native:frontdoor:Policy", "azure-native:network:Policy", "azure-native:network:WebApplicationFirewallPolicy"];

export const firewallBlocks: Rule = {
  id: "azure-waf-prevention",
  title: "Let the web application firewall block",
  why: "In detection mode it only watches an attack succeed.",
  remedy: "Set policySettings.mode to Prevention and enabledState to Enabled.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AZURE_122", "CKV_AZURE_123"],
  types: WAF,
  judge: (subject) =>
    all(
      equals(read(subject, "policySettings.mode"), "Prevention"),
      expect(
        read(subject, subject.type.includes("frontdoor") ? "policySettings.enabledState" : "policySettings.state"),
        (value) => value !== "Disabled",
        () => "is Disabled",
      ),
    ),
};

export const log4j: Rule = {
  id: "azure-waf-log4j",
  title: "Stop requests that exploit Log4j and other known faults",
  why: "CVE-2021-44228 is still tried on every public address.",
  remedy: "Add the managed rule set Microsoft_DefaultRuleSet (or OWASP 3.x) without switching off its Java rules.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_AZURE_133", "CVE-2021-44228"],
  types: WAF,
  judge(subject) {
    for (const set of each(subject, "managedRules.managedRuleSets")) {
      if (!set.known) return undecided(set.path);
      const { ruleSetType } = (set.value ?? {}) as { ruleSetType?: string };
      if (ruleSetType !== undefined && /DefaultRuleSet|OWASP/.test(ruleSetType)) return PASS;
    }
    return fail("managedRules.managedRuleSets", "has no default rule set");
  },
};

export const vault: Rule = {
  id: "azure-keyvault-hardened",
  title: "Protect Key Vault from deletion and let roles decide who reads",
  why: "A purged vault takes the gateway's certificate with it; access policies give one service every secret.",
  remedy: "Set properties.enablePurgeProtection and properties.enableRbacAuthorization to true.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AZURE_110", "CKV_AZURE_42", "Azure Policy: Key Vault should use RBAC permission model"],
  types: ["azure-native:keyvault:Vault"],
  judge: (subject) =>
    all(equals(read(subject, "properties.enablePurgeProtection"), true), equals(read(subject, "properties.enableRbacAuthorization"), true)),
};

const WEB = new Set(["80", "443"]);

const GROUP = "azure-native:network:NetworkSecurityGroup";

/** Whether one rule of a network security group lets the whole internet in by another port; `at` is where its properties stand, with the dot after it. */
function opens(subject: Subject, at: string): Verdict {
  const properties = [
    "sourceAddressPrefix",
    "sourceAddressPrefixes",
    "destinationPortRange",
    "destinationPortRanges",
    "access",
    "direction",
  ];
  const readings = properties.map((name) => read(subject, at + name));
  const unknown = readings.find(({ known }) => !known);
  if (unknown !== undefined) return undecided(unknown.path);
  const [source, sources, port, others, access, direction] = readings.map((reading) => (reading.known ? reading.value : undefined));
  const world = [source, sources].flat().some((range) => range === "*" || range === "0.0.0.0/0" || range === "Internet");
  const ports = [port, others].flat().filter((one) => one !== undefined);
  if (access !== "Allow" || direction !== "Inbound" || !world || ports.every((one) => WEB.has(String(one)))) return PASS;
  return fail(at.replace(/\.$/, ""), `opens port ${shown(ports.join(", "))} to the whole internet`);
}

export const openPorts: Rule = {
  id: "azure-nsg-open",
  title: "Open nothing but the web's ports to the internet",
  why: "Every other open port is a door beside the gateway.",
  remedy: "Name the source ranges or service tags that need it, or take the rule out.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AZURE_9", "CKV_AZURE_10", "CKV_AZURE_77"],
  types: [GROUP, "azure-native:network:SecurityRule"],
  judge: (subject) =>
    subject.type === GROUP
      ? all(...each(subject, "securityRules").map(({ path, known }) => (known ? opens(subject, `${path}.`) : undecided(path))))
      : opens(subject, ""),
};

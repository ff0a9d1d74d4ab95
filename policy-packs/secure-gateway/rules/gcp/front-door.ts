import { all, equals, expect, fail, oneOf, PASS, present, type Rule, shown, undecided } from "../rule.ts";
import { each, read, type Subject } from "../subject.ts";

export const sslPolicy: Rule = {
  id: "gcp-ssl-policy",
  title: "Accept nothing below TLS 1.2, with modern ciphers",
  why: "Google's default policy still accepts TLS 1.0 and weak ciphers.",
  remedy: "Set minTlsVersion to TLS_1_2 or TLS_1_3 and profile to MODERN, RESTRICTED or FIPS_202205.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_GCP_4", "RFC 8996"],
  types: ["gcp:compute/sSLPolicy:SSLPolicy", "gcp:compute/regionSslPolicy:RegionSslPolicy"],
  judge: (subject) =>
    all(
      oneOf(read(subject, "minTlsVersion"), ["TLS_1_2", "TLS_1_3"]),
      oneOf(read(subject, "profile"), ["MODERN", "RESTRICTED", "FIPS_202205"]),
    ),
};

export const proxySslPolicy: Rule = {
  id: "gcp-https-proxy-ssl-policy",
  title: "Give every HTTPS proxy an SSL policy",
  why: "Without one it takes Google's default, which accepts TLS 1.0.",
  remedy: "Set sslPolicy.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_GCP_4"],
  types: ["gcp:compute/targetHttpsProxy:TargetHttpsProxy", "gcp:compute/regionTargetHttpsProxy:RegionTargetHttpsProxy"],
  judge: (subject) => present(read(subject, "sslPolicy")),
};

export const earlyData: Rule = {
  id: "gcp-https-proxy-early-data",
  title: "Take no TLS 1.3 early data",
  why: "Early data can be replayed: a captured order is placed twice.",
  remedy: "Leave tlsEarlyData unset or DISABLED.",
  severity: "medium",
  level: "mandatory",
  sources: ["RFC 8446, section 8"],
  types: ["gcp:compute/targetHttpsProxy:TargetHttpsProxy"],
  judge: (subject) =>
    expect(
      read(subject, "tlsEarlyData"),
      (value) => value === undefined || value === null || value === "DISABLED",
      (value) => `is ${shown(value)}`,
    ),
};

const HTTP_PROXIES = ["gcp:compute/targetHttpProxy:TargetHttpProxy", "gcp:compute/regionTargetHttpProxy:RegionTargetHttpProxy"];
const URL_MAPS = ["gcp:compute/uRLMap:URLMap", "gcp:compute/regionUrlMap:RegionUrlMap"];

export const plainHttp: Rule = {
  id: "gcp-http-proxy-redirect",
  title: "Let a plain HTTP proxy only redirect",
  why: "An HTTP proxy with a backend carries tokens in clear.",
  remedy: "Point it at a URL map whose defaultUrlRedirect has httpsRedirect true and no other rule.",
  severity: "critical",
  level: "mandatory",
  sources: [],
  types: HTTP_PROXIES,
  wholeStack: true,
  judge(subject, others) {
    const maps = others.filter(({ type, key }) => URL_MAPS.includes(type) && subject.dependsOn.includes(key));
    const [map] = maps;
    if (map === undefined) return undecided("urlMap");
    return all(
      equals(read(map, "defaultUrlRedirect.httpsRedirect"), true),
      ...["defaultService", "pathMatchers"].map((path) =>
        expect(
          read(map, path),
          (value) => value === undefined || value === null || (Array.isArray(value) && value.length === 0),
          () => `of ${map.name} leads to a backend`,
        ),
      ),
    );
  },
};

const REGIONAL = "gcp:compute/regionBackendService:RegionBackendService";
const BACKENDS = ["gcp:compute/backendService:BackendService", REGIONAL];

const isExternal = (subject: Subject) => {
  const scheme = read(subject, "loadBalancingScheme");
  if (scheme.known && scheme.value === undefined) return subject.type !== REGIONAL;
  return !scheme.known || scheme.value === "EXTERNAL" || scheme.value === "EXTERNAL_MANAGED";
};

export const armor: Rule = {
  id: "gcp-backend-armor",
  title: "Put a Cloud Armor policy before every backend of the load balancer",
  why: "Without one nothing stops known attacks, floods from one address or a changed CIDR list.",
  remedy: "Set securityPolicy.",
  severity: "medium",
  level: "mandatory",
  sources: ["CKV2_GCP_12"],
  types: BACKENDS,
  judge: (subject) => (isExternal(subject) ? present(read(subject, "securityPolicy")) : PASS),
};

export const backendLogs: Rule = {
  id: "gcp-backend-logs",
  title: "Log what the load balancer answers",
  why: "Without it nobody can say who called what, unless the gateway behind it writes a log of its own, without credentials in it.",
  remedy: "Set logConfig.enable to true and leave sampleRate at 1.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_GCP_61"],
  types: BACKENDS,
  judge: (subject) =>
    isExternal(subject)
      ? all(
          equals(read(subject, "logConfig.enable"), true),
          expect(
            read(subject, "logConfig.sampleRate"),
            (value) => value === undefined || value === null || value === 1,
            (value) => `is ${shown(value)}: the rest is not logged`,
          ),
        )
      : PASS,
};

export const backendProtocol: Rule = {
  id: "gcp-backend-protocol",
  title: "Reach backends by HTTPS",
  why: "The last hop carries the same tokens as the first.",
  remedy: "Set protocol to HTTPS, HTTP2 or H2C only for a serverless NEG, which Google reaches over its own encrypted network.",
  severity: "critical",
  level: "mandatory",
  sources: [],
  types: BACKENDS,
  judge: (subject) =>
    expect(
      read(subject, "protocol"),
      (value) => value !== "HTTP" && value !== undefined && value !== null && value !== "H2C",
      (value) => `is ${shown(value)}`,
    ),
};

const rules = (subject: Subject) => each(subject, "rules");

export const armorEnforces: Rule = {
  id: "gcp-armor-enforces",
  title: "Let Cloud Armor act, not only watch",
  why: "A rule in preview logs the attack and lets it through.",
  remedy: "Leave preview false on every rule.",
  severity: "high",
  level: "mandatory",
  sources: [],
  types: ["gcp:compute/securityPolicy:SecurityPolicy"],
  judge: (subject) =>
    all(
      ...rules(subject).map((rule) =>
        expect(
          read(subject, `${rule.path}.preview`),
          (value) => value !== true,
          () => "is true",
        ),
      ),
    ),
};

export const log4j: Rule = {
  id: "gcp-armor-log4j",
  title: "Stop requests that exploit Log4j and other known faults",
  why: "CVE-2021-44228 is still tried on every public address.",
  remedy: "Add a deny rule with evaluatePreconfiguredWaf('cve-canary').",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_GCP_73", "CVE-2021-44228"],
  types: ["gcp:compute/securityPolicy:SecurityPolicy"],
  judge(subject) {
    for (const rule of rules(subject)) {
      const [action, expression] = [read(subject, `${rule.path}.action`), read(subject, `${rule.path}.match.expr.expression`)];
      if (!rule.known || !action.known || !expression.known) return undecided(rule.path);
      if (/cve-canary/.test(String(expression.value ?? "")) && String(action.value).startsWith("deny")) return PASS;
    }
    return fail("rules", "has no deny rule for cve-canary");
  },
};

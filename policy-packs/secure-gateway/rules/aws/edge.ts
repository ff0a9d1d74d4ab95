import { all, equals, expect, fail, oneOf, PASS, present, type Rule, shown, undecided, type Verdict } from "../rule.ts";
import { each, read } from "../subject.ts";

const DISTRIBUTION = ["aws:cloudfront/distribution:Distribution"];
const VIEWER_TLS = ["TLSv1.2_2019", "TLSv1.2_2021", "TLSv1.2_2025", "TLSv1.3_2025"];

export const viewerHttps: Rule = {
  id: "aws-cloudfront-viewer-https",
  title: "Let viewers reach CloudFront by HTTPS only",
  why: "On plain HTTP tokens and answers are readable on the way.",
  remedy: "Set viewerProtocolPolicy to redirect-to-https or https-only on every cache behaviour.",
  severity: "critical",
  level: "mandatory",
  sources: ["CKV_AWS_34", "Security Hub CloudFront.3"],
  types: DISTRIBUTION,
  judge(subject) {
    const secure = ["redirect-to-https", "https-only"];
    const ordered = each(subject, "orderedCacheBehaviors").map((behavior): Verdict => {
      const reading = read(subject, `${behavior.path}.viewerProtocolPolicy`);
      return oneOf(reading, secure);
    });
    return all(oneOf(read(subject, "defaultCacheBehavior.viewerProtocolPolicy"), secure), ...ordered);
  },
};

export const viewerTls: Rule = {
  id: "aws-cloudfront-viewer-tls",
  title: "Accept nothing below TLS 1.2 from viewers",
  why: "TLS 1.0 and 1.1 are withdrawn (RFC 8996).",
  remedy: "Set viewerCertificate.minimumProtocolVersion to TLSv1.2_2021 or newer, with a certificate of your own.",
  severity: "high",
  level: "mandatory",
  sources: ["CKV_AWS_174", "Security Hub CloudFront.7"],
  types: DISTRIBUTION,
  judge: (subject) => oneOf(read(subject, "viewerCertificate.minimumProtocolVersion"), VIEWER_TLS),
};

export const originHttps: Rule = {
  id: "aws-cloudfront-origin-https",
  title: "Reach origins by HTTPS with TLS 1.2",
  why: "The way from the edge to the origin crosses networks too.",
  remedy: "Set originProtocolPolicy to https-only and originSslProtocols to TLSv1.2.",
  severity: "critical",
  level: "mandatory",
  sources: ["Security Hub CloudFront.9", "Security Hub CloudFront.10"],
  types: DISTRIBUTION,
  judge: (subject) =>
    all(
      ...each(subject, "origins").map((origin): Verdict => {
        const config = read(subject, `${origin.path}.customOriginConfig`);
        if (!config.known) return undecided(config.path);
        if (config.value === undefined || config.value === null) return PASS;
        return all(
          equals(read(subject, `${config.path}.originProtocolPolicy`), "https-only"),
          expect(
            read(subject, `${config.path}.originSslProtocols`),
            (value) => Array.isArray(value) && value.length > 0 && value.every((version) => /^TLSv1\.[23]$/.test(String(version))),
            (value) => `is ${shown(value)}`,
          ),
        );
      }),
    ),
};

export const edgeFirewall: Rule = {
  id: "aws-cloudfront-firewall",
  title: "Put a web ACL before the distribution",
  why: "The edge is where floods and known attacks are cheapest to stop.",
  remedy: "Set webAclId.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_AWS_68", "Security Hub CloudFront.6"],
  types: DISTRIBUTION,
  judge: (subject) => present(read(subject, "webAclId")),
};

const KNOWN_BAD_INPUTS = "AWSManagedRulesKnownBadInputsRuleSet";

export const log4j: Rule = {
  id: "aws-waf-known-bad-inputs",
  title: "Stop requests that exploit Log4j and other known faults",
  why: "CVE-2021-44228 is still tried on every public address.",
  remedy: "Add the managed rule group AWSManagedRulesKnownBadInputsRuleSet, without overriding its action to count.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV_AWS_192", "CVE-2021-44228"],
  types: ["aws:wafv2/webAcl:WebAcl"],
  judge(subject) {
    // A web ACL that blocks by default lets through only what its own rules name.
    const block = read(subject, "defaultAction.block");
    if (block.known && block.value !== undefined && block.value !== null) return PASS;
    for (const rule of each(subject, "rules")) {
      if (!rule.known) return undecided(rule.path);
      const group = read(subject, `${rule.path}.statement.managedRuleGroupStatement.name`);
      if (!group.known) return undecided(group.path);
      if (group.value !== KNOWN_BAD_INPUTS) continue;
      const override = read(subject, `${rule.path}.overrideAction.count`);
      if (!override.known) return undecided(override.path);
      return override.value === undefined || override.value === null ? PASS : fail(override.path, "only counts what it should block");
    }
    return fail("rules", "has no AWSManagedRulesKnownBadInputsRuleSet");
  },
};

export const firewallLogs: Rule = {
  id: "aws-waf-logging",
  title: "Log what the web ACL decides",
  why: "Without it nobody can tell an attack from a false alarm.",
  remedy: "Add an aws:wafv2:WebAclLoggingConfiguration that uses the web ACL.",
  severity: "medium",
  level: "advisory",
  sources: ["CKV2_AWS_31", "Security Hub WAF.11"],
  types: ["aws:wafv2/webAcl:WebAcl"],
  wholeStack: true,
  judge: (subject, others) =>
    others.some(
      ({ type, dependsOn }) =>
        type === "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration" && dependsOn.includes(subject.key),
    )
      ? PASS
      : fail("", "no aws:wafv2:WebAclLoggingConfiguration uses it"),
};

export const firewallRedaction: Rule = {
  id: "aws-waf-log-redaction",
  title: "Take credentials out of the web ACL's log",
  why: "A web ACL logs every header; a token in a log acts as its caller.",
  remedy: "Name authorization, cookie and your key header in redactedFields.",
  severity: "high",
  level: "mandatory",
  sources: ["CWE-532"],
  types: ["aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"],
  judge(subject) {
    const names: unknown[] = [];
    for (const field of each(subject, "redactedFields")) {
      const name = read(subject, `${field.path}.singleHeader.name`);
      if (!field.known || !name.known) return undecided(name.path);
      names.push(name.value);
    }
    const missing = ["authorization", "cookie"].filter((name) => !names.includes(name));
    return missing.length === 0 ? PASS : fail("redactedFields", `does not name ${missing.join(" and ")}`);
  },
};

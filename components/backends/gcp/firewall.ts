import { SecurityPolicy } from "@pulumi/gcp/compute/securityPolicy.js";
import { type ArmorRule, armorRules } from "./armor/rules.ts";
import type { GcpBuild } from "./build.ts";

/** The Cloud Armor policy of the gateway, all of its rules in one resource. */
export function firewall(b: GcpBuild): SecurityPolicy {
  const advanced = b.model.ddos === "advanced";
  const policy = new SecurityPolicy(
    `${b.name}-firewall`,
    {
      ...b.called("firewall"),
      type: "CLOUD_ARMOR",
      rules: armorRules(b.model).map(rule),
      advancedOptionsConfig: { jsonParsing: "STANDARD", logLevel: "NORMAL" },
      ...(advanced ? { adaptiveProtectionConfig: { layer7DdosDefenseConfig: { enable: true, ruleVisibility: "STANDARD" } } } : {}),
    },
    b.opts(),
  );
  return b.enforced.note(
    policy,
    "host.only",
    "access.allow",
    "access.deny",
    "waf",
    "ddos.advanced",
    "limit.gateway",
    "limit.gatewayClientIp",
    "limit.route",
    "limit.routeClientIp",
    "limit.routeConsumer",
    "limit.routeHeader",
  );
}

function rule({ priority, description, action, match, limit }: ArmorRule) {
  return {
    priority,
    description,
    action,
    match:
      "ranges" in match
        ? { versionedExpr: "SRC_IPS_V1", config: { srcIpRanges: [...match.ranges] } }
        : { expr: { expression: match.expression } },
    ...(limit === undefined
      ? {}
      : {
          rateLimitOptions: {
            conformAction: "allow",
            exceedAction: "deny(429)",
            enforceOnKey: limit.key,
            ...(limit.header === undefined ? {} : { enforceOnKeyName: limit.header }),
            rateLimitThreshold: { ...limit.threshold },
          },
        }),
  };
}

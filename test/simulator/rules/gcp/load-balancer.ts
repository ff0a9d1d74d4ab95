import { CloudError, type Rule } from "../../core/rule.ts";
import { objects, text } from "../../core/values.ts";
import { compute } from "./common.ts";

const inUse = (what: string) => () =>
  `Error 400: The ${what} resource is already being used by another resource, resourceInUseByAnotherResource`;

/** What keeps a security policy from being taken: two rules with one priority, or none by default. */
function checkRules(rules: unknown): void {
  const priorities = objects(rules).map(({ priority }) => Number(priority));
  if (new Set(priorities).size !== priorities.length)
    throw new CloudError("Error 400: Invalid value for field 'resource.rules': two rules have the same priority, invalid");
  if (!priorities.includes(2_147_483_647))
    throw new CloudError(
      "Error 400: Invalid value for field 'resource.rules': a default rule with priority 2147483647 is required, invalid",
    );
}

export const loadBalancer: readonly Rule[] = [
  compute("globalAddress:GlobalAddress", "global/addresses", {
    outputs: ({ hex }) => ({ address: `34.${[0, 2, 4].map((at) => Number.parseInt(hex(6).slice(at, at + 2), 16)).join(".")}` }),
    heldBy: [{ type: "gcp:compute/globalForwardingRule:GlobalForwardingRule", message: inUse("address") }],
  }),
  compute("sSLPolicy:SSLPolicy", "global/sslPolicies", {
    admit: ({ inputs }) => {
      if (inputs.minTlsVersion === "TLS_1_3" && inputs.profile !== "RESTRICTED")
        throw new CloudError("Error 400: Invalid value for field 'resource.profile': TLS_1_3 requires profile RESTRICTED, invalid");
    },
    heldBy: [{ type: "gcp:compute/targetHttpsProxy:TargetHttpsProxy", message: inUse("sslPolicy") }],
  }),
  compute("securityPolicy:SecurityPolicy", "global/securityPolicies", {
    admit: ({ inputs }) => checkRules(inputs.rules),
    outputs: ({ hex, inputs }) => ({ fingerprint: hex(12, "fingerprint", inputs.rules) }),
    volatile: { fingerprint: ["rules"] },
    heldBy: [{ type: "gcp:compute/backendService:BackendService", message: inUse("security policy") }],
  }),
  compute("regionNetworkEndpointGroup:RegionNetworkEndpointGroup", "regions/{region}/networkEndpointGroups", {
    replaceOn: ["region", "cloudRun", "networkEndpointType"],
    heldBy: [{ type: "gcp:compute/backendService:BackendService", message: inUse("network_endpoint_group") }],
  }),
  compute("healthCheck:HealthCheck", "global/healthChecks", {
    outputs: ({ inputs }) => ({ type: Object.keys(inputs).some((name) => name === "httpsHealthCheck") ? "HTTPS" : "TCP" }),
    heldBy: [{ type: "gcp:compute/backendService:BackendService", message: inUse("health check") }],
  }),
  compute("backendService:BackendService", "global/backendServices", {
    replaceOn: ["loadBalancingScheme"],
    outputs: ({ hex }) => ({ generatedId: Number.parseInt(hex(8), 16), fingerprint: hex(12, "fingerprint") }),
    heldBy: [{ type: "gcp:compute/uRLMap:URLMap", message: inUse("backend service") }],
  }),
  compute("uRLMap:URLMap", "global/urlMaps", {
    outputs: ({ hex }) => ({ mapId: Number.parseInt(hex(8), 16), fingerprint: hex(12, "fingerprint") }),
    heldBy: [
      { type: "gcp:compute/targetHttpsProxy:TargetHttpsProxy", message: inUse("urlMap") },
      { type: "gcp:compute/targetHttpProxy:TargetHttpProxy", message: inUse("urlMap") },
    ],
  }),
  ...["targetHttpsProxy:TargetHttpsProxy", "targetHttpProxy:TargetHttpProxy"].map((type) =>
    compute(type, type.includes("Https") ? "global/targetHttpsProxies" : "global/targetHttpProxies", {
      outputs: ({ hex }) => ({ proxyId: Number.parseInt(hex(8), 16) }),
      heldBy: [{ type: "gcp:compute/globalForwardingRule:GlobalForwardingRule", message: inUse("target proxy") }],
    }),
  ),
  compute("globalForwardingRule:GlobalForwardingRule", "global/forwardingRules", {
    replaceOn: ["ipAddress", "portRange", "loadBalancingScheme"],
    unique: {
      key: ({ inputs }) => `${text(inputs.ipAddress)} ${text(inputs.portRange)}`,
      message: () => "Error 400: Specified IP address is in-use and would result in a conflict., invalid",
    },
    outputs: ({ hex, inputs }) => ({ forwardingRuleId: Number.parseInt(hex(8), 16), baseForwardingRule: text(inputs.name) }),
  }),
  compute("firewall:Firewall", "global/firewalls", { replaceOn: ["network"] }),
];

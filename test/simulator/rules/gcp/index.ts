import type { RuleContext, RuleSet } from "../../core/rule.ts";
import { isObject, text, timestamp, type Values } from "../../core/values.ts";
import { certificatesAndDns, dnsFunctions } from "./certificates-dns.ts";
import { endpoints } from "./endpoints.ts";
import { loadBalancer } from "./load-balancer.ts";
import { platform } from "./platform.ts";

/** What Google Cloud says of many kinds of resource; a type gets of it what its class declares. */
function common(context: RuleContext): Values {
  const { inputs, previous, now, hex, id } = context;
  const created = (name: string) => (typeof previous[name] === "string" ? previous[name] : timestamp(now));
  const labels = isObject(inputs.labels) ? inputs.labels : {};
  const annotations = isObject(inputs.annotations) ? inputs.annotations : {};
  return {
    attachmentGroup: "",
    cloudRouterIpv6Address: "",
    conditions: [],
    creationTime: created("creationTime"),
    creationTimestamp: created("creationTimestamp"),
    createTime: created("createTime"),
    creator: "simulator@example.com",
    customerRouterIpv6Address: "",
    deleteTime: "",
    destroyTime: "",
    effectiveAnnotations: annotations,
    effectiveLabels: { ...labels, "goog-pulumi-provisioned": "true" },
    enabledFeatures: [],
    etag: hex(12, "etag"),
    expireTime: "",
    fingerprint: hex(12, "fingerprint"),
    gclbTargets: [],
    generation: "1",
    googleReferenceId: hex(12, "reference"),
    isAdvertisedRoutePrioritySet: false,
    isCustomLearnedPrioritySet: false,
    labelFingerprint: hex(12, "labels", labels),
    lastModifier: "simulator@example.com",
    latestCreatedRevision: "",
    managedZoneId: String(Number.parseInt(hex(10, "zone"), 16)),
    managementType: "MANAGED_BY_USER",
    md5hash: hex(24, "md5", text(inputs.content)),
    md5hexhash: hex(32, "md5hex", text(inputs.content)),
    mediaLink: `https://storage.googleapis.com/download/${id}`,
    nameServers: ["ns-cloud-a1.googledomains.com."],
    observedGeneration: "1",
    pairingKey: "",
    partnerAsn: "",
    privateInterconnectInfos: [],
    projectNumber: 314_159,
    pscConnectionId: "",
    pscConnectionStatus: "",
    pulumiLabels: labels,
    reconciling: false,
    selfLink: `https://www.googleapis.com/${id}`,
    sharedSecretHash: hex(20, "shared", text(inputs.sharedSecret)),
    terminalConditions: [],
    timeCreated: created("timeCreated"),
    trafficStatuses: [],
    uid: hex(32, "uid"),
    updateTime: created("updateTime"),
    updated: created("updated"),
  };
}

/** Google Cloud as far as a gateway needs it. */
export const ruleSet: RuleSet = {
  name: "gcp",
  rules: [...loadBalancer, ...certificatesAndDns, ...endpoints, ...platform],
  functions: dnsFunctions,
  common,
};

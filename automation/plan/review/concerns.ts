import type { PlannedResource } from "../recorder.ts";

/** Resources that serve one concern. */
export interface ConcernGroup {
  readonly concern: string;
  readonly resources: readonly PlannedResource[];
}

/** Which resource types serve which concern; the first that fits. Types of any cloud, in the SDKs' own spelling. */
const CONCERNS: readonly (readonly [concern: string, types: RegExp])[] = [
  ["Firewall", /wafv2|securityPolic|firewallPolic|shield|:WebApplicationFirewall|:cdn:Policy|cdn:SecurityPolicy/i],
  [
    "Edge",
    /cloudfront|azure-native:(cdn|frontdoor)|globalForwardingRule|urlMap|target(Https|Http)Prox|sslPolicy|backendService|regionNetworkEndpointGroup|globalAddress|networkservices/i,
  ],
  [
    "Certificates",
    /:acm|certificate|certRequest|selfSignedCert|locallySignedCert|trustConfig|serverTlsPolicy|\bacme\b|:privateca|caCertificate|acmpca/i,
  ],
  ["DNS", /route53|:dns|recordSet|managedZone/i],
  [
    "Network",
    /:ec2|:vpc|:lb\/|:lb:|vpcLink|:network|:directconnect|compute\/(network|subnetwork|firewall|router|vpn|interconnect|address)/i,
  ],
  ["Logs, metrics, alarms", /cloudwatch|:logging|:monitoring|insights|:sns|operationalinsights|diagnosticSetting|logger/i],
  ["Keys and secrets", /privateKey|apiKey|signingKey|:kms|keyvault|secretmanager|secretsmanager|:ssm|random|namedValue/i],
  ["Rights", /:iam|iamMember|iamBinding|roleAssignment|managedidentity|serviceaccount|lambda\/permission/i],
  ["Consumers and limits", /usagePlan|:dynamodb|subscription|:Product|apimanagement:(Product|User)/i],
  ["Gateway", /./],
];

const ORDER = [
  "Edge",
  "Firewall",
  "Gateway",
  "Consumers and limits",
  "Certificates",
  "Keys and secrets",
  "Rights",
  "Network",
  "DNS",
  "Logs, metrics, alarms",
];

/** The concern a resource serves. */
export const concernOf = (type: string): string => CONCERNS.find(([, types]) => types.test(type))?.[0] ?? "Gateway";

/** Every resource of a plan but the components around them, by concern. */
export function groupByConcern(resources: readonly PlannedResource[]): ConcernGroup[] {
  const groups = Map.groupBy(
    resources.filter(({ type }) => !type.startsWith("secure-gateway:")),
    ({ type }) => concernOf(type),
  );
  return ORDER.flatMap((concern) => {
    const members = groups.get(concern);
    return members === undefined ? [] : [{ concern, resources: [...members].sort((a, b) => (a.name < b.name ? -1 : 1)) }];
  });
}

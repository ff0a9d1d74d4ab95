import type { Reason } from "./reason.ts";

/** Reasons for the plans of Azure alone. */
export const AZURE: readonly Reason[] = [
  {
    type: /:(Api|PolicyFragment|Product|Subscription|ScheduledQueryRule|MetricAlert|Workbook|Gateway)$/,
    pattern: /^(description|displayName)$/,
    operator: /^change a text$/,
    reason: "a title or description for people; everything refers to the resource by its id",
  },
  {
    type: /:Api$/,
    pattern: /(\.summary|\.description|info\.(title|version))$/,
    operator: /^(change a text|blank a text)$/,
    reason: "a text of the definition for people; operations are found by path and method, and the policy decides whatever the operation",
  },
  {
    type: /:Workbook$/,
    pattern: /^serializedData(\.|$)/,
    reason: "a picture of what alarms and queries measure elsewhere; nothing is decided or told by it",
  },
  {
    type: /:Workbook$/,
    pattern: /^$/,
    operator: /^drop the resource$/,
    reason: "a picture of what alarms and queries measure elsewhere; nothing is decided or told by it",
  },
  {
    type: /:Workbook$/,
    pattern: /^resourceName$/,
    operator: /^change a text$/,
    reason: "the name of the picture",
  },
  {
    type: /:(Certificate|NamedValue|Product|Logger|RuleSet|Rule|Policy|DiagnosticSetting)$/,
    pattern: /^(certificateId|namedValueId|loggerId|ruleSetName|ruleName|policyName|name)$/,
    operator: /^change a text$/,
    reason:
      "the resource's own name; everything that needs it refers to the resource itself, and a name that is not allowed is refused by the provider",
  },
  {
    type: /network:(Subnet|NetworkSecurityGroup|VirtualNetworkGateway)$|apimanagement:GatewayHostnameConfiguration$/,
    pattern: /^(subnetName|delegations\.\[\]\.name|securityRules\.\[\]\.name|ipConfigurations\.\[\]\.name|hcId)$/,
    operator: /^change a text$/,
    reason: "the name of a part within its resource; nothing refers to it (the one name the platform looks for, GatewaySubnet, is read)",
  },
  {
    type: /network:PublicIPAddress$/,
    pattern: /^dnsSettings\.domainNameLabel$/,
    operator: /^change a text$/,
    reason:
      "a name of the address that the platform asks for and nobody uses: clients come by the document's host name, and the policy refuses others",
  },
  {
    type: /:(ActionGroup|MetricAlert|Backend)$/,
    pattern:
      /^(groupShortName|(emailReceivers|webhookReceivers)\.\[\]\.name|criteria\.allOf\.\[\]\.name|circuitBreaker\.rules\.\[\]\.name)$/,
    operator: /^change a text$/,
    reason: "a name in messages to people; who is told and why stands beside it and is read",
  },
  {
    type: /:ApiManagementService$/,
    pattern: /^(publisherName|publisherEmail)$/,
    operator: /^change a text$/,
    reason: "whom the platform names in its own mail to administrators; requests and alarms do not use it",
  },
  {
    type: /cdn:AFDOriginGroup$/,
    pattern: /^loadBalancingSettings\./,
    operator: /number|limit/,
    reason: "how origins are compared; there is one, and no probes",
  },
  {
    type: /apimanagement:Policy$/,
    pattern: /inbound\.children\.set-variable problem$/,
    operator: /^remove$/,
    reason: "without a status the refusal cannot be written, and on-error answers the same 404",
  },
];

import { CloudError, type Rule, type RuleContext } from "../../core/rule.ts";
import { list, text, timestamp } from "../../core/values.ts";
import { arnOf, aws, globalArn, regionOf } from "./common.ts";

const WEB_ACL = "aws:wafv2/webAcl:WebAcl";
const IN_USE =
  "WAFAssociatedItemException: AWS WAF couldn’t perform the operation because your resource is being used by another resource or it’s associated with another resource.";

/** CloudFront's WAF objects live in us-east-1 only. */
function wafArn(context: RuleContext, kind: string): string {
  const { scope, name } = context.inputs;
  return arnOf(context, "wafv2", `${scope === "CLOUDFRONT" ? "global" : "regional"}/${kind}/${text(name)}/${context.id}`);
}

function wafRegion(context: RuleContext): void {
  if (context.inputs.scope === "CLOUDFRONT" && regionOf(context) !== "us-east-1")
    throw new CloudError("WAFInvalidParameterException: Error reason: The scope is not valid., field: SCOPE_VALUE, parameter: CLOUDFRONT");
}

const wafUuid = ({ hex }: RuleContext) => `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`;
const uniqueName = {
  key: ({ inputs }: RuleContext) => `${text(inputs.scope)}/${text(inputs.name)}`,
  message: () =>
    "WAFDuplicateItemException: AWS WAF couldn’t perform the operation because some resource in your request is a duplicate of an existing one.",
};

const wafSet = (type: string, kind: string, replaceOn: string[] = []): Rule =>
  aws(type, {
    named: 128,
    replaceOn: ["name", "namePrefix", "scope", ...replaceOn],
    id: wafUuid,
    unique: uniqueName,
    admit: wafRegion,
    outputs: (context) => ({ arn: wafArn(context, kind), lockToken: context.hex(32, context.inputs) }),
    heldBy: [{ type: WEB_ACL, message: () => IN_USE }],
  });

const policyOf = (type: string): Rule =>
  aws(type, {
    named: 128,
    replaceOn: [],
    id: ({ hex }) => `${hex(8)}-${hex(4, 1)}-4${hex(3, 2)}-a${hex(3, 3)}-${hex(12, 4)}`,
    outputs: (context) => ({
      arn: globalArn("cloudfront", `${(type.split(":")[1] ?? "").toLowerCase()}/${context.id}`),
      etag: `E${context.hex(13, context.inputs).toUpperCase()}`,
    }),
    heldBy: [
      {
        type: "aws:cloudfront/distribution:Distribution",
        message: () => "IllegalDelete: Cannot delete the policy because it is attached to one or more cache behaviors.",
      },
    ],
  });

export const edge: readonly Rule[] = [
  aws("wafv2/webAcl:WebAcl", {
    named: 128,
    replaceOn: ["name", "namePrefix", "scope"],
    id: wafUuid,
    unique: uniqueName,
    admit: wafRegion,
    outputs: (context) => ({
      arn: wafArn(context, "webacl"),
      applicationIntegrationUrl: "",
      capacity: 25 * list(context.inputs.rules).length,
      lockToken: context.hex(32, context.inputs),
    }),
    heldBy: ["aws:wafv2/webAclAssociation:WebAclAssociation", "aws:cloudfront/distribution:Distribution"].map((type) => ({
      type,
      message: () => IN_USE,
    })),
  }),
  wafSet("wafv2/ipSet:IpSet", "ipset", ["ipAddressVersion"]),
  wafSet("wafv2/regexPatternSet:RegexPatternSet", "regexpatternset"),
  wafSet("wafv2/ruleGroup:RuleGroup", "rulegroup", ["capacity"]),
  aws("wafv2/webAclAssociation:WebAclAssociation", {
    replaceOn: ["resourceArn", "webAclArn"],
    id: ({ inputs }) => `${text(inputs.webAclArn)},${text(inputs.resourceArn)}`,
    // A resource has one web ACL at most; associating another takes its place without a word.
    admit: ({ all, inputs }) => {
      if (!all(WEB_ACL).some(({ outputs }) => outputs.arn === inputs.webAclArn))
        throw new CloudError("WAFNonexistentItemException: AWS WAF couldn’t perform the operation because your resource doesn’t exist.");
    },
    effect: ({ all, cloud, inputs, operation }) => {
      const stage = all("aws:apigateway/stage:Stage").find(({ outputs }) => outputs.arn === inputs.resourceArn);
      if (stage) cloud.put({ ...stage, outputs: { ...stage.outputs, webAclArn: operation === "delete" ? "" : text(inputs.webAclArn) } });
    },
  }),
  aws("wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration", {
    replaceOn: ["resourceArn"],
    id: ({ inputs }) => text(inputs.resourceArn),
    check: ({ logDestinationConfigs }) =>
      list(logDestinationConfigs)
        .map(text)
        .filter((arn) => arn.startsWith("arn:") && !/[:/]aws-waf-logs-/.test(arn))
        .map((arn) => ({
          property: "logDestinationConfigs",
          reason: `the name of the log destination must begin with "aws-waf-logs-": ${arn}`,
        })),
  }),
  aws("cloudfront/distribution:Distribution", {
    id: ({ hex }) => `E${hex(13).toUpperCase()}`,
    computedDefaults: () => ({ httpVersion: "http2", priceClass: "PriceClass_All", isIpv6Enabled: false, waitForDeployment: true }),
    admit: ({ inputs }) => {
      const [certificate] = [(inputs.viewerCertificate as { acmCertificateArn?: unknown } | undefined)?.acmCertificateArn].map(text);
      if (certificate && !certificate.startsWith("arn:aws:acm:us-east-1:"))
        throw new CloudError(
          "InvalidViewerCertificate: The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a valid certificate chain.",
        );
    },
    outputs: (context) => ({
      arn: globalArn("cloudfront", `distribution/${context.id}`),
      callerReference: `terraform-${context.hex(20, "reference")}`,
      domainName: `d${context.hex(13, "domain")}.cloudfront.net`,
      etag: `E${context.hex(13, context.inputs).toUpperCase()}`,
      hostedZoneId: "Z2FDTNDATAQYW2",
      inProgressValidationBatches: 0,
      lastModifiedTime: timestamp(context.now),
      loggingV1Enabled: context.inputs.loggingConfig !== undefined,
      status: "Deployed",
      trustedKeyGroups: [{ enabled: false, items: [] }],
      trustedSigners: [{ enabled: false, items: [] }],
    }),
    unique: {
      key: ({ inputs }) => (list(inputs.aliases).length === 0 ? undefined : list(inputs.aliases).map(text).sort().join(",")),
      message: () => "CNAMEAlreadyExists: One or more of the CNAMEs you provided are already associated with a different resource.",
    },
  }),
  policyOf("cloudfront/responseHeadersPolicy:ResponseHeadersPolicy"),
  policyOf("cloudfront/cachePolicy:CachePolicy"),
  policyOf("cloudfront/originRequestPolicy:OriginRequestPolicy"),
  aws("cloudfront/function:Function", {
    named: 64,
    replaceOn: ["name"],
    id: ({ inputs }) => text(inputs.name),
    outputs: (context) => ({
      arn: globalArn("cloudfront", `function/${context.id}`),
      etag: `E${context.hex(13, context.inputs).toUpperCase()}`,
      liveStageEtag: `E${context.hex(13, context.inputs, "live").toUpperCase()}`,
      status: "UNASSOCIATED",
    }),
  }),
];

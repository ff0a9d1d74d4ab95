import type { Stage } from "@pulumi/aws/apigateway/stage.js";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import type { input } from "@pulumi/aws/types/index.js";
import { IpSet } from "@pulumi/aws/wafv2/ipSet.js";
import { WebAcl } from "@pulumi/aws/wafv2/webAcl.js";
import { WebAclAssociation } from "@pulumi/aws/wafv2/webAclAssociation.js";
import { WebAclLoggingConfiguration } from "@pulumi/aws/wafv2/webAclLoggingConfiguration.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { digest } from "../../digest.ts";
import { ORIGIN_HEADER } from "./authorizer-policy.ts";
import { type AwsBuild, EDGE_REGION } from "./build.ts";
import { type FirewallRule, floodRules, MANAGED_GROUPS, shapeRules } from "./firewall-rules.ts";

type Rule = input.wafv2.WebAclRule;

/** The firewall clients meet: before the stage, or before CloudFront. */
export function frontFirewall(b: AwsBuild, key: Key): WebAcl {
  const scope = b.edge ? "CLOUDFRONT" : "REGIONAL";
  const where = b.edge ? { region: EDGE_REGION } : b.inRegion;
  const addresses = b.edge ? addressRules(b) : [];
  const own = [...addresses, ...shapeRules(b.model, b.edge), ...floodRules(b.model.rateLimits)];
  const acl = new WebAcl(
    `${b.name}-firewall`,
    {
      scope,
      description: `Requests the gateway ${b.name} refuses`,
      defaultAction: { allow: {} },
      associationConfig: {
        requestBodies: [
          b.edge ? { cloudfront: { defaultSizeInspectionLimit: "KB_16" } } : { apiGateway: { defaultSizeInspectionLimit: "KB_16" } },
        ],
      },
      rules: [...own.map((rule, index) => blocking(rule, index)), ...(b.model.waf === "managed" ? managedRules(own.length) : [])],
      visibilityConfig: visible(`${b.name}-firewall`),
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
  b.enforced.note(acl, "request.path", "request.size", "request.headers", "require.jwt.claimToHeaders", "waf", "limit.gatewayClientIp");
  if (b.edge) b.enforced.note(acl, "access.allow", "access.deny");
  logging(b, "firewall", acl, key, where, ["authorization", "cookie", ...(b.model.apiKeys ? [b.model.apiKeys.header] : [])]);
  return acl;
}

/** Ties a regional firewall to the stage. */
export function associate(b: AwsBuild, acl: WebAcl, stage: Stage): WebAclAssociation {
  return new WebAclAssociation(`${b.name}-firewall-association`, { resourceArn: stage.arn, webAclArn: acl.arn, ...b.inRegion }, b.opts());
}

/** Behind CloudFront: nothing passes but what carries CloudFront's secret. */
export function originLock(b: AwsBuild, key: Key): { readonly acl: WebAcl; readonly secret: pulumi.Output<string> } {
  const source = new PrivateKey(`${b.name}-origin-secret`, { algorithm: "ED25519" }, b.opts());
  const secret = pulumi.secret(source.privateKeyPemPkcs8.apply(digest));
  const acl = new WebAcl(
    `${b.name}-origin-firewall`,
    {
      scope: "REGIONAL",
      description: `Only CloudFront reaches the gateway ${b.name}`,
      defaultAction: { block: {} },
      rules: [
        {
          name: "from-cloudfront",
          priority: 0,
          action: { allow: {} },
          statement: {
            byteMatchStatement: {
              positionalConstraint: "EXACTLY",
              searchString: secret,
              fieldToMatch: { singleHeader: { name: ORIGIN_HEADER } },
              textTransformations: [{ priority: 0, type: "NONE" }],
            },
          },
          visibilityConfig: visible("from-cloudfront"),
        },
      ],
      visibilityConfig: visible(`${b.name}-origin-firewall`),
      tags: b.tags,
      ...b.inRegion,
    },
    b.opts(),
  );
  b.enforced.note(acl, "edge", "host.only");
  logging(b, "origin-firewall", acl, key, b.inRegion, [
    ORIGIN_HEADER,
    "authorization",
    "cookie",
    ...(b.model.apiKeys ? [b.model.apiKeys.header] : []),
  ]);
  return { acl, secret };
}

function addressRules(b: AwsBuild): FirewallRule[] {
  const { allowCidrs, denyCidrs } = b.model.access;
  return [...setsOf(b, "denied", denyCidrs, false), ...setsOf(b, "allowed", allowCidrs, true)];
}

/** IP sets hold one kind of address each. An allow list refuses whoever is in neither. */
function setsOf(b: AwsBuild, name: string, blocks: readonly string[], allow: boolean): FirewallRule[] {
  if (blocks.length === 0) return [];
  const sets = (["IPV4", "IPV6"] as const).flatMap((version) => {
    const addresses = blocks.filter((block) => block.includes(":") === (version === "IPV6"));
    return addresses.length === 0
      ? []
      : [
          b.enforced.note(
            new IpSet(
              `${b.name}-${name}-${version.toLowerCase()}`,
              { scope: "CLOUDFRONT", ipAddressVersion: version, addresses, tags: b.tags, region: EDGE_REGION },
              b.opts(),
            ),
            allow ? "access.allow" : "access.deny",
          ),
        ];
  });
  const listed = sets.map((set) => ({ ipSetReferenceStatement: { arn: set.arn } }));
  const any = listed.length === 1 ? (listed[0] as (typeof listed)[0]) : { orStatement: { statements: listed } };
  return [{ name, status: 403, statement: allow ? { notStatement: { statement: any } } : any }];
}

function blocking({ name, statement, status }: FirewallRule, priority: number): Rule {
  return { name, priority, statement, action: { block: { customResponse: { responseCode: status } } }, visibilityConfig: visible(name) };
}

function managedRules(from: number): Rule[] {
  return MANAGED_GROUPS.map(({ name, exclude = [] }, index) => ({
    name,
    priority: from + index,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name,
        ...(exclude.length > 0 ? { ruleActionOverrides: exclude.map((rule) => ({ name: rule, actionToUse: { count: {} } })) } : {}),
      },
    },
    visibilityConfig: visible(name),
  }));
}

const visible = (metricName: string) => ({ cloudwatchMetricsEnabled: true, metricName, sampledRequestsEnabled: false });

function logging(b: AwsBuild, suffix: string, acl: WebAcl, key: Key, where: { region?: string }, secretHeaders: readonly string[]): void {
  const group = new LogGroup(
    `${b.name}-${suffix}-logs`,
    {
      // The service writes to groups of this name only.
      name: `aws-waf-logs-${b.name}-${suffix}`,
      retentionInDays: b.model.observability.accessLogs ? retention(b.model.observability.accessLogs.retentionDays) : 30,
      kmsKeyId: key.arn,
      tags: b.tags,
      ...where,
    },
    b.opts(),
  );
  new WebAclLoggingConfiguration(
    `${b.name}-${suffix}-logging`,
    {
      resourceArn: acl.arn,
      logDestinationConfigs: [group.arn],
      redactedFields: secretHeaders.map((name) => ({ singleHeader: { name } })),
      ...where,
    },
    b.opts(),
  );
}

const RETENTIONS = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/** CloudWatch keeps logs for certain numbers of days only: the next that is long enough. */
export const retention = (days: number): number => RETENTIONS.find((kept) => kept >= days) ?? 3653;

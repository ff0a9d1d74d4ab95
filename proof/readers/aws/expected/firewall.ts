import type { Expected } from "../../expected.ts";
import { between, each, like, oneOf, prose, type Shape, secret } from "../../shape.ts";
import { randomValue } from "./authorizer.ts";
import { type Context, EDGE_REGION } from "./context.ts";

/** The firewall clients meet, the one behind CloudFront that knows nobody else, and the lists of addresses they compare with. */
export function* firewalls(c: Context): Generator<Expected> {
  if (!c.rest) return;
  const limit = { defaultSizeInspectionLimit: "KB_16" };
  yield {
    type: "aws:wafv2/webAcl:WebAcl",
    suffix: "firewall",
    control: "request.path",
    inputs: {
      scope: c.edge ? "CLOUDFRONT" : "REGIONAL",
      description: prose,
      defaultAction: { allow: {} },
      associationConfig: { requestBodies: [c.edge ? { cloudfront: limit } : { apiGateway: limit }] },
      rules: ruleShapes(c),
      visibilityConfig: visibility(`${c.model.name}-firewall`),
      ...(c.edge ? c.front : c.home),
    },
  };
  yield {
    type: "aws:wafv2/webAclAssociation:WebAclAssociation",
    suffix: "firewall-association",
    control: c.edge ? "edge" : "request.path",
    inputs: { resourceArn: c.ref("stage", "arn"), webAclArn: c.ref(c.edge ? "origin-firewall" : "firewall", "arn"), ...c.here },
  };
  if (!c.edge) return;
  yield {
    type: "aws:wafv2/webAcl:WebAcl",
    suffix: "origin-firewall",
    control: "edge",
    inputs: {
      scope: "REGIONAL",
      description: prose,
      defaultAction: { block: {} },
      rules: [
        {
          name: "from-cloudfront",
          priority: 0,
          action: { allow: {} },
          statement: {
            byteMatchStatement: {
              positionalConstraint: "EXACTLY",
              searchString: secret(randomValue(c, "origin-secret")),
              fieldToMatch: { singleHeader: { name: "x-gateway-origin" } },
              textTransformations: AS_IS,
            },
          },
          visibilityConfig: visibility("from-cloudfront"),
        },
      ],
      visibilityConfig: visibility(`${c.model.name}-origin-firewall`),
      ...c.home,
    },
  };
  yield* lists(c);
}

/** Samples of requests would show their credentials in the console. */
const visibility = (metricName: string): Shape => ({ metricName, cloudwatchMetricsEnabled: true, sampledRequestsEnabled: false });

const AS_IS: Shape = [{ priority: 0, type: "NONE" }];
const LOWER: Shape = [{ priority: 0, type: "LOWERCASE" }];
const BYTES = between(0, 10_485_760);
/** What it matches is tried with requests. */
const PATTERN = like(/^.{1,512}$/s);

const PATH: Shape = { uriPath: {} };
const QUERY: Shape = { queryString: {} };
const LENGTH: Shape = { singleHeader: { name: "content-length" } };
const BODY: Shape = { body: { oversizeHandling: "MATCH" } };
/** Every header's name, or name and value; more of them than can be read is a match. */
const headers = (matchScope: "KEY" | "ALL"): Shape => ({ headers: [{ matchPattern: { all: {} }, matchScope, oversizeHandling: "MATCH" }] });

const longer = (fieldToMatch: Shape, size: Shape): Shape => ({
  sizeConstraintStatement: { comparisonOperator: "GT", size, fieldToMatch, textTransformations: AS_IS },
});
const fits = (fieldToMatch: Shape, textTransformations: Shape): Shape => ({
  regexMatchStatement: { regexString: PATTERN, fieldToMatch, textTransformations },
});

interface Rule {
  readonly name: string;
  readonly status: number;
  readonly statement: Shape;
}

/** Addresses first, then shapes, then floods, then AWS's own rules. */
function ruleShapes(c: Context): Shape[] {
  const { model } = c;
  const own: Rule[] = [
    ...(c.edge ? addressRules(c) : []),
    { name: "path", status: 400, statement: fits(PATH, LOWER) },
    ...Array.from({ length: headerRules(c) }, (_, index) => ({
      name: `header-names-${index + 1}`,
      status: 400,
      statement: fits(headers("KEY"), LOWER),
    })),
    {
      name: "url-length",
      status: 414,
      statement: {
        orStatement: {
          statements: each(
            oneOf(longer(PATH, BYTES), longer(QUERY, BYTES), { andStatement: { statements: [longer(PATH, BYTES), longer(QUERY, BYTES)] } }),
          ),
        },
      },
    },
    // Below it the firewall itself refuses, as it can read no more.
    ...(model.limits.headerBytes < 8192
      ? [{ name: "header-length", status: 431, statement: longer(headers("ALL"), model.limits.headerBytes) }]
      : []),
    {
      name: "body-length",
      status: 413,
      statement: {
        andStatement: {
          statements: [
            { orStatement: { statements: [longer(BODY, 0), longer(LENGTH, 0)] } },
            { notStatement: { statement: fits(LENGTH, AS_IS) } },
          ],
        },
      },
    },
    ...model.rateLimits
      .filter(({ key }) => key.kind === "clientIp")
      .map(({ burst, requests, periodMs }, index) => ({
        name: `flood-${index + 1}`,
        status: 429,
        statement: {
          rateBasedStatement: {
            // More than the bucket lets through in a minute; ten is the least AWS takes.
            limit: Math.max(10, burst + Math.ceil((requests * 60_000) / periodMs)),
            evaluationWindowSec: 60,
            aggregateKeyType: "IP",
          },
        },
      })),
  ];
  return [
    ...own.map(({ name, status, statement }, priority) => ({
      name,
      priority,
      statement,
      action: { block: { customResponse: { responseCode: status } } },
      visibilityConfig: visibility(name),
    })),
    ...(model.waf === "managed" ? managed(own.length) : []),
  ];
}

/** As many as the gateway's own rules of that kind: how many patterns the names fill is not for a reader to say, what they refuse is tried. */
function headerRules({ api, model }: Context): number {
  const acl = api.resources.of("aws:wafv2/webAcl:WebAcl").find(({ name }) => name === `${model.name}-firewall`);
  const names = ((acl?.inputs.rules ?? []) as { name?: string }[]).filter(({ name }) => /^header-names-\d+$/.test(name ?? ""));
  return Math.max(1, names.length);
}

const GROUPS = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesCommonRuleSet",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesSQLiRuleSet",
] as const;

const managed = (from: number): Shape[] =>
  GROUPS.map((name, index) => ({
    name,
    priority: from + index,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: {
        vendorName: "AWS",
        name,
        // The document's own limit of bodies stands in place of the group's 8 KiB.
        ruleActionOverrides:
          name === "AWSManagedRulesCommonRuleSet" ? [{ name: "SizeRestrictions_BODY", actionToUse: { count: {} } }] : undefined,
      },
    },
    visibilityConfig: visibility(name),
  }));

const KINDS = ["IPV4", "IPV6"] as const;
const listsOf = ({ model }: Context) => ({ denied: model.access.denyCidrs, allowed: model.access.allowCidrs });
const ofKind = (blocks: readonly string[], kind: (typeof KINDS)[number]): string[] =>
  blocks.filter((block) => block.includes(":") === (kind === "IPV6"));

function addressRules(c: Context): Rule[] {
  return Object.entries(listsOf(c)).flatMap(([name, blocks]) => {
    const sets = KINDS.filter((kind) => ofKind(blocks, kind).length > 0).map((kind) => ({
      ipSetReferenceStatement: { arn: c.ref(`${name}-${kind.toLowerCase()}`, "arn") },
    }));
    if (sets.length === 0) return [];
    const listed = sets.length === 1 ? sets[0] : { orStatement: { statements: sets } };
    return [{ name, status: 403, statement: name === "allowed" ? { notStatement: { statement: listed } } : listed }];
  });
}

/** Lists of one kind of address each. */
function* lists(c: Context): Generator<Expected> {
  for (const [name, blocks] of Object.entries(listsOf(c)))
    for (const kind of KINDS) {
      const addresses = ofKind(blocks, kind);
      if (addresses.length === 0) continue;
      yield {
        type: "aws:wafv2/ipSet:IpSet",
        suffix: `${name}-${kind.toLowerCase()}`,
        control: name === "denied" ? "access.deny" : "access.allow",
        inputs: { scope: "CLOUDFRONT", ipAddressVersion: kind, addresses, tags: c.tags, region: EDGE_REGION },
      };
    }
}

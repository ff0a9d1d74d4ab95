import type { input } from "@pulumi/aws/types/index.js";
import type { GatewayModel, RateLimit } from "../../spec/model.ts";
import { claimHeaders, largestBody } from "./needs.ts";

type Statement = input.wafv2.WebAclRuleStatement;

/** A rule before it has its place. */
export interface FirewallRule {
  readonly name: string;
  readonly statement: Statement;
  /** Status of the refusal. */
  readonly status: number;
}

/** Longest regular expression a web ACL takes, in characters. */
const LONGEST_PATTERN = 200;
const STEP = 1024;
/** Headers a web ACL can read; requests with more are refused. */
export const READABLE_HEADER_BYTES = 8192;

const lower = [{ priority: 0, type: "LOWERCASE" }];
const asIs = [{ priority: 0, type: "NONE" }];

/** What makes a path ambiguous; compared with the path as it was sent, in lower case. */
export const AMBIGUOUS_PATH = "%(2f|5c|2e|25|00|3f|23|3b)|\\\\|//|/\\.{1,2}(/|$)|\\.\\.;";

/** Shape of requests: paths, header names, sizes. */
export function shapeRules(model: GatewayModel, edge: boolean): FirewallRule[] {
  return [
    {
      name: "path",
      status: 400,
      statement: { regexMatchStatement: { regexString: AMBIGUOUS_PATH, fieldToMatch: { uriPath: {} }, textTransformations: lower } },
    },
    ...headerNamePatterns(model, edge).map((regexString, index) => ({
      name: `header-names-${index + 1}`,
      status: 400,
      statement: {
        regexMatchStatement: {
          regexString,
          fieldToMatch: { headers: [{ matchPattern: { all: {} }, matchScope: "KEY", oversizeHandling: "MATCH" }] },
          textTransformations: lower,
        },
      },
    })),
    { name: "url-length", status: 414, statement: { orStatement: { statements: urlStatements(model.limits.urlBytes) } } },
    ...(model.limits.headerBytes < READABLE_HEADER_BYTES ? headerSize(model.limits.headerBytes) : []),
    { name: "body-length", status: 413, statement: bodyStatement(largestBody(model)) },
  ];
}

/** Names no client may send: underscores, the gateway's own, those claims are passed in, and CloudFront's behind CloudFront. */
export function headerNamePatterns(model: GatewayModel, edge: boolean): string[] {
  const names = [
    ".*_.*",
    "x-gateway-.*",
    ...(edge ? ["cloudfront-.*"] : []),
    ...claimHeaders(model).filter((name) => !name.startsWith("x-gateway-")),
  ];
  const patterns: string[] = [];
  let group: string[] = [];
  const pattern = (list: readonly string[]) => `^(${list.join("|")})$`;
  for (const name of names) {
    if (group.length > 0 && pattern([...group, name]).length > LONGEST_PATTERN) {
      patterns.push(pattern(group));
      group = [];
    }
    group.push(name);
  }
  return [...patterns, pattern(group)];
}

/**
 * Path and query are measured apart. A staircase of pairs keeps their sum within the limit: whatever passes is short enough,
 * and nothing shorter than the limit less one step is refused.
 */
function urlStatements(limit: number): Statement[] {
  const longer = (field: input.wafv2.WebAclRuleStatementSizeConstraintStatementFieldToMatch, size: number): Statement => ({
    sizeConstraintStatement: { comparisonOperator: "GT", size, fieldToMatch: field, textTransformations: asIs },
  });
  const path = (size: number) => longer({ uriPath: {} }, size);
  const query = (size: number) => longer({ queryString: {} }, size);
  const step = Math.min(STEP, Math.floor(limit / 2));
  // One byte is the question mark.
  const queryLeft = (longestPath: number) => Math.max(0, limit - 1 - longestPath);
  return [
    path(limit),
    query(queryLeft(step)),
    ...Array.from({ length: Math.ceil(limit / step) - 1 }, (_, index) => ({
      andStatement: { statements: [path((index + 1) * step), query(queryLeft((index + 2) * step))] },
    })),
  ];
}

function headerSize(limit: number): FirewallRule[] {
  return [
    {
      name: "header-length",
      status: 431,
      statement: {
        sizeConstraintStatement: {
          comparisonOperator: "GT",
          size: limit,
          fieldToMatch: { headers: [{ matchPattern: { all: {} }, matchScope: "ALL", oversizeHandling: "MATCH" }] },
          textTransformations: asIs,
        },
      },
    },
  ];
}

/** A body needs a Content-Length within the limit. HTTP holds senders to what they declare. */
function bodyStatement(limit: number): Statement {
  const declared = { singleHeader: { name: "content-length" } };
  const within: Statement = {
    regexMatchStatement: { regexString: `^0*(${numbersUpTo(limit)})$`, fieldToMatch: declared, textTransformations: asIs },
  };
  const notWithin: Statement = { notStatement: { statement: within } };
  return {
    andStatement: {
      statements: [
        {
          orStatement: {
            statements: [
              {
                sizeConstraintStatement: {
                  comparisonOperator: "GT",
                  size: 0,
                  fieldToMatch: { body: { oversizeHandling: "MATCH" } },
                  textTransformations: asIs,
                },
              },
              { sizeConstraintStatement: { comparisonOperator: "GT", size: 0, fieldToMatch: declared, textTransformations: asIs } },
            ],
          },
        },
        notWithin,
      ],
    },
  };
}

/** A regular expression for the decimal numbers from 0 to `limit`, without leading zeros. */
export function numbersUpTo(limit: number): string {
  const digits = String(limit);
  const alternatives = [digits];
  for (let index = digits.length - 1; index >= 0; index--) {
    const digit = Number(digits[index]);
    if (digit === 0) continue;
    const rest = digits.length - 1 - index;
    const below = digit === 1 ? "0" : `[0-${digit - 1}]`;
    // Leading zeros are allowed before the whole, so that a smaller first digit stands for shorter numbers too.
    alternatives.push(`${digits.slice(0, index)}${below}${rest === 0 ? "" : rest === 1 ? "[0-9]" : `[0-9]{${rest}}`}`);
  }
  // Shorter numbers are those that begin with a zero once filled up.
  for (let length = digits.length - 1; length >= 1; length--) alternatives.push(length === 1 ? "[0-9]" : `[0-9]{${length}}`);
  return alternatives.join("|");
}

/** Addresses that keep sending more than their bucket can hold for a minute are shut out before they cost anything. */
export function floodRules(limits: readonly RateLimit[]): FirewallRule[] {
  return limits
    .filter((limit) => limit.key.kind === "clientIp")
    .map((limit, index) => ({
      name: `flood-${index + 1}`,
      status: 429,
      statement: {
        rateBasedStatement: {
          limit: Math.max(10, limit.burst + Math.ceil((limit.requests * 60_000) / limit.periodMs)),
          evaluationWindowSec: 60,
          aggregateKeyType: "IP",
        },
      },
    }));
}

/** AWS's maintained rule groups; the size rule of the common set is ours to keep, by the document's own limit. */
export const MANAGED_GROUPS: readonly { readonly name: string; readonly exclude?: readonly string[] }[] = [
  { name: "AWSManagedRulesAmazonIpReputationList" },
  { name: "AWSManagedRulesCommonRuleSet", exclude: ["SizeRestrictions_BODY"] },
  { name: "AWSManagedRulesKnownBadInputsRuleSet" },
  { name: "AWSManagedRulesSQLiRuleSet" },
];

import type { GatewayModel } from "../../../components/spec/model.ts";
import { admitted } from "../../addresses.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Read, Resources } from "../resources.ts";
import { type AwsApi, ruleOf } from "./api.ts";
import { type Inspected, inspect } from "./firewall.ts";

/** Paths every parser must read alike, in the spelling a client sends them. */
const AMBIGUOUS = [
  "/a%2fb",
  "/a%2Fb",
  "/a%5cb",
  "/a%00b",
  "/a/../b",
  "/a/./b",
  "/a//b",
  "/a\\b",
  "/a%2e%2e/b",
  "/a..;/b",
  "/a%252fb",
  "/a/..",
];
const PLAIN = ["/", "/orders", "/orders/a-b_c.d~e", "/orders/%C3%A9", "/a%20b"];

/** The firewall in front: what it refuses by shape, address and origin. @returns what it does with a request */
export function observeFirewall(
  resources: Resources,
  model: GatewayModel,
  acl: Read | undefined,
  edge: Read | undefined,
  api: AwsApi,
  o: Observations,
): (request: Inspected) => number | "passed" {
  const address = admitted(model.access);
  const decide = (request: Inspected) =>
    acl ? inspect(resources, acl.inputs, { ...(address === undefined ? {} : { address }), ...request }) : "passed";
  if (api.flavour === "http") {
    // Without a firewall only exact paths are allowed, which an HTTP API compares byte for byte.
    o.holds(
      "request.size",
      "limits",
      "an HTTP API's own limits are the document's",
      model.limits.urlBytes >= 10_240 && model.limits.bodyBytes >= 10_000_000,
    );
    for (const path of Object.keys(api.body.paths ?? {}))
      o.holds("request.path", "routes", `${path} is an exact path`, !/[{*$]/.test(path));
    return decide;
  }
  o.holds("request.path", "routes", "a firewall stands in front", acl !== undefined && isInFront(resources, acl, edge));
  const header = (name: string) => decide({ path: "/", headers: { [name]: "x" } });
  for (const path of AMBIGUOUS) o.holds("request.path", "routes", `${path} is refused`, decide({ path }) !== "passed");
  for (const path of PLAIN) o.holds("request.path", "routes", `${path} passes`, decide({ path }) === "passed");
  for (const name of [
    "x-gateway-subject",
    "X-Gateway-Consumer",
    "x_gateway_subject",
    "a_b",
    ...Object.values(model.jwtProviders).flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders)),
    ...(edge ? ["cloudfront-viewer-address"] : []),
  ])
    o.holds("request.headers", "headers", `${name} of clients is refused`, header(name) !== "passed");
  o.holds("request.headers", "headers", "other headers pass", header("x-harmless") === "passed");
  const { urlBytes, headerBytes } = model.limits;
  for (const { path, query, passes } of urlCorners(acl?.inputs, urlBytes))
    o.holds(
      "request.size",
      "limits.url",
      `a path of ${path} bytes and a query of ${query} ${passes ? "pass" : "are refused"}`,
      (decide({ path: `/${"u".repeat(path - 1)}`, query: "q".repeat(query) }) === "passed") === passes,
    );
  o.holds("request.size", "limits.body", "a body whose length is not said is refused", decide({ path: "/", bodyBytes: 100 }) !== "passed");
  o.holds("request.size", "limits.headers", "headers are at most what API Gateway or CloudFront take", headerBytes >= 1);
  observeBodies(model, api, decide, o);
  observeLists(resources, model, acl?.inputs, api, o);
  observeManaged(model, acl?.inputs, o);
  return decide;
}

interface UrlCorner {
  readonly path: number;
  readonly query: number;
  readonly passes: boolean;
}

/**
 * Lengths of paths and queries at which a staircase of pairs is weakest and strictest: between two of the path's lengths it knows, the same
 * queries are refused, so that the longest path is the first to get through and the shortest the first to be refused. One byte is the question
 * mark. Whatever is longer than the limit has to be refused, whatever is shorter by a step and more has to pass.
 */
function urlCorners(acl: Json, limit: number): UrlCorner[] {
  const sizes = new Set<number>();
  const visit = (value: Json): void => {
    if (typeof value !== "object" || value === null) return;
    if (value.fieldToMatch?.uriPath && value.size !== undefined) sizes.add(Number(value.size));
    for (const entry of Object.values(value)) visit(entry);
  };
  visit(acl?.rules);
  const step = Math.min(1024, Math.floor(limit / 2));
  return [
    { path: limit + 1, query: 0, passes: false },
    ...[1, limit - 1, ...sizes].map((path) => ({ path, query: limit - path, passes: false })),
    ...[1, ...[...sizes].map((size) => size + 1)].map((path) => ({ path, query: limit - step - 1 - path, passes: true })),
  ].filter(({ path, query }) => path > 0 && query >= 0 && !(query === 0 && path <= limit));
}

/** The firewall's largest body, and the authorizer's own for routes with less. */
function observeBodies(model: GatewayModel, api: AwsApi, decide: (request: Inspected) => number | "passed", o: Observations): void {
  const passes = (bytes: number) => decide({ path: "/", bodyBytes: 100, headers: { "content-length": String(bytes) } }) === "passed";
  let [low, high] = [0, 10_485_760];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (passes(middle)) low = middle;
    else high = middle - 1;
  }
  for (const route of model.routes)
    for (const method of route.methods) {
      const rule = ruleOf(api, route, method);
      const own = rule?.bodyBytes;
      o.atMost(
        "request.size",
        route.bodyBytes === model.limits.bodyBytes ? "limits.body" : `${route.at}.bodyLimit`,
        route.bodyBytes,
        Math.min(low, own ?? low),
      );
    }
}

/** A regional firewall is associated with the stage, one at the edge with the distribution. */
function isInFront(resources: Resources, acl: Read, edge: Read | undefined): boolean {
  if (edge)
    return resources.behind(edge.inputs.webAclId) === acl && acl.inputs.scope === undefined
      ? true
      : resources.behind(edge.inputs.webAclId)?.name === acl.name;
  return resources
    .of("aws:wafv2/webAclAssociation:WebAclAssociation")
    .some(
      ({ inputs }) =>
        resources.behind(inputs.webAclArn)?.name === acl.name &&
        resources.behind(inputs.resourceArn)?.type === "aws:apigateway/stage:Stage",
    );
}

/** The gateway's lists, block by block, in the firewall's sets or the API's policy. */
function observeLists(resources: Resources, model: GatewayModel, acl: Json, api: AwsApi, o: Observations): void {
  const { allowCidrs, denyCidrs } = model.access;
  const found = { allow: [] as string[], deny: [] as string[] };
  const sets = (statement: Json): string[] => {
    const [kind = ""] = Object.keys(statement ?? {});
    if (kind === "ipSetReferenceStatement") return resources.behind(statement[kind].arn)?.inputs.addresses ?? [];
    if (kind === "orStatement" || kind === "andStatement") return statement[kind].statements.flatMap(sets);
    return [];
  };
  for (const { statement, action } of (acl?.rules ?? []) as Json[]) {
    if (!action?.block) continue;
    found.deny.push(...sets(statement));
    if (statement.notStatement) found.allow.push(...sets(statement.notStatement.statement));
  }
  for (const { Effect, Condition } of (api.body["x-amazon-apigateway-policy"]?.Statement ?? []) as Json[]) {
    if (Effect !== "Deny") continue;
    found.deny.push(...[Condition?.IpAddress?.["aws:SourceIp"] ?? []].flat());
    found.allow.push(...[Condition?.NotIpAddress?.["aws:SourceIp"] ?? []].flat());
  }
  o.sameSet("access.deny", "access.denyCidrs", [...new Set(denyCidrs)], [...new Set(found.deny)]);
  o.sameSet("access.allow", "access.allowCidrs", [...new Set(allowCidrs)], [...new Set(found.allow)]);
  for (const route of model.routes)
    for (const method of route.methods) {
      const rule = ruleOf(api, route, method);
      if (rule === undefined) continue;
      o.sameSet(
        "access.route",
        `${route.at}.access`,
        [...route.access.allowCidrs, ...route.access.denyCidrs.map((one) => `not ${one}`)],
        [...(rule.allowCidrs ?? []), ...(rule.denyCidrs ?? []).map((one: string) => `not ${one}`)],
      );
    }
}

const MANAGED = [
  "AWSManagedRulesAmazonIpReputationList",
  "AWSManagedRulesCommonRuleSet",
  "AWSManagedRulesKnownBadInputsRuleSet",
  "AWSManagedRulesSQLiRuleSet",
];

function observeManaged(model: GatewayModel, acl: Json, o: Observations): void {
  if (model.waf !== "managed") return;
  for (const name of MANAGED) {
    const rule = (acl?.rules as Json[] | undefined)?.find(({ statement }) => statement.managedRuleGroupStatement?.name === name);
    o.holds("waf", "waf", `${name} is asked`, rule !== undefined && rule.statement.managedRuleGroupStatement.vendorName === "AWS");
    o.same("waf", "waf", { none: {} }, rule?.overrideAction);
    const counted = (rule?.statement.managedRuleGroupStatement.ruleActionOverrides ?? []).map((one: Json) => one.name);
    o.holds(
      "waf",
      "waf",
      "of its rules only the one about sizes counts instead of blocking",
      counted.every((one: string) => one === "SizeRestrictions_BODY"),
    );
  }
}

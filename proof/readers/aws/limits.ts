import type { GatewayModel, RateLimit } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import type { Resources } from "../resources.ts";
import { ROUTE_LIMITS } from "../route-limits.ts";
import { type AwsApi, ruleOf } from "./api.ts";

/** Limits by the authorizer's counters, and plans by usage plans. */
export function observeLimits(resources: Resources, api: AwsApi, model: GatewayModel, _acl: Json, o: Observations): void {
  for (const route of model.routes)
    for (const method of route.methods) {
      const rule = ruleOf(api, route, method);
      for (const limit of route.rateLimits)
        o.holds(ROUTE_LIMITS[limit.key.kind], limit.path, `${method}: ${describe(limit)}`, held(rule, limit));
      for (const limit of model.rateLimits)
        o.holds(
          limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp",
          limit.path,
          `${method} ${route.path.text}: ${describe(limit)}`,
          held(rule, limit) || (limit.key.kind === "gateway" && stageHolds(resources, limit)),
        );
    }
  if (api.policy) {
    const table = resources.named("aws:dynamodb/table:Table", "-counters");
    const variables = resources.named("aws:lambda/function:Function", "-authorizer")?.inputs.environment?.variables ?? {};
    const counts = JSON.stringify(api.policy.rules ?? []).includes("intervalMicros") || Object.keys(api.policy.plans ?? {}).length > 0;
    if (counts)
      o.holds(
        "limit.gatewayClientIp",
        "rateLimit",
        "the counters are the stack's own table",
        resources.behind(variables.COUNTERS_TABLE)?.name === table?.name && table !== undefined,
      );
    if (table)
      o.same("limit.gatewayClientIp", "rateLimit", ["id", true], [table.inputs.hashKey, table.inputs.serverSideEncryption?.enabled]);
  }
  for (const { name, rateLimit, quota } of Object.values(model.plans)) {
    if (!Object.values(model.consumers).some(({ plan }) => plan === name)) continue;
    const found = api.policy?.plans?.[name];
    if (rateLimit)
      o.holds(
        "plan.rateLimit",
        `plans.${name}.rateLimit`,
        describe(rateLimit),
        found?.rate !== undefined && sameBucket(found.rate, rateLimit),
      );
    if (quota)
      o.same(
        "plan.quota",
        `plans.${name}.quota`,
        { requests: quota.requests, per: quota.per },
        found?.quota && { requests: found.quota.requests, per: found.quota.per },
      );
  }
}

const describe = ({ requests, per, burst, key }: RateLimit): string => `${requests} per ${per}, burst ${burst}, by ${JSON.stringify(key)}`;

/** A bucket that gives back one request every so many microseconds: rounding may only make it slower. */
function sameBucket({ intervalMicros, burst }: Json, limit: RateLimit): boolean {
  const exact = (limit.periodMs * 1000) / limit.requests;
  return burst === limit.burst && intervalMicros >= exact && intervalMicros < exact + 1;
}

function held(rule: Json, limit: RateLimit): boolean {
  const kinds: Record<string, string> = { gateway: "all", clientIp: "clientIp", consumer: "consumer", jwtClaim: "claim", header: "header" };
  const name = limit.key.kind === "jwtClaim" ? limit.key.claim : limit.key.kind === "header" ? limit.key.header : undefined;
  return ((rule?.limits ?? []) as Json[]).some((one) => one.key === kinds[limit.key.kind] && one.name === name && sameBucket(one, limit));
}

/** The stage's own throttle, for limits of the gateway as a whole. */
function stageHolds(resources: Resources, limit: RateLimit): boolean {
  const settings = [
    ...resources.of("aws:apigateway/methodSettings:MethodSettings").map(({ inputs }) => inputs.settings),
    ...resources.of("aws:apigatewayv2/stage:Stage").map(({ inputs }) => inputs.defaultRouteSettings),
  ];
  return settings.some(
    (one) => one?.throttlingBurstLimit <= limit.burst && one.throttlingRateLimit <= (limit.requests * 1000) / limit.periodMs,
  );
}

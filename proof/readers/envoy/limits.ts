import type { GatewayModel, RateLimit, Route } from "../../../components/spec/model.ts";
import type { Observations } from "../../verdicts.ts";
import type { Json } from "../json.ts";
import { ROUTE_LIMITS } from "../route-limits.ts";
import { seconds } from "./front.ts";
import { type EnvoyGateway, entriesOf, filterOf } from "./gateway.ts";

/** Rate limits and quotas: the bucket of each, and what is counted apart. */
export function observeLimits(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  for (const limit of model.rateLimits) {
    const filter = filterOf(gateway, "gateway.gateway-limits");
    observeFilter(filter, limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp", limit.path, o);
    const name = found(filter, limit, "gateway", undefined);
    o.holds(limit.key.kind === "gateway" ? "limit.gateway" : "limit.gatewayClientIp", limit.path, describe(limit), name !== undefined);
  }
  for (const route of model.routes) for (const limit of route.rateLimits) observeRouteLimit(gateway, route, limit, o);
  observePlans(gateway, model, o);
}

function observeRouteLimit(gateway: EnvoyGateway, route: Route, limit: RateLimit, o: Observations): void {
  const control = ROUTE_LIMITS[limit.key.kind];
  const filter = filterOf(gateway, "gateway.route-limits");
  observeFilter(filter, control, limit.path, o);
  for (const entry of entriesOf(gateway).filter(({ name }) => name === route.name)) {
    const marks: Record<string, string> = entry.metadata?.filter_metadata?.gateway ?? {};
    const held = Object.keys(marks).some((mark) => marks[mark] === route.name && found(filter, limit, route.name, mark) !== undefined);
    o.holds(control, limit.path, describe(limit), held);
  }
}

const describe = ({ requests, per, burst, key }: RateLimit): string =>
  `a bucket of ${burst}, filled by ${requests} per ${per}, by ${JSON.stringify(key)}`;

/** Filters that let requests through when they fail, or only count, are none. */
function observeFilter(filter: Json, control: Parameters<Observations["same"]>[0], path: string, o: Observations): void {
  const always = (value: Json) =>
    value?.default_value?.numerator === 100 && value.default_value.denominator === "HUNDRED" && value.runtime_key === undefined;
  o.holds(
    control,
    path,
    "the limit is always asked and always enforced",
    always(filter?.filter_enabled) && always(filter?.filter_enforced),
  );
  o.holds(control, path, "429 says when to come back", filter?.enable_retry_after_header === true);
  o.holds(
    control,
    path,
    "no flood of keys fills the memory, none empties the buckets",
    Number(filter?.max_dynamic_descriptors) >= 1024 && filter?.always_consume_default_token_bucket === false,
  );
}

/** The name of a descriptor with the limit's bucket that its actions can make. */
function found(filter: Json, limit: RateLimit, owner: string, mark: string | undefined): string | undefined {
  for (const { entries, token_bucket } of (filter?.descriptors ?? []) as Json[]) {
    const [head, ...keys] = entries as Json[];
    if (mark !== undefined && head.key !== mark) continue;
    if (head.value !== undefined && head.value !== owner) continue;
    if (!sameBucket(token_bucket, limit)) continue;
    const actions = (filter.rate_limits as Json[]).map((one) => one.actions as Json[]).find(([first]) => marks(first, head, owner));
    if (actions && countsBy(actions.slice(1), keys, limit)) return head.key;
  }
  return undefined;
}

function sameBucket(bucket: Json, { requests, periodMs, burst }: RateLimit): boolean {
  return (
    Number(bucket.max_tokens) === burst && Number(bucket.tokens_per_fill) === requests && seconds(bucket.fill_interval) * 1000 === periodMs
  );
}

/** True when the action makes the first entry of the descriptor for this owner. */
function marks(action: Json, head: Json, owner: string): boolean {
  if (action.generic_key) return action.generic_key.descriptor_key === head.key && action.generic_key.descriptor_value === owner;
  const { descriptor_key, metadata_key, source } = action.metadata ?? {};
  return (
    descriptor_key === head.key &&
    source === "ROUTE_ENTRY" &&
    metadata_key?.key === "gateway" &&
    metadata_key.path?.length === 1 &&
    metadata_key.path[0].key === head.key
  );
}

/** The other entries: one per value a client can have, and how the value is found. */
function countsBy(actions: readonly Json[], keys: readonly Json[], { key }: RateLimit): boolean {
  const names = keys.map((one) => one.key as string);
  if (keys.some(({ value }) => value !== undefined) || actions.length !== keys.length) return false;
  switch (key.kind) {
    case "gateway":
      return keys.length === 0;
    case "clientIp":
      return (
        names[0] === "masked_remote_address" &&
        actions[0].masked_remote_address?.v4_prefix_mask_len === 32 &&
        actions[0].masked_remote_address.v6_prefix_mask_len === 64
      );
    case "consumer":
      return fromHeader(actions[0], names[0], "x-gateway-consumer");
    case "header": {
      const text = String(actions[0].extension?.typed_config?.text);
      return (
        actions[0].extension?.typed_config?.descriptor_key === names[0] &&
        new RegExp(`^'${key.header}' in request\\.headers \\? request\\.headers\\['${key.header}'\\] : '[^']*'$`).test(text)
      );
    }
    case "jwtClaim":
      return fromHeader(actions[0], names[0], "x-gateway-issuer") && fromClaim(actions[1], names[1], key.claim);
  }
}

const fromHeader = (action: Json, name: string | undefined, header: string): boolean =>
  action.request_headers?.header_name === header && action.request_headers.descriptor_key === name;

/** Of whichever provider's token has the claim as a text; one value for all others. */
const FOUND = "metadata\\.filter_metadata\\['envoy\\.filters\\.http\\.jwt_authn'\\](\\['[^']+'\\])*";
const OF_PROVIDERS = new RegExp(`^(('[^']+' in ${FOUND} && )+type\\(${FOUND}\\) == string \\? ${FOUND} : \\()+'[^']*'\\)+$`);

function fromClaim(action: Json, name: string | undefined, claim: string): boolean {
  if (action.metadata) {
    const { descriptor_key, metadata_key, source } = action.metadata;
    return (
      descriptor_key === name &&
      source === "DYNAMIC" &&
      metadata_key.key === "envoy.filters.http.jwt_authn" &&
      metadata_key.path
        .slice(1)
        .map((one: Json) => one.key)
        .join(".") === claim
    );
  }
  const config = action.extension?.typed_config;
  return (
    config?.descriptor_key === name &&
    OF_PROVIDERS.test(String(config?.text)) &&
    String(config?.text).includes(
      claim
        .split(".")
        .map((part) => `['${part}']`)
        .join(""),
    )
  );
}

function observePlans(gateway: EnvoyGateway, model: GatewayModel, o: Observations): void {
  const limits = filterOf(gateway, "gateway.plan-limits");
  const quotas = filterOf(gateway, "gateway.quotas");
  for (const { name, plan: planName } of Object.values(model.consumers)) {
    const plan = planName === undefined ? undefined : model.plans[planName];
    if (plan?.rateLimit) {
      observeFilter(limits, "plan.rateLimit", plan.rateLimit.path, o);
      const wanted = plan.rateLimit;
      const bucket = (limits?.descriptors as Json[] | undefined)?.find(
        ({ entries }) => entries.length === 1 && entries[0].key === "consumer" && entries[0].value === name,
      )?.token_bucket;
      o.holds("plan.rateLimit", wanted.path, `${name}: ${describe(wanted)}`, bucket !== undefined && sameBucket(bucket, wanted));
      o.holds(
        "plan.rateLimit",
        wanted.path,
        "counted by the consumer",
        fromHeader(limits?.rate_limits?.[0]?.actions?.[0] ?? {}, "consumer", "x-gateway-consumer"),
      );
    }
    if (plan?.quota) {
      const path = `plans.${plan.name}.quota`;
      o.holds(
        "plan.quota",
        path,
        "requests are refused when the counter does not answer",
        quotas?.failure_mode_deny === true && quotas.status_on_error?.code === "ServiceUnavailable",
      );
      o.holds(
        "plan.quota",
        path,
        "counted by the consumer",
        fromHeader(quotas?.rate_limits?.[0]?.actions?.[0] ?? {}, "consumer", "x-gateway-consumer"),
      );
      o.same("plan.quota", path, "quotas", quotas?.rate_limit_service?.grpc_service?.envoy_grpc?.cluster_name);
      o.same(
        "plan.quota",
        path,
        "run/quota.sock",
        gateway.clusters.quotas?.load_assignment?.endpoints?.[0]?.lb_endpoints?.[0]?.endpoint?.address?.pipe?.path,
      );
      o.same("plan.quota", path, ["quota", true], [quotas?.domain, quotas?.enable_retry_after_header]);
    }
  }
}

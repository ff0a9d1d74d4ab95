import type { GatewayModel, JwtProvider, RateLimit, Route } from "../../spec/model.ts";
import { alternativesOf } from "../../spec/requirement.ts";
import type {
  AlternativePolicy,
  AuthorizerPolicy,
  BucketPolicy,
  KeysPolicy,
  LimitPolicy,
  PlanPolicy,
  ProviderPolicy,
  RulePolicy,
} from "./authorizer/policy.ts";

import type { ApiTree } from "./definition/tree.ts";
import { isMetered, largestBody, needsAuthorizer, usedPlans } from "./needs.ts";

/** Header in which the edge passes the client's address on. */
export const CLIENT_IP_HEADER = "x-gateway-client-ip";
/** Header in which CloudFront passes the verified client certificate on. */
export const CLIENT_CERTIFICATE_HEADER = "cloudfront-viewer-cert-pem";

/** Header by which the API knows CloudFront; its value is random and secret, and never reaches a backend. */
export const ORIGIN_HEADER = "x-gateway-origin";

/** Context key under which the authorizer passes a value on that belongs in a header. */
export const contextKey = (header: string): string => `h_${header.replaceAll("-", "_")}`;

/** Everything the authorizer must know of a model; routes with equal demands share a rule. */
export function authorizerPolicy(model: GatewayModel, tree: ApiTree, edge: boolean): AuthorizerPolicy {
  const rules: RulePolicy[] = [];
  const known = new Map<string, number>();
  const ruleOf = (route: Route): number => {
    const rule = rulePolicy(route, model);
    const text = JSON.stringify(rule);
    const index = known.get(text) ?? rules.push(rule) - 1;
    known.set(text, index);
    return index;
  };
  const routes = Object.fromEntries(
    tree.paths.flatMap(({ path, operations }) =>
      [...operations]
        .filter(([, { route }]) => needsAuthorizer(route, model))
        .map(([method, { route }]) => [`${method} ${path}`, ruleOf(route)] as const),
    ),
  );
  const validation = model.tls.clientValidation;
  return {
    ...(edge ? { clientIpHeader: CLIENT_IP_HEADER } : {}),
    ...(edge && validation ? { clientCertificateHeader: CLIENT_CERTIFICATE_HEADER } : {}),
    ...(validation ? { clientCertificate: { subjectAltNames: validation.subjectAltNames, hashes: validation.certificateHashes } } : {}),
    ...(model.apiKeys ? { apiKeyHeader: model.apiKeys.header } : {}),
    providers: mapValues(model.jwtProviders, providerPolicy),
    plans: Object.fromEntries(usedPlans(model).map((name) => [name, planPolicy(model.plans[name] as GatewayModel["plans"][string])])),
    logHeaders: Object.fromEntries((model.observability.accessLogs?.headers ?? []).map((header) => [`log_${contextKey(header)}`, header])),
    routes,
    rules,
  };
}

function providerPolicy(provider: JwtProvider): ProviderPolicy {
  return {
    issuer: provider.issuer,
    audiences: provider.audiences,
    algorithms: provider.algorithms,
    clockSkewSeconds: provider.clockSkewSeconds,
    keys: keysPolicy(provider.keys),
    claims: Object.fromEntries(Object.entries(provider.claimToHeaders).map(([header, claim]) => [contextKey(header), claim])),
  };
}

function keysPolicy(keys: JwtProvider["keys"]): KeysPolicy {
  if (keys.kind === "inline") return { kind: "inline", jwks: keys.jwks };
  const { trust } = keys;
  return {
    kind: "remote",
    uri: keys.uri,
    ...(trust.kind === "ca" ? { ca: trust.caCertificates } : {}),
    ...(trust.kind === "pinned" ? { pinned: trust.certificate } : {}),
  };
}

const planPolicy = (plan: GatewayModel["plans"][string]): PlanPolicy => ({
  ...(plan.rateLimit ? { rate: bucket(plan.rateLimit) } : {}),
  ...(plan.quota ? { quota: { requests: plan.quota.requests, per: plan.quota.per } } : {}),
});

/** Rounded up to whole microseconds: never more than the document allows. */
const bucket = (limit: RateLimit): BucketPolicy => ({
  intervalMicros: Math.ceil((limit.periodMs * 1000) / limit.requests),
  burst: limit.burst,
});

const LIMIT_KEYS = { gateway: "all", clientIp: "clientIp", consumer: "consumer", jwtClaim: "claim", header: "header" } as const;

function limitPolicy(limit: RateLimit): LimitPolicy {
  const { key } = limit;
  return {
    id: limit.path,
    key: LIMIT_KEYS[key.kind],
    ...(key.kind === "jwtClaim" ? { name: key.claim } : {}),
    ...(key.kind === "header" ? { name: key.header } : {}),
    ...bucket(limit),
  };
}

function rulePolicy(route: Route, model: GatewayModel): RulePolicy {
  return {
    ...(route.requirement.kind === "public" ? {} : { anyOf: alternativesOf(route).map(alternativePolicy) }),
    allowCidrs: route.access.allowCidrs,
    denyCidrs: route.access.denyCidrs,
    ...(route.bodyBytes < largestBody(model) ? { bodyBytes: route.bodyBytes } : {}),
    limits: [...route.rateLimits, ...model.rateLimits].map(limitPolicy),
    metered: isMetered(route, model),
  };
}

function alternativePolicy({ jwt, apiKey, clientCertificate }: ReturnType<typeof alternativesOf>[number]): AlternativePolicy {
  return {
    ...(jwt ? { jwt: { providers: jwt.providers, scopes: jwt.scopes, claims: jwt.claims } } : {}),
    ...(apiKey ? { apiKey: apiKey.plans ? { plans: apiKey.plans } : {} } : {}),
    ...(clientCertificate
      ? { clientCertificate: clientCertificate.subjectAltNames ? { subjectAltNames: clientCertificate.subjectAltNames } : {} }
      : {}),
  };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

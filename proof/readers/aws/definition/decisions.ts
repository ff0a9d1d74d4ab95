import type { Alternative, JwtProvider, RateLimit, Route } from "../../../../components/spec/model.ts";
import { is, type Shape, unordered } from "../../shape.ts";
import type { Context } from "../expected/context.ts";
import { routeOf, routesAt, sampleOf } from "./routes.ts";

const KINDS = { gateway: "all", clientIp: "clientIp", consumer: "consumer", jwtClaim: "claim", header: "header" } as const;

/** The authorizer's table, place by place: where it finds the caller, whose tokens it takes, and one rule for every route and method there is. */
export function decisionTable(c: Context): Shape {
  const { model, api } = c;
  const { clientValidation } = model.tls;
  const paths = Object.keys((api.body.paths ?? {}) as Record<string, unknown>);
  const decided = paths.flatMap((path) => {
    const routes = routesAt(model, sampleOf(path).request);
    return [...new Set(routes.flatMap(({ methods }) => methods))]
      .map((method) => ({ key: `${method} ${path}`, route: routeOf(routes, method) as Route }))
      .filter(({ route }) => c.isDecided(route));
  });
  const rules = (api.policy?.rules ?? []) as unknown[];
  const routes = (api.policy?.routes ?? {}) as Record<string, number>;
  return {
    clientIpHeader: c.edge ? "x-gateway-client-ip" : undefined,
    clientCertificateHeader: c.edge && clientValidation ? "cloudfront-viewer-cert-pem" : undefined,
    clientCertificate: clientValidation && {
      subjectAltNames: unordered(clientValidation.subjectAltNames),
      hashes: unordered(clientValidation.certificateHashes),
    },
    apiKeyHeader: model.apiKeys?.header,
    providers: Object.fromEntries(Object.values(model.jwtProviders).map((one) => [one.name, provider(one)])),
    plans: Object.fromEntries(
      c.plansInUse.map((name) => {
        const { rateLimit, quota } = model.plans[name] ?? {};
        return [name, { rate: rateLimit && bucket(rateLimit), quota: quota && { requests: quota.requests, per: quota.per } }];
      }),
    ),
    logHeaders: Object.fromEntries(
      (model.observability.accessLogs?.headers ?? []).map((name) => [`log_h_${name.replaceAll("-", "_")}`, name]),
    ),
    routes: Object.fromEntries(decided.map(({ key }) => [key, is("the number of a rule", (value) => rules[Number(value)] !== undefined)])),
    // A rule is what every route that points at it asks for.
    rules: rules.map((_, index) => {
      const [first, ...others] = decided.filter(({ key }) => routes[key] === index).map(({ route }) => rule(c, route));
      return others.every((one) => JSON.stringify(one) === JSON.stringify(first)) && first
        ? first
        : is("what one route asks for", () => false);
    }),
  };
}

function provider({ issuer, audiences, algorithms, clockSkewSeconds, keys, claimToHeaders }: JwtProvider): Shape {
  return {
    issuer,
    audiences: unordered(audiences),
    algorithms: unordered(algorithms),
    clockSkewSeconds,
    keys:
      keys.kind === "inline"
        ? {
            kind: "inline",
            jwks: is("the document's keys", (value) => JSON.stringify(value) === JSON.stringify(keys.jwks) || same(value, keys.jwks)),
          }
        : {
            kind: "remote",
            uri: keys.uri,
            ca: keys.trust.kind === "ca" ? keys.trust.caCertificates : undefined,
            pinned: keys.trust.kind === "pinned" ? keys.trust.certificate : undefined,
          },
    claims: Object.fromEntries(Object.entries(claimToHeaders).map(([header, claim]) => [`h_${header.replaceAll("-", "_")}`, claim])),
  };
}

function same(value: unknown, jwks: string): boolean {
  try {
    return JSON.stringify(JSON.parse(String(value))) === JSON.stringify(JSON.parse(jwks));
  } catch {
    return false;
  }
}

/** One token more every so many microseconds; rounding may only make it slower. */
const bucket = ({ periodMs, requests, burst }: RateLimit): Record<string, Shape> => ({
  intervalMicros: Math.ceil((periodMs * 1000) / requests),
  burst,
});

function rule(c: Context, route: Route): Record<string, Shape> {
  const { allowCidrs, denyCidrs } = route.access;
  return {
    anyOf: route.requirement.kind === "public" ? undefined : c.alternativesOf(route).map(alternative),
    allowCidrs: [...allowCidrs],
    denyCidrs: [...denyCidrs],
    bodyBytes: route.bodyBytes < c.largestBody ? route.bodyBytes : undefined,
    limits: [...route.rateLimits, ...c.model.rateLimits].map((limit) => ({
      // Counters of two limits are told apart by it.
      id: limit.path,
      key: KINDS[limit.key.kind],
      name: limit.key.kind === "jwtClaim" ? limit.key.claim : limit.key.kind === "header" ? limit.key.header : undefined,
      ...bucket(limit),
    })),
    metered: c.isMetered(route),
  };
}

const alternative = ({ jwt, apiKey, clientCertificate }: Alternative): Shape => ({
  jwt: jwt && { providers: [...jwt.providers], scopes: [...jwt.scopes], claims: { ...jwt.claims } },
  apiKey: apiKey && { plans: apiKey.plans },
  clientCertificate: clientCertificate && { subjectAltNames: clientCertificate.subjectAltNames },
});

import type { Route } from "../../../../components/spec/model.ts";
import { is, like, prose, type Shape, unordered } from "../../shape.ts";
import type { Context } from "../expected/context.ts";
import { gatewayResponses, methodNotAllowed, preflight } from "./answers.ts";
import { backendAddress, routeOf, routesAt, sampleOf } from "./routes.ts";

const AUTHORIZER = "gateway";
const CACHED = "gateway-token";
const USAGE_KEY = "usage-key";

/** A REST API's definition, place by place: the paths it has are read one by one, and each has to be what the document says of requests for it. */
export function restDefinition(c: Context): Shape {
  const { model, api } = c;
  const paths = Object.keys((api.body.paths ?? {}) as Record<string, unknown>);
  return {
    openapi: like(/^3\.0\.\d$/),
    info: { title: model.name, version: like(/^\d+$/), description: prose },
    servers: [{ url: `https://${model.hostname}` }],
    paths: Object.fromEntries(paths.map((path) => [path, pathShape(c, path)])),
    components: { securitySchemes: securitySchemes(c) },
    "x-amazon-apigateway-api-key-source": "AUTHORIZER",
    // Bodies pass as they are.
    "x-amazon-apigateway-binary-media-types": ["*/*"],
    "x-amazon-apigateway-request-validators": { parameters: { validateRequestParameters: true, validateRequestBody: false } },
    "x-amazon-apigateway-request-validator": "parameters",
    "x-amazon-apigateway-gateway-responses": gatewayResponses(c),
    "x-amazon-apigateway-policy": addressPolicy(c),
  };
}

const variablesOf = (path: string): string[] => [...path.matchAll(/\{([^}+]+)\+?\}/g)].map(([, name = ""]) => name);

function pathShape(c: Context, path: string): Shape {
  const routes = routesAt(c.model, sampleOf(path).request);
  const methods = [...new Set(routes.flatMap((route) => route.methods))];
  const variables = variablesOf(path).map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const parameters = variables.length > 0 ? variables : undefined;
  const cors = routes.find((route) => route.cors)?.cors;
  const allowed = cors ? [...new Set([...methods, "OPTIONS"])] : methods;
  return {
    ...(cors ? { options: { ...preflight(c, cors), parameters } } : {}),
    ...Object.fromEntries(
      methods.map((method) => [method.toLowerCase(), operation(c, path, method, routeOf(routes, method) as Route, parameters)]),
    ),
    "x-amazon-apigateway-any-method": { ...methodNotAllowed(c, allowed), parameters },
  };
}

function operation(c: Context, path: string, method: string, route: Route, parameters: Shape): Shape {
  return {
    description: prose,
    parameters,
    // Whatever the backend answers is passed on.
    responses: { default: { description: prose } },
    security: securityOf(c, route),
    "x-amazon-apigateway-integration": integration(c, path, method, route),
  };
}

/** Decided by the authorizer where there is something to decide, counted by a usage key where something is counted. */
function securityOf(c: Context, route: Route): Shape {
  if (!c.isDecided(route)) return [];
  return [{ [isCached(c, route) ? CACHED : AUTHORIZER]: [], [USAGE_KEY]: c.isMetered(route) ? [] : undefined }];
}

/** Reused is only what depends on nothing but the token, the method and the path. */
function isCached(c: Context, route: Route): boolean {
  const [only, ...others] = c.alternativesOf(route);
  const { aws, tls, observability } = c.model;
  return (
    aws.authorizer.cacheSeconds > 0 &&
    others.length === 0 &&
    only?.jwt !== undefined &&
    only.apiKey === undefined &&
    only.clientCertificate === undefined &&
    !c.isMetered(route) &&
    route.access.allowCidrs.length + route.access.denyCidrs.length === 0 &&
    tls.clientValidation === undefined &&
    (observability.accessLogs?.headers ?? []).length === 0 &&
    route.bodyBytes === c.largestBody
  );
}

function securitySchemes(c: Context): Shape {
  const decided = c.model.routes.filter((route) => c.isDecided(route));
  if (decided.length === 0) return {};
  const scheme = (header: Shape, seconds: number, identitySource?: Shape): Shape => ({
    type: "apiKey",
    in: "header",
    name: header,
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
      type: "request",
      // A version of its own for every policy: routes and what protects them change together.
      authorizerUri: c.ref("authorizer", "qualifiedInvokeArn"),
      authorizerCredentials: c.ref("invoker-role", "arn"),
      authorizerResultTtlInSeconds: seconds,
      identitySource,
    },
  });
  const cached = decided.filter((route) => isCached(c, route));
  return {
    // Without an identity source every request is decided, whatever it carries; the name is asked for and means nothing.
    [AUTHORIZER]: cached.length < decided.length ? scheme("Unused", 0) : undefined,
    [CACHED]:
      cached.length > 0
        ? scheme(
            "Authorization",
            c.model.aws.authorizer.cacheSeconds,
            everything(["method.request.header.Authorization", "context.httpMethod", "context.path"]),
          )
        : undefined,
    [USAGE_KEY]: decided.some((route) => c.isMetered(route)) ? { type: "apiKey", name: "x-api-key", in: "header" } : undefined,
  };
}

const everything = (sources: readonly string[]): Shape =>
  is(
    `all of ${sources.join(", ")}`,
    (value) =>
      JSON.stringify(
        String(value)
          .split(/\s*,\s*/)
          .sort(),
      ) === JSON.stringify([...sources].sort()),
  );

function integration(c: Context, path: string, method: string, route: Route): Shape {
  const { request, values } = sampleOf(path);
  const wanted = backendAddress(c.model, route, request);
  const backend = c.model.backends[route.backends[0]?.name ?? ""];
  const behind = backend !== undefined && backend.network.type !== "public";
  // A link of the first kind knows its balancer itself.
  const bridge = { alb: "balancer", nlb: "network-balancer", "nlb-alb": undefined }[c.model.aws.network?.bridge ?? "alb"];
  return {
    type: "http_proxy",
    httpMethod: method,
    uri: is(`leads to ${wanted}`, (value) => String(value).replaceAll(/\{([^}]+)\}/g, (_, name) => values[name] ?? "?") === wanted),
    passthroughBehavior: "when_no_match",
    timeoutInMillis: route.timeoutMs,
    connectionType: behind ? "VPC_LINK" : "INTERNET",
    connectionId: behind ? c.ref("link", "id") : undefined,
    integrationTarget: behind && bridge ? c.ref(bridge, "arn") : undefined,
    requestParameters: {
      ...Object.fromEntries(variablesOf(path).map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`])),
      ...Object.fromEntries(Object.entries(requestHeaders(c, route)).map(([name, value]) => [`integration.request.header.${name}`, value])),
    },
  };
}

/** Set to nothing, a header does not carry what the client wrote. */
const NOTHING = "''";

/** What the backend gets in place of what the client wrote. */
function requestHeaders(c: Context, route: Route): Record<string, Shape> {
  const { model } = c;
  const rules = [model.headers.request, route.headers.request];
  const providers = c.isDecided(route) ? c.providersOf(route).flatMap((name) => model.jwtProviders[name] ?? []) : [];
  const alternatives = c.isDecided(route) ? c.alternativesOf(route) : [];
  const validated = model.tls.clientValidation !== undefined;
  return {
    ...Object.fromEntries(
      rules.flatMap(({ set, remove }) => [
        ...Object.entries(set).map(([name, value]) => [name, `'${value}'`]),
        ...remove.map((name) => [name, NOTHING]),
      ]),
    ),
    "x-request-id": "context.requestId",
    // CloudFront's function writes the client's address, its secret and the certificate; the latter two are not the backend's.
    ...(c.edge
      ? { "x-gateway-origin": NOTHING, ...(validated ? { "cloudfront-viewer-cert-pem": NOTHING } : {}) }
      : { "x-gateway-client-ip": "context.identity.sourceIp" }),
    ...(model.apiKeys ? { [model.apiKeys.header]: NOTHING } : {}),
    ...(providers.length > 0
      ? {
          "x-gateway-subject": "context.authorizer.subject",
          "x-gateway-issuer": "context.authorizer.issuer",
          ...Object.fromEntries(
            providers
              .flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders))
              .map((name) => [name, `context.authorizer.h_${name.replaceAll("-", "_")}`]),
          ),
          ...(providers.some(({ forward }) => forward) ? {} : { Authorization: NOTHING }),
        }
      : {}),
    ...(alternatives.some(({ apiKey }) => apiKey) ? { "x-gateway-consumer": "context.authorizer.consumer" } : {}),
    ...(validated && c.isDecided(route) ? { "x-gateway-client-cert": "context.authorizer.certificate" } : {}),
  };
}

/** Addresses, where no firewall at the edge sees them before: denied ones, then all that are not allowed. */
function addressPolicy(c: Context): Shape {
  const { allowCidrs, denyCidrs } = c.model.access;
  if (c.edge || allowCidrs.length + denyCidrs.length === 0) return undefined;
  const invoke = { Principal: "*", Action: "execute-api:Invoke", Resource: "execute-api:/*/*/*" };
  const from = (blocks: readonly string[]): Shape => ({ "aws:SourceIp": unordered(blocks) });
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", ...invoke },
      ...(denyCidrs.length > 0 ? [{ Effect: "Deny", ...invoke, Condition: { IpAddress: from(denyCidrs) } }] : []),
      ...(allowCidrs.length > 0 ? [{ Effect: "Deny", ...invoke, Condition: { NotIpAddress: from(allowCidrs) } }] : []),
    ],
  };
}

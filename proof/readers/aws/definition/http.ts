import type { GatewayModel, Route } from "../../../../components/spec/model.ts";
import { is, like, prose, type Shape, unordered } from "../../shape.ts";
import type { Context } from "../expected/context.ts";
import { backendAddress, routeOf, routesAt } from "./routes.ts";

/** An HTTP API's definition, place by place. Its paths have no variables. */
export function httpDefinition(c: Context): Shape {
  const { model, api } = c;
  const paths = Object.keys((api.body.paths ?? {}) as Record<string, unknown>);
  const cors = model.routes.find((route) => route.cors)?.cors;
  return {
    openapi: like(/^3\.0\.\d$/),
    info: { title: model.name, version: like(/^\d+$/), description: prose },
    servers: [{ url: `https://${model.hostname}` }],
    paths: Object.fromEntries(
      paths.map((path) => {
        const routes = routesAt(model, path);
        const methods = [...new Set(routes.flatMap((route) => route.methods))];
        return [
          path,
          Object.fromEntries(methods.map((method) => [method.toLowerCase(), operation(c, path, method, routeOf(routes, method) as Route)])),
        ];
      }),
    ),
    components: { securitySchemes: Object.fromEntries(Object.values(model.jwtProviders).map((one) => [one.name, scheme(one)])) },
    "x-amazon-apigateway-cors": cors && {
      allowOrigins: unordered(cors.anyOrigin ? ["*"] : cors.allowOrigins),
      allowMethods: unordered(cors.allowMethods),
      allowHeaders: cors.allowHeaders.length > 0 ? unordered(cors.allowHeaders) : undefined,
      exposeHeaders: cors.exposeHeaders.length > 0 ? unordered(cors.exposeHeaders) : undefined,
      allowCredentials: cors.allowCredentials,
      maxAge: cors.maxAgeSeconds,
    },
  };
}

function scheme({ issuer, audiences, scopes }: GatewayModel["jwtProviders"][string]): Shape {
  return {
    type: "oauth2",
    // Where tokens come from is asked for by OpenAPI and read by nobody; which scopes there are is.
    flows: {
      clientCredentials: {
        tokenUrl: is("a URL of the issuer", (value) => String(value).startsWith(`${new URL(issuer).origin}/`) && !/x$/.test(String(value))),
        scopes: Object.fromEntries(scopes.map((scope) => [scope, like(/^/)])),
      },
    },
    "x-amazon-apigateway-authorizer": {
      type: "jwt",
      identitySource: "$request.header.Authorization",
      jwtConfiguration: { issuer, audience: unordered(audiences) },
    },
  };
}

function operation(c: Context, path: string, method: string, route: Route): Shape {
  const [only] = c.alternativesOf(route);
  const provider = only?.jwt?.providers[0];
  return {
    description: prose,
    responses: { default: { description: prose } },
    security: provider === undefined ? undefined : [{ [provider]: unordered(only?.jwt?.scopes ?? []) }],
    "x-amazon-apigateway-integration": {
      type: "http_proxy",
      httpMethod: method,
      uri: backendAddress(c.model, route, path),
      // The only one proxies to HTTP have.
      payloadFormatVersion: "1.0",
      connectionType: "INTERNET",
      timeoutInMillis: route.timeoutMs,
      requestParameters: requestParameters(c.model, route, provider),
      responseParameters: responseParameters(c, route),
    },
  };
}

/** A name with its hyphens and underscores in every mixture: servers that make one variable of both would read a forged one. */
function mixtures(name: string): string[] {
  const [first = "", ...rest] = name.split(/[-_]/);
  return rest.reduce<string[]>((starts, part) => starts.flatMap((start) => [`${start}-${part}`, `${start}_${part}`]), [first]);
}

/** What only the gateway may say of a caller. */
const OWN = ["subject", "issuer", "consumer", "client-cert", "client-ip"].map((name) => `x-gateway-${name}`);

function requestParameters(model: GatewayModel, route: Route, name: string | undefined): Shape {
  const provider = name === undefined ? undefined : model.jwtProviders[name];
  const rules = [model.headers.request, route.headers.request];
  const written: Record<string, string> = {
    "x-gateway-client-ip": "$context.identity.sourceIp",
    "x-request-id": "$context.requestId",
    ...(provider && {
      "x-gateway-subject": "$context.authorizer.claims.sub",
      "x-gateway-issuer": "$context.authorizer.claims.iss",
      ...Object.fromEntries(
        Object.entries(provider.claimToHeaders).map(([header, claim]) => [header, `$context.authorizer.claims.${claim}`]),
      ),
    }),
    ...Object.assign({}, ...rules.map(({ set }) => set)),
  };
  const claims = Object.values(model.jwtProviders).flatMap(({ claimToHeaders }) => Object.keys(claimToHeaders));
  const gone = [...OWN, ...claims, ...rules.flatMap(({ remove }) => remove)].flatMap(mixtures).filter((one) => !(one in written));
  return {
    ...Object.fromEntries(Object.entries(written).map(([header, value]) => [`overwrite:header.${header}`, value])),
    ...Object.fromEntries(rules.flatMap(({ add }) => Object.entries(add).map(([header, value]) => [`append:header.${header}`, value]))),
    ...Object.fromEntries(gone.map((header) => [`remove:header.${header}`, "''"])),
    ...(provider && !provider.forward ? { "remove:header.authorization": "''" } : {}),
  };
}

/** Every status of RFC 9110 and its extensions that a backend may answer with; mappings want each by its number. */
const STATUSES = [
  [200, 208],
  [300, 308],
  [400, 431],
  [451, 451],
  [500, 511],
].flatMap(([from = 0, to = 0]) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

function responseParameters(c: Context, route: Route): Shape {
  const rules = [c.model.headers.response, route.headers.response];
  const changes = {
    "overwrite:header.strict-transport-security": c.hsts,
    "remove:header.server": "''",
    ...Object.fromEntries(
      rules.flatMap(({ set, add, remove }) => [
        ...Object.entries(set).map(([header, value]) => [`overwrite:header.${header}`, value]),
        ...Object.entries(add).map(([header, value]) => [`append:header.${header}`, value]),
        ...remove.map((header) => [`remove:header.${header}`, "''"]),
      ]),
    ),
  };
  return Object.fromEntries(STATUSES.map((status) => [status, changes]));
}

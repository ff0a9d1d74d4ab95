import type { Backend, GatewayModel, HeaderChanges, Route } from "../../../spec/model.ts";
import { claimHeaders, strictTransportSecurity } from "../needs.ts";
import { type ApiTree, backendPath } from "./tree.ts";

/**
 * The HTTP API as one OpenAPI 3.0 document. Its paths are exact: templates would let a spelling decide what a backend reads.
 * Every integration's path is written here, so that no spelling of a request reaches a backend.
 */
export function httpDefinition(model: GatewayModel, tree: ApiTree): Record<string, unknown> {
  return {
    openapi: "3.0.1",
    info: { title: model.name, version: "1", description: `Gateway ${model.name}` },
    servers: [{ url: `https://${model.hostname}` }],
    paths: Object.fromEntries(
      tree.paths.map(({ path, operations }) => [
        path,
        Object.fromEntries(
          [...operations].map(([method, operation]) => {
            const { route } = operation;
            const backend = model.backends[route.backends[0]?.name ?? ""] as Backend;
            const port = backend.port === 443 ? "" : `:${backend.port}`;
            return [
              method.toLowerCase(),
              {
                description: route.summary ?? `Route ${route.name}`,
                responses: { default: { description: "The backend's answer" } },
                ...security(route),
                "x-amazon-apigateway-integration": {
                  type: "http_proxy",
                  httpMethod: method,
                  uri: `https://${backend.host}${port}${backendPath(operation, backend.basePath)}`,
                  payloadFormatVersion: "1.0",
                  connectionType: "INTERNET",
                  timeoutInMillis: route.timeoutMs,
                  requestParameters: requestParameters(route, model),
                  responseParameters: responseParameters(route, model),
                },
              },
            ];
          }),
        ),
      ]),
    ),
    components: { securitySchemes: securitySchemes(model) },
    ...cors(model),
  };
}

function security(route: Route): Record<string, unknown> {
  if (route.requirement.kind === "public") return {};
  const jwt = route.requirement.alternatives[0]?.jwt;
  return jwt === undefined ? {} : { security: [{ [jwt.providers[0] as string]: jwt.scopes }] };
}

function securitySchemes(model: GatewayModel): Record<string, unknown> {
  return Object.fromEntries(
    Object.values(model.jwtProviders).map((provider) => [
      provider.name,
      {
        type: "oauth2",
        flows: {
          clientCredentials: {
            tokenUrl: new URL("/token", provider.issuer).href,
            scopes: Object.fromEntries(provider.scopes.map((scope) => [scope, ""])),
          },
        },
        "x-amazon-apigateway-authorizer": {
          type: "jwt",
          identitySource: "$request.header.Authorization",
          jwtConfiguration: { issuer: provider.issuer, audience: provider.audiences },
        },
      },
    ]),
  );
}

const GATEWAY_HEADERS = ["x-gateway-subject", "x-gateway-issuer", "x-gateway-consumer", "x-gateway-client-cert", "x-gateway-client-ip"];

/** Every way to write a name with hyphens and underscores; servers that map both to one variable would read a forged one. */
function spellings(name: string): string[] {
  return [...name].reduce<string[]>(
    (written, letter) => written.flatMap((start) => (letter === "-" ? [`${start}-`, `${start}_`] : [start + letter])),
    [""],
  );
}

function requestParameters(route: Route, model: GatewayModel): Record<string, string> {
  const provider = route.requirement.kind === "anyOf" ? route.requirement.alternatives[0]?.jwt?.providers[0] : undefined;
  const jwt = provider === undefined ? undefined : model.jwtProviders[provider];
  const written: Record<string, string> = {
    "x-gateway-client-ip": "$context.identity.sourceIp",
    "x-request-id": "$context.requestId",
    ...(jwt
      ? {
          "x-gateway-subject": "$context.authorizer.claims.sub",
          "x-gateway-issuer": "$context.authorizer.claims.iss",
          ...Object.fromEntries(
            Object.entries(jwt.claimToHeaders).map(([header, claim]) => [header, `$context.authorizer.claims.${claim}`]),
          ),
        }
      : {}),
    ...headerSets(model.headers),
    ...headerSets(route.headers),
  };
  const removed = [...GATEWAY_HEADERS, ...claimHeaders(model), ...model.headers.request.remove, ...route.headers.request.remove]
    .flatMap(spellings)
    .filter((name) => !(name in written));
  return {
    ...Object.fromEntries(Object.entries(written).map(([name, value]) => [`overwrite:header.${name}`, value])),
    ...Object.fromEntries(
      [model.headers, route.headers].flatMap(({ request }) =>
        Object.entries(request.add).map(([name, value]) => [`append:header.${name}`, value]),
      ),
    ),
    ...Object.fromEntries(removed.map((name) => [`remove:header.${name}`, "''"])),
    ...(jwt && !jwt.forward ? { "remove:header.authorization": "''" } : {}),
  };
}

const headerSets = ({ request }: HeaderChanges) => request.set;

/** Statuses whose answers are changed; the parameter mapping of HTTP APIs wants each by its number. */
const STATUSES = [...range(200, 208), ...range(300, 308), ...range(400, 431), 451, ...range(500, 511)];

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function responseParameters(route: Route, model: GatewayModel): Record<string, Record<string, string>> {
  const changes = {
    "overwrite:header.strict-transport-security": strictTransportSecurity(model.tls),
    "remove:header.server": "''",
    ...Object.fromEntries(
      [model.headers.response, route.headers.response].flatMap((rules) => [
        ...Object.entries(rules.set).map(([name, value]) => [`overwrite:header.${name}`, value] as const),
        ...Object.entries(rules.add).map(([name, value]) => [`append:header.${name}`, value] as const),
        ...rules.remove.map((name) => [`remove:header.${name}`, "''"] as const),
      ]),
    ),
  };
  return Object.fromEntries(STATUSES.map((status) => [String(status), changes]));
}

function cors(model: GatewayModel): Record<string, unknown> {
  const rules = model.routes.find((route) => route.cors)?.cors;
  if (rules === undefined) return {};
  return {
    "x-amazon-apigateway-cors": {
      allowOrigins: rules.anyOrigin ? ["*"] : rules.allowOrigins,
      allowMethods: rules.allowMethods,
      ...(rules.allowHeaders.length > 0 ? { allowHeaders: rules.allowHeaders } : {}),
      ...(rules.exposeHeaders.length > 0 ? { exposeHeaders: rules.exposeHeaders } : {}),
      allowCredentials: rules.allowCredentials,
      maxAge: rules.maxAgeSeconds,
    },
  };
}

import type { GatewayModel, Method, Route } from "../../../spec/model.ts";
import { isCacheable, isMetered, needsAuthorizer } from "../needs.ts";
import { gatewayResponses, methodNotAllowed, preflight } from "./answers.ts";
import { type Connection, integration } from "./integration.ts";
import { type ApiTree, type Operation, variablesOf } from "./tree.ts";

/** What a definition needs to know of other resources. */
export interface RestReferences {
  /** Undefined when no route needs the authorizer. */
  readonly authorizer: { readonly uri: string; readonly roleArn: string } | undefined;
  /** By backend name. */
  readonly connections: Readonly<Record<string, Connection>>;
}

const AUTHORIZER = "gateway";
const CACHED_AUTHORIZER = "gateway-token";
const USAGE_KEY = "usage-key";

/**
 * The whole REST API as one OpenAPI 3.0 document with API Gateway's extensions: paths, integrations, authorizers, answers, and the resource policy,
 * so that nothing of it can be forgotten by an update of the rest.
 */
export function restDefinition(model: GatewayModel, tree: ApiTree, edge: boolean, references: RestReferences): Record<string, unknown> {
  const protectedRoutes = model.routes.filter((route) => needsAuthorizer(route, model));
  return {
    openapi: "3.0.1",
    info: { title: model.name, version: "1", description: `Gateway ${model.name}` },
    servers: [{ url: `https://${model.hostname}` }],
    paths: Object.fromEntries(tree.paths.map(({ path, operations }) => [path, pathItem(path, operations, model, edge, references)])),
    components: { securitySchemes: securitySchemes(protectedRoutes, model, references) },
    "x-amazon-apigateway-api-key-source": "AUTHORIZER",
    "x-amazon-apigateway-binary-media-types": ["*/*"],
    "x-amazon-apigateway-request-validators": { parameters: { validateRequestParameters: true, validateRequestBody: false } },
    "x-amazon-apigateway-request-validator": "parameters",
    "x-amazon-apigateway-gateway-responses": gatewayResponses(model),
    ...resourcePolicy(model, edge),
  };
}

function pathItem(
  path: string,
  operations: ReadonlyMap<Method, Operation>,
  model: GatewayModel,
  edge: boolean,
  references: RestReferences,
): Record<string, unknown> {
  const methods = [...operations.keys()].sort();
  const parameters = variablesOf(path).map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
  const cors = [...operations.values()].find(({ route }) => route.cors)?.route.cors;
  return {
    ...Object.fromEntries(
      methods.map((method) => {
        const operation = operations.get(method) as Operation;
        const connection = references.connections[operation.route.backends[0]?.name ?? ""] ?? { type: "INTERNET" as const };
        return [
          method.toLowerCase(),
          {
            description: operation.route.summary ?? `Route ${operation.route.name}`,
            ...(parameters.length > 0 ? { parameters } : {}),
            responses: { default: { description: "The backend's answer" } },
            security: securityOf(operation.route, model),
            "x-amazon-apigateway-integration": integration(method, path, operation, model, edge, connection),
          },
        ];
      }),
    ),
    ...(cors ? { options: { ...preflight(cors, model), ...(parameters.length > 0 ? { parameters } : {}) } } : {}),
    "x-amazon-apigateway-any-method": {
      ...methodNotAllowed(cors ? [...methods, "OPTIONS"] : methods, model),
      ...(parameters.length > 0 ? { parameters } : {}),
    },
  };
}

function securityOf(route: Route, model: GatewayModel): Record<string, never[]>[] {
  if (!needsAuthorizer(route, model)) return [];
  return [{ [isCacheable(route, model) ? CACHED_AUTHORIZER : AUTHORIZER]: [], ...(isMetered(route, model) ? { [USAGE_KEY]: [] } : {}) }];
}

function securitySchemes(routes: readonly Route[], model: GatewayModel, { authorizer }: RestReferences): Record<string, unknown> {
  if (authorizer === undefined) return {};
  const scheme = (header: string, identitySource: string | undefined, ttl: number) => ({
    type: "apiKey",
    in: "header",
    name: header,
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
      type: "request",
      authorizerUri: authorizer.uri,
      authorizerCredentials: authorizer.roleArn,
      authorizerResultTtlInSeconds: ttl,
      ...(identitySource === undefined ? {} : { identitySource }),
    },
  });
  const cached = routes.filter((route) => isCacheable(route, model));
  return {
    ...(cached.length < routes.length ? { [AUTHORIZER]: scheme("Unused", undefined, 0) } : {}),
    ...(cached.length > 0
      ? {
          // Everything the decision depends on: another method, path or token is another decision.
          [CACHED_AUTHORIZER]: scheme(
            "Authorization",
            "method.request.header.Authorization, context.httpMethod, context.path",
            model.aws.authorizer.cacheSeconds,
          ),
        }
      : {}),
    ...(routes.some((route) => isMetered(route, model)) ? { [USAGE_KEY]: { type: "apiKey", name: "x-api-key", in: "header" } } : {}),
  };
}

/** Client addresses: denied ones first, then everybody who is not allowed. At the edge the firewall does this, where the address is the client's. */
function resourcePolicy(model: GatewayModel, edge: boolean): Record<string, unknown> {
  const { allowCidrs, denyCidrs } = model.access;
  if (edge || allowCidrs.length + denyCidrs.length === 0) return {};
  const statement = (Effect: "Allow" | "Deny", Condition?: Record<string, unknown>) => ({
    Effect,
    Principal: "*",
    Action: "execute-api:Invoke",
    Resource: "execute-api:/*/*/*",
    ...(Condition === undefined ? {} : { Condition }),
  });
  return {
    "x-amazon-apigateway-policy": {
      Version: "2012-10-17",
      Statement: [
        statement("Allow"),
        ...(denyCidrs.length > 0 ? [statement("Deny", { IpAddress: { "aws:SourceIp": denyCidrs } })] : []),
        ...(allowCidrs.length > 0 ? [statement("Deny", { NotIpAddress: { "aws:SourceIp": allowCidrs } })] : []),
      ],
    },
  };
}

import type { Backend, GatewayModel, HeaderChanges } from "../../../spec/model.ts";
import { providersOf } from "../../../spec/requirement.ts";
import { CLIENT_CERTIFICATE_HEADER, CLIENT_IP_HEADER, contextKey, ORIGIN_HEADER } from "../authorizer-policy.ts";
import { needsAuthorizer } from "../needs.ts";
import { backendPath, type Operation, variablesOf } from "./tree.ts";

/** How API Gateway gets to a backend. */
export type Connection =
  | { readonly type: "INTERNET" }
  /** `target`: ARN of the load balancer behind a VPC link of the second kind. */
  | { readonly type: "VPC_LINK"; readonly linkId: string; readonly target?: string };

/** The proxy integration of one method. */
export function integration(
  method: string,
  path: string,
  operation: Operation,
  model: GatewayModel,
  edge: boolean,
  connection: Connection,
): Record<string, unknown> {
  const { route } = operation;
  const backend = model.backends[route.backends[0]?.name ?? ""] as Backend;
  const port = backend.port === 443 ? "" : `:${backend.port}`;
  return {
    type: "http_proxy",
    httpMethod: method,
    uri: `https://${backend.host}${port}${backendPath(operation, backend.basePath)}`,
    passthroughBehavior: "when_no_match",
    timeoutInMillis: route.timeoutMs,
    connectionType: connection.type,
    ...(connection.type === "VPC_LINK" ? { connectionId: connection.linkId } : {}),
    ...(connection.type === "VPC_LINK" && connection.target !== undefined ? { integrationTarget: connection.target } : {}),
    requestParameters: {
      ...Object.fromEntries(variablesOf(path).map((name) => [`integration.request.path.${name}`, `method.request.path.${name}`])),
      ...Object.fromEntries(
        Object.entries(requestHeaders(operation, model, edge)).map(([name, value]) => [`integration.request.header.${name}`, value]),
      ),
    },
  };
}

/** Headers of the integration request: what stands here replaces what the client sent. A header set to nothing does not carry what it carried. */
function requestHeaders({ route }: Operation, model: GatewayModel, edge: boolean): Record<string, string> {
  const headers: Record<string, string> = { ...staticHeaders(model.headers), ...staticHeaders(route.headers) };
  headers["x-request-id"] = "context.requestId";
  // At the edge a function writes this header from the connection before anything else reads it.
  if (edge) {
    headers[ORIGIN_HEADER] = NOTHING;
    if (model.tls.clientValidation) headers[CLIENT_CERTIFICATE_HEADER] = NOTHING;
  } else headers[CLIENT_IP_HEADER] = "context.identity.sourceIp";
  if (model.apiKeys) headers[model.apiKeys.header] = NOTHING;
  if (!needsAuthorizer(route, model)) return headers;

  const providers = providersOf(route).flatMap((name) => model.jwtProviders[name] ?? []);
  if (providers.length > 0) {
    headers["x-gateway-subject"] = "context.authorizer.subject";
    headers["x-gateway-issuer"] = "context.authorizer.issuer";
    for (const provider of providers) {
      for (const header of Object.keys(provider.claimToHeaders)) headers[header] = `context.authorizer.${contextKey(header)}`;
    }
    if (!providers.some((provider) => provider.forward)) headers.Authorization = NOTHING;
  }
  const alternatives = route.requirement.kind === "anyOf" ? route.requirement.alternatives : [];
  if (alternatives.some((item) => item.apiKey)) headers["x-gateway-consumer"] = "context.authorizer.consumer";
  if (model.tls.clientValidation) headers["x-gateway-client-cert"] = "context.authorizer.certificate";
  return headers;
}

const NOTHING = "''";

function staticHeaders({ request }: HeaderChanges): Record<string, string> {
  return {
    ...Object.fromEntries(Object.entries(request.set).map(([name, value]) => [name, `'${value}'`])),
    ...Object.fromEntries(request.remove.map((name) => [name, NOTHING])),
  };
}

import { show } from "../../components/spec/show.ts";
import type { Backends } from "../backends.ts";
import { corsOf } from "../cors.ts";
import type { Draft } from "../draft.ts";
import type { ApiRoute } from "../openapi/api.ts";
import type { Field } from "../reader.ts";
import { headerPair, milliseconds } from "../values.ts";

export interface IntegrationParts {
  readonly integration: Field;
  readonly operation: Field;
  readonly item: Field;
  readonly route: ApiRoute;
  readonly backends: Backends;
  readonly draft: Draft;
}

const TYPES = ["http_proxy", "http", "aws_proxy", "aws", "mock"];

/** `x-amazon-apigateway-integration`: where requests go and how. */
export function readIntegration(parts: IntegrationParts): void {
  const { integration, operation, route, backends } = parts;
  const type = (integration.text("type") ?? "").toLowerCase();
  const uri = integration.text("uri");
  const fn = /:function:([\w-]+|\$\{[^}]*\})/.exec(uri ?? "")?.[1];
  if (type === "mock" && route.methods[0] === "OPTIONS" && route.methods.length === 1) {
    readPreflight(parts);
    return;
  }
  if (!TYPES.includes(type)) integration.at("type")?.leave("unknown", `an integration of type ${show(type)}`, "see where the route leads");
  if (type === "mock" || (type === "aws" && fn === undefined) || integration.has("integrationSubtype")) {
    operation.leave(
      "behaviour",
      type === "mock" ? "a route answered by the gateway itself" : "a route into another AWS service",
      "put a service behind it; the route is not in the document",
    );
    route.dropped = true;
    return;
  }
  if (fn !== undefined)
    route.fields.backend = backends.of(`lambda ${fn}`, fn, undefined, `the input has the Lambda function ${fn}; give it a function URL`);
  else {
    const target = backends.target(uri ?? "", route.path);
    if (target === undefined)
      integration.at("uri")?.leave("behaviour", `the address ${show(uri)} cannot be written as a rewrite`, "say rewrite of the route");
    else Object.assign(route.fields, target);
  }
  const backend = route.fields.backend === undefined ? {} : backends.fields(String(route.fields.backend));
  const timeout = milliseconds(integration.number("timeoutInMillis") ?? 0);
  if (timeout !== undefined) route.fields.timeout = timeout;
  readConnection(integration, backend);
  readParameters(integration, route);
  if (type === "http" || type === "aws")
    integration.leaveAll(
      ["responses", "requestTemplates", "passthroughBehavior"],
      "behaviour",
      "bodies are transformed",
      "have the service speak the API's form",
    );
  else integration.leaveAll(["responses", "passthroughBehavior"], "operation", "a proxy integration passes answers on", "nothing to do");
  integration.leaveAll(["contentHandling"], "operation", "bodies are passed on as they are", "nothing to do");
  integration.leaveAll(["payloadFormatVersion"], "operation", "how API Gateway calls a function", "nothing to do");
  integration.leaveAll(["credentials"], "operation", "the role API Gateway calls the integration with", "nothing to do");
  integration.leaveAll(
    ["cacheKeyParameters", "cacheNamespace"],
    "behaviour",
    "answers are cached at the gateway",
    "have the service or a CDN cache",
  );
  if (fn !== undefined) integration.leaveAll(["uri", "httpMethod"], "operation", "how API Gateway calls a function", "nothing to do");
  const method = integration.text("httpMethod")?.toUpperCase();
  if (fn === undefined && method !== undefined && method !== "ANY" && !(route.methods.length === 1 && route.methods[0] === method))
    integration
      .at("httpMethod")
      ?.leave("behaviour", `the method becomes ${method} on the way to the backend`, "have the service take the method of the route");
}

function readConnection(integration: Field, backend: Record<string, unknown>): void {
  const kind = integration.text("connectionType");
  if (kind === "VPC_LINK") {
    backend.network = { type: "private" };
    integration.leaveAll(["connectionId", "integrationTarget"], "operation", "the VPC link is made anew", "say the network in aws.network");
  } else if (kind !== undefined && kind !== "INTERNET")
    integration.at("connectionType")?.leave("behaviour", `a connection of type ${show(kind)}`, "say network of the backend");
  const tls = integration.map("tlsConfig");
  if (tls?.flag("insecureSkipVerification") === true)
    tls
      .at("insecureSkipVerification")
      ?.leave(
        "behaviour",
        "the backend's certificate was not verified; now it is",
        "say how in tls of the backend: ca, pinned, or unverified with the reason",
      );
  const name = tls?.text("serverNameToVerify");
  if (name !== undefined) backend.tls = { ...(backend.tls as object | undefined), serverName: name };
}

/** Parameters mapped into the request: constant headers are carried, a path parameter mapped onto itself needs nothing. */
function readParameters(integration: Field, route: ApiRoute): void {
  const set: Record<string, string> = {};
  const remove: string[] = [];
  for (const [target, field] of integration.entries("requestParameters")) {
    const value = field.text() ?? "";
    const header = /^(?:integration\.request\.header\.|(?:overwrite|append|remove):header\.)(.+)$/.exec(target)?.[1];
    const constant = /^'(.*)'$/.exec(value)?.[1] ?? (target.includes(":") && !value.includes("$") ? value : undefined);
    const same = /^integration\.request\.(path|querystring|header)\.(.+)$/.exec(target);
    if (same !== null && value === `method.request.${same[1]}.${same[2]}`) continue;
    if (header !== undefined && target.startsWith("remove:")) {
      const [name] = Object.keys(headerPair(field, header, ""));
      if (name !== undefined) remove.push(name);
      field.leave("operation", "the value of a header that is removed", "nothing to do");
    } else if (header !== undefined && constant !== undefined && !target.startsWith("append:"))
      Object.assign(set, headerPair(field, header, constant));
    else
      field.leave(
        "behaviour",
        "a parameter mapped from the request into another place",
        "have the service read it where the client writes it",
      );
  }
  if (Object.keys(set).length > 0 || remove.length > 0)
    route.fields.headers = { request: { ...(Object.keys(set).length > 0 ? { set } : {}), ...(remove.length > 0 ? { remove } : {}) } };
}

const ANSWER = "method.response.header.access-control-allow-";

/** OPTIONS answered by a mock is a preflight: what it answers is the CORS setting of the path's other routes. */
function readPreflight({ integration, operation, item, route, draft }: IntegrationParts): void {
  route.dropped = true;
  const answers = integration.entries("responses").flatMap(([, answer]) => {
    answer.leaveAll(["statusCode", "responseTemplates"], "operation", "how a mock answers a preflight", "nothing to do");
    return answer.entries("responseParameters");
  });
  integration.leaveAll(
    ["requestTemplates", "passthroughBehavior", "timeoutInMillis", "contentHandling", "cacheNamespace", "cacheKeyParameters"],
    "operation",
    "how a mock answers a preflight",
    "nothing to do",
  );
  operation.leaveAll(["security"], "operation", "a preflight asks for no credentials", "nothing to do");
  const part = (name: string): Field[] => {
    const field = answers.find(([key]) => key.toLowerCase() === ANSWER + name)?.[1];
    return (field?.text() ?? "")
      .split(/[',\s]+/)
      .filter((text) => text !== "")
      .flatMap((text) => (field === undefined ? [] : [field.part(text)]));
  };
  const credentials = part("credentials").some((field) => field.text() === "true");
  const cors = corsOf({ origins: part("origin"), methods: part("methods"), headers: part("headers"), credentials });
  for (const [key, field] of answers)
    if (!["origin", "methods", "headers", "credentials"].some((name) => key.toLowerCase() === ANSWER + name))
      field.leave("behaviour", "a header of the answer to a preflight", "see cors of the route");
  const paths = (item.peek() ?? {}) as object;
  if (answers.length > 0 && Object.keys(paths).length > 0) draft.cors(route.path, cors);
}

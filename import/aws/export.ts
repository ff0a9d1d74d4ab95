import { show } from "../../components/spec/show.ts";
import { Backends } from "../backends.ts";
import { corsOf } from "../cors.ts";
import type { Draft } from "../draft.ts";
import { readApi, type Vendor } from "../openapi/api.ts";
import type { Field } from "../reader.ts";
import { readAuthorizer } from "./authorizer.ts";
import { readIntegration } from "./integration.ts";

/** A REST or HTTP API of Amazon API Gateway, exported with its API Gateway extensions. */
export function readAws(root: Field, draft: Draft): void {
  const backends = new Backends(draft);
  const vendor: Vendor = {
    anyMethod: "x-amazon-apigateway-any-method",
    path: (template) => (template === "/$default" ? "/*" : template.replace(/\/\{[^{}/]+\+\}$/, "/*")),
    ownServer: (host, basePath, server) => {
      if (!/\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(host)) return false;
      server
        .at(server.has("url") ? "url" : "host")
        ?.leave(
          "behaviour",
          `the API's own address ${host}${basePath} stays closed; clients come to hostname${basePath === "" ? "" : `, without the stage ${show(basePath)} before the path`}`,
          basePath === "" ? "give hostname" : "give hostname; put the stage before the paths of the routes if clients must keep it",
        );
      return true;
    },
    document: readDocument,
    scheme: (name, field) => readAuthorizer(name, field, draft),
    operation: (operation, item, route) => {
      operation.leaveAll(["x-amazon-apigateway-request-validator"], "protection", VALIDATED, VALIDATE);
      readAuth(operation, route);
      operation.leaveAll(["isDefaultRoute"], "operation", "what the path says already", "nothing to do");
      const integration = operation.map("x-amazon-apigateway-integration");
      if (integration === undefined) return;
      readIntegration({ integration, operation, item, route, backends, draft });
    },
  };
  readApi(root, draft, vendor);
}

const VALIDATED = "requests were validated against a model; a gateway of this document does not read bodies";
const VALIDATE = "have the services validate what they are sent";

function readDocument({ root, draft }: { root: Field; draft: Draft }): void {
  root.leaveAll(["x-amazon-apigateway-request-validators", "x-amazon-apigateway-request-validator"], "protection", VALIDATED, VALIDATE);
  root.leaveAll(
    ["x-amazon-apigateway-policy"],
    "protection",
    "the API's resource policy",
    "say client addresses in access; who may call in require of the routes",
  );
  root.leaveAll(
    ["x-amazon-apigateway-gateway-responses"],
    "behaviour",
    "answers of its own to errors",
    "errors are problem+json (RFC 9457)",
  );
  root.leaveAll(["x-amazon-apigateway-minimum-compression-size"], "behaviour", "compression at the gateway", "have the services compress");
  root.leaveAll(["x-amazon-apigateway-binary-media-types"], "operation", "bodies are passed on as they are", "nothing to do");
  root.leaveAll(
    ["x-amazon-apigateway-importexport-version", "x-amazon-apigateway-documentation", "x-amazon-apigateway-tag-value"],
    "operation",
    "bookkeeping of API Gateway",
    "nothing to do",
  );
  const source = root.text("x-amazon-apigateway-api-key-source");
  if (source !== undefined && source !== "HEADER")
    root.at("x-amazon-apigateway-api-key-source")?.leave("protection", "API keys come from an authorizer", "API keys come in a header");
  const cors = root.map("x-amazon-apigateway-cors");
  if (cors !== undefined)
    draft.fields.cors = corsOf({
      origins: cors.items("allowOrigins"),
      methods: cors.items("allowMethods"),
      headers: cors.items("allowHeaders"),
      expose: cors.items("exposeHeaders"),
      credentials: cors.flag("allowCredentials"),
      maxAgeSeconds: cors.number("maxAge"),
    });
  const endpoint = root.map("x-amazon-apigateway-endpoint-configuration");
  if (endpoint === undefined) return;
  for (const type of endpoint.items("types")) {
    const text = type.text();
    if (text !== "REGIONAL" && text !== "EDGE")
      type.leave("protection", `an endpoint of type ${show(text)}; a gateway of this document is public`, "say in access who may reach it");
    else if (text === "EDGE") draft.fields.edge = "cdn";
  }
  endpoint.leaveAll(["vpcEndpointIds"], "protection", "the VPC endpoints the API is reached by", "say in access who may reach it");
  if (endpoint.flag("disableExecuteApiEndpoint") === false)
    endpoint.at("disableExecuteApiEndpoint")?.leave("behaviour", "the API's own address is open", "it is closed; clients come to hostname");
}

/** `x-amazon-apigateway-auth` says outright who may call. */
function readAuth(operation: Field, route: { callers?: "public" | "refused" }): void {
  const auth = operation.map("x-amazon-apigateway-auth");
  const type = auth?.text("type");
  if (type === undefined) return;
  if (type.toUpperCase() === "NONE") route.callers = "public";
  else {
    route.callers = "refused";
    auth?.at("type")?.leave("protection", `callers prove themselves by ${type}`, "say in require what replaces it");
  }
}

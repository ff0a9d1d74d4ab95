import { show } from "../../components/spec/show.ts";
import { Backends } from "../backends.ts";
import type { Draft } from "../draft.ts";
import { type Api, type ApiRoute, KEEP, readApi, type Vendor } from "../openapi/api.ts";
import { askedProvider, discovered, type Scheme } from "../openapi/schemes.ts";
import { isRoutePath } from "../paths.ts";
import type { Field } from "../reader.ts";
import { milliseconds } from "../values.ts";
import { Quotas } from "./quotas.ts";

/** An OpenAPI document of Cloud Endpoints (ESPv2) or API Gateway on Google Cloud, Swagger 2.0 as a rule. */
export function readEndpoints(root: Field, draft: Draft): void {
  const backends = new Backends(draft);
  const quotas = new Quotas(root);
  let service = "";
  let around: Field | undefined;
  const vendor: Vendor = {
    ownServer: (host) => {
      service = host;
      return false;
    },
    document: () => {
      around = root.map("x-google-backend");
      readDocument(root);
    },
    scheme: (name, field) => readIssuer(name, field, draft, service),
    operation: (operation, _item, route) => {
      const own = operation.map("x-google-backend");
      const backend = own ?? around;
      if (backend !== undefined) readBackend(backend, route, backends, own === undefined);
      quotas.apply(operation, route.fields);
    },
    finish: (api: Api) => quotas.finish(api.draft),
  };
  readApi(root, draft, vendor);
}

function readDocument(root: Field): void {
  const allow = root.text("x-google-allow");
  if (allow === "all")
    root.at("x-google-allow")?.leave("behaviour", "requests for paths nobody described reached the backend", "add a route /* for them");
  else if (allow !== undefined && allow !== "configured")
    root.at("x-google-allow")?.leave("unknown", `${show(allow)} is not known`, "see the routes");
  for (const endpoint of root.maps("x-google-endpoints")) {
    if (endpoint.flag("allowCors") === true)
      endpoint.at("allowCors")?.leave("behaviour", "preflights were passed to the backend", "say in cors which origins may read answers");
    endpoint.leaveAll(["name", "target"], "operation", "the DNS name Endpoints keeps for the service", "say the zone in dns");
  }
  root.leaveAll(["x-google-api-name"], "description", "the API's name at Google", KEEP);
}

/** A token scheme with Google's extensions; undefined for one without. */
function readIssuer(name: string, field: Field, draft: Draft, service: string): Scheme | undefined {
  const issuer = field.text("x-google-issuer");
  if (issuer === undefined) return undefined;
  field.leaveAll(["type", "authorizationUrl", "flow", "flows", "scopes"], "description", "how clients get their tokens", "nothing to do");
  const keys = field.text("x-google-jwks_uri");
  const written = field.text("x-google-audiences");
  for (const location of field.maps("x-google-jwt-locations")) {
    const [header, prefix] = [location.text("header"), location.text("value_prefix")];
    if (header?.toLowerCase() !== "authorization" || (prefix !== undefined && prefix !== "Bearer "))
      location.leave("behaviour", "a token in another place", "have clients send it in Authorization: Bearer");
  }
  const audiences = written
    ?.split(",")
    .map((text) => text.trim())
    .filter((text) => text !== "");
  const jwksUri = keys !== undefined && discovered(keys) === undefined ? keys : undefined;
  if (keys !== undefined && jwksUri === undefined)
    field
      .at("x-google-jwks_uri")
      ?.leave("behaviour", "the discovery document, not the keys themselves", "give the jwks_uri that stands in it");
  const provider = askedProvider(draft, name, {
    issuer,
    // Without audiences of its own a scheme accepts tokens for the service's name (ESPv2).
    ...(audiences !== undefined ? { audiences } : service === "" ? {} : { audiences: [`https://${service}`] }),
    ...(jwksUri === undefined ? {} : { jwksUri }),
  });
  return { kind: "jwt", provider };
}

/** `x-google-backend`. Without path_translation an operation's own address is constant, the document's gets the path appended. */
function readBackend(field: Field, route: ApiRoute, backends: Backends, shared: boolean): void {
  const address = field.text("address");
  const translation = field.text("path_translation") ?? (shared ? "APPEND_PATH_TO_ADDRESS" : "CONSTANT_ADDRESS");
  const url = (address ?? "")
    .replace(/^grpcs:/, "https:")
    .replace(/^grpc:/, "http:")
    .replace(/\/+$/, "");
  const origin = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(url);
  const offered = origin?.[1]?.replace(/^https?:\/\//, "").split(/[.:]/)[0] ?? "backend";
  const constant = translation === "CONSTANT_ADDRESS";
  const key = constant && origin?.[1] !== undefined ? origin[1] : url;
  const name = backends.of(key, offered, address === undefined ? undefined : key);
  route.fields.backend = name;
  if (constant && address !== undefined) {
    const path = origin?.[2] ?? "/";
    if (isRoutePath(path)) route.fields.rewrite = { path };
    else field.at("address")?.leave("behaviour", `the address ${show(address)} cannot be written as a rewrite`, "say rewrite of the route");
    if (route.path.includes("{"))
      field
        .at(field.has("path_translation") ? "path_translation" : "address")
        ?.leave(
          "behaviour",
          "parameters of the path became query parameters for the backend",
          "have the backend take them in the path, and say so in rewrite",
        );
  } else if (translation !== "APPEND_PATH_TO_ADDRESS" && !constant)
    field.at("path_translation")?.leave("unknown", `${show(translation)} is not known`, "say rewrite of the route");
  const seconds = field.number("deadline");
  const timeout = seconds === undefined ? undefined : milliseconds(seconds * 1000);
  if (timeout !== undefined) route.fields.timeout = timeout;
  const protocol = field.text("protocol");
  if (protocol === "h2")
    field
      .at("protocol")
      ?.leave("behaviour", "the backend is spoken to in HTTP/2", "say protocol: grpc where it is a gRPC service, and grpc in its routes");
  else if (protocol !== undefined && protocol !== "http/1.1")
    field.at("protocol")?.leave("unknown", `${show(protocol)} is not known`, "say protocol of the backend");
  field.leaveAll(
    ["jwt_audience"],
    "protection",
    "the gateway showed the backend a token of its own service account",
    "deployed on Google Cloud it does so again; elsewhere say tls.clientCertificate of the backend",
  );
  if (field.flag("disable_auth") === false)
    field.at("disable_auth")?.leave("protection", "the gateway showed the backend a token of its own", "see jwt_audience");
}

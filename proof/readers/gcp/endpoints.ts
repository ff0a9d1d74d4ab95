import type { GatewayModel } from "../../../components/spec/model.ts";
import type { ProbeRequest } from "../../requests.ts";
import type { Observations, Outcome } from "../../verdicts.ts";
import type { Json } from "../json.ts";

/** What ESPv2 does with a request by the Endpoints definition: path, method, then one of the security requirements. */
export function decideAtEndpoints(definition: Json, request: ProbeRequest): Outcome {
  const found = Object.entries((definition.paths ?? {}) as Record<string, Json>).filter(([template]) => fits(template, request.path));
  const [best] = found.sort(([a], [b]) => rank(a).localeCompare(rank(b)));
  if (best === undefined) return 404;
  const operation = best[1][request.method.toLowerCase()];
  if (operation === undefined) return 405;
  const security = (operation.security ?? definition.security ?? []) as Json[];
  if (security.length === 0) return "forwarded";
  const held = security.some((entry) =>
    Object.keys(entry).every((name) => schemeHolds(definition.securityDefinitions?.[name], name, request)),
  );
  return held ? "forwarded" : 401;
}

function fits(template: string, path: string): boolean {
  const [pieces, parts] = [template.split("/").slice(1), path.split("/").slice(1)];
  const open = pieces.at(-1) === "**";
  if (open ? parts.length < pieces.length - 1 : parts.length !== pieces.length) return false;
  return pieces.every((piece, index) => piece === "**" || (/^(\*|\{.*\})$/.test(piece) ? parts[index] !== "" : piece === parts[index]));
}

const rank = (template: string): string =>
  template
    .split("/")
    .map((piece) => (piece === "**" ? 2 : /^(\*|\{.*\})$/.test(piece) ? 1 : 0))
    .join("");

function schemeHolds(scheme: Json, name: string, { token, consumer }: ProbeRequest): boolean {
  if (scheme?.type === "apiKey") return consumer !== undefined && consumer !== "nobody";
  if (scheme?.type !== "oauth2" || token === undefined || name !== `jwt_${token.provider}`) return false;
  const audiences = String(scheme["x-google-audiences"]).split(",");
  return scheme["x-google-issuer"] === token.claims.iss && [token.claims.aud].flat().some((one) => audiences.includes(String(one)));
}

/** Providers, key header and the definition's own name. */
export function observeDefinition(definition: Json, model: GatewayModel, o: Observations): void {
  for (const { name, issuer, audiences, keys } of Object.values(model.jwtProviders)) {
    const scheme = definition.securityDefinitions?.[`jwt_${name}`];
    if (scheme === undefined) continue;
    o.same("require.jwt", `jwt.providers.${name}.issuer`, issuer, scheme["x-google-issuer"]);
    o.sameSet("require.jwt", `jwt.providers.${name}.audiences`, audiences, String(scheme["x-google-audiences"]).split(","));
    if (keys.kind === "remote") o.same("require.jwt", `jwt.providers.${name}.jwksUri`, keys.uri, scheme["x-google-jwks_uri"]);
    o.same("require.jwt", `jwt.providers.${name}`, undefined, scheme["x-google-jwt-locations"]);
  }
  if (model.apiKeys)
    o.same(
      "require.apiKey",
      "apiKeys.header",
      { type: "apiKey", name: model.apiKeys.header, in: "header" },
      definition.securityDefinitions?.api_key,
    );
  o.same("host.only", "hostname", ["https"], definition.schemes);
  const open = Object.entries((definition.paths ?? {}) as Record<string, Json>).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Json>).map(([method, operation]) => ({ path, method, operation })),
  );
  const unlisted = definition["x-google-allow"] ?? "configured";
  o.same("host.only", "routes", "configured", unlisted);
  for (const { path, method, operation } of open) {
    if (path.startsWith("/.well-known/gateway") || method === "options" || operation["x-google-allow-cors"]) continue;
    const route = model.routes.find((one) => operation.operationId?.startsWith(one.name.replaceAll("-", "_")));
    o.holds(
      "host.only",
      "routes",
      `${method} ${path} is a route of the document`,
      route !== undefined || model.routes.some(({ grpc }) => grpc),
    );
    if (route)
      o.atMost("route.timeout", `${route.at}.timeout`, Math.ceil(route.timeoutMs / 1000), operation["x-google-backend"]?.deadline ?? 15);
  }
}

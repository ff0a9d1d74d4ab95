import { digest } from "../../../digest.ts";
import type { GatewayModel, JwtProvider, Method, Route, RoutePath } from "../../../spec/model.ts";
import { alternativesOf, providersOf } from "../../../spec/requirement.ts";
import { endpointsName, HEALTH_PATH, needsApiKey } from "../needs.ts";

/** An OpenAPI 2.0 document, the only version every part of Endpoints reads. */
export interface OpenApiDefinition {
  readonly swagger: "2.0";
  readonly info: { readonly title: string; readonly version: string };
  readonly host: string;
  readonly schemes: readonly ["https"];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly securityDefinitions?: Readonly<Record<string, SecurityScheme>>;
}

export type PathItem = Readonly<Record<string, Operation>>;

export interface Operation {
  readonly operationId: string;
  readonly summary?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: "path"; readonly required: true; readonly type: "string" }[];
  /** Alternatives, each of which names schemes that must all hold; empty: nothing is asked for. */
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: { readonly default: { readonly description: string } };
  readonly "x-google-backend"?: { readonly deadline: number };
}

type SecurityScheme =
  | { readonly type: "apiKey"; readonly name: "x-api-key"; readonly in: "header" }
  | {
      readonly type: "oauth2";
      readonly flow: "implicit";
      /** Endpoints does not use it, but OpenAPI asks for one. */
      readonly authorizationUrl: string;
      readonly "x-google-issuer": string;
      readonly "x-google-jwks_uri": string;
      readonly "x-google-audiences": string;
    };

const API_KEY = "api_key";
const schemeOf = (provider: string): string => `jwt_${provider}`;

/**
 * What Endpoints knows of the gateway: every path and operation, the tokens and keys ESPv2 can check by itself, and deadlines. ESPv2 may admit
 * what Envoy behind it refuses, never the other way round.
 */
export function openapiDefinition(model: GatewayModel): OpenApiDefinition {
  const schemes = securitySchemes(model);
  return {
    swagger: "2.0",
    info: { title: model.name, version: "1" },
    host: endpointsName(model),
    schemes: ["https"],
    paths: paths(model),
    ...(Object.keys(schemes).length === 0 ? {} : { securityDefinitions: schemes }),
  };
}

/** A provider whose keys ESPv2 can fetch itself. */
const readableByEspv2 = (provider: JwtProvider | undefined): boolean =>
  provider !== undefined && provider.keys.kind === "remote" && provider.keys.trust.kind === "public";

function securitySchemes(model: GatewayModel): Record<string, SecurityScheme> {
  const asked = new Set(model.routes.flatMap((route) => securityOf(route, model)).flatMap(Object.keys));
  const tokens = Object.values(model.jwtProviders).flatMap((provider): [string, SecurityScheme][] =>
    provider.keys.kind === "remote" && asked.has(schemeOf(provider.name))
      ? [
          [
            schemeOf(provider.name),
            {
              type: "oauth2",
              flow: "implicit",
              authorizationUrl: provider.keys.uri,
              "x-google-issuer": provider.issuer,
              "x-google-jwks_uri": provider.keys.uri,
              "x-google-audiences": provider.audiences.join(","),
            },
          ],
        ]
      : [],
  );
  return {
    ...(asked.has(API_KEY) ? { [API_KEY]: { type: "apiKey", name: "x-api-key", in: "header" } as const } : {}),
    ...Object.fromEntries(tokens),
  };
}

/** What ESPv2 asks for. A token only where every alternative needs one that it can verify. */
export function securityOf(route: Route, model: GatewayModel): Record<string, string[]>[] {
  const key: Record<string, string[]> = needsApiKey(route) ? { [API_KEY]: [] } : {};
  const alternatives = alternativesOf(route);
  const providers = providersOf(route).sort();
  const tokens =
    alternatives.every(({ jwt }) => jwt !== undefined) && providers.every((name) => readableByEspv2(model.jwtProviders[name]))
      ? providers
      : [];
  if (tokens.length > 0) return tokens.map((name) => ({ [schemeOf(name)]: [], ...key }));
  return Object.keys(key).length > 0 ? [key] : [];
}

function paths(model: GatewayModel): Record<string, PathItem> {
  const items = new Map<string, Record<string, Operation>>();
  const item = (template: string): Record<string, Operation> => {
    const existing = items.get(template);
    if (existing) return existing;
    const made: Record<string, Operation> = {};
    items.set(template, made);
    return made;
  };
  for (const route of model.routes) {
    const operations = item(pathTemplate(route.path));
    for (const method of route.methods) operations[method.toLowerCase()] = operation(route, method, model);
  }
  for (const route of model.routes.filter(({ cors }) => cors !== undefined)) {
    const operations = item(pathTemplate(route.path));
    // Envoy answers preflights; without an operation ESPv2 would refuse them.
    operations.options ??= { ...base(route.path, `${identifier(route.name)}_preflight`), security: [] };
  }
  const health = item(HEALTH_PATH);
  health.get = { operationId: "gateway_health", security: [], responses: RESPONSES };
  return Object.fromEntries([...items].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const RESPONSES = { default: { description: "The backend's answer" } } as const;

function operation(route: Route, method: Method, model: GatewayModel): Operation {
  return {
    ...base(route.path, `${identifier(route.name)}_${method.toLowerCase()}`),
    ...(route.summary === undefined ? {} : { summary: route.summary }),
    security: securityOf(route, model),
    "x-google-backend": { deadline: route.timeoutMs / 1000 },
  };
}

function base(path: RoutePath, operationId: string): Omit<Operation, "security"> {
  const parameters = path.segments.flatMap((segment, index) =>
    "parameter" in segment ? [{ name: parameter(index), in: "path", required: true, type: "string" } as const] : [],
  );
  return { operationId, ...(parameters.length === 0 ? {} : { parameters }), responses: RESPONSES };
}

/** Parameters are called by their place, so that the same path has one spelling whatever its parameters are called. */
const parameter = (index: number): string => `p${index + 1}`;

/** The path as Endpoints templates it; everything below a prefix is `**`. */
export function pathTemplate({ segments, kind }: RoutePath): string {
  const fixed = segments.map((segment, index) => `/${"literal" in segment ? segment.literal : `{${parameter(index)}}`}`).join("");
  if (kind === "prefix") return `${fixed}/**`;
  return fixed === "" ? "/" : fixed;
}

/** A route's name as an identifier; names that would look alike are told apart by their digest. */
function identifier(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9]/g, "_");
  return plain === name ? name : `${plain}_${digest(name).slice(0, 6)}`;
}

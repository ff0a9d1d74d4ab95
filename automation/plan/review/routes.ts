import type { Alternative, GatewayModel, RateLimit, Requirement, Route } from "../../../components/spec/model.ts";

/** A route as one row of a table. */
export interface RouteRow {
  readonly name: string;
  readonly methods: string;
  readonly path: string;
  /** True when anyone may call it. */
  readonly public: boolean;
  /** Who may call it: one text for each alternative. */
  readonly requires: readonly string[];
  readonly limits: readonly string[];
  /** Address lists and CORS of the route. */
  readonly from: readonly string[];
  readonly backends: string;
  /** Largest body in bytes, and the time a request may take. */
  readonly bounds: string;
}

/** Every route of a model in the order they are matched. */
export const routeRows = (model: GatewayModel): RouteRow[] => model.routes.map(routeRow);

function routeRow(route: Route): RouteRow {
  const { name, path, methods, grpc, backends, rateLimits, bodyBytes, timeoutMs, rewrite } = route;
  const total = backends.reduce((sum, { weight }) => sum + weight, 0);
  const targets = backends.map(({ name: backend, weight }) =>
    backends.length === 1 ? backend : `${backend} ${Math.round((weight * 100) / total)} %`,
  );
  return {
    name,
    methods: grpc ? "gRPC" : methods.join(", "),
    path: path.text,
    public: route.requirement.kind === "public",
    requires: requirementTexts(route.requirement),
    limits: rateLimits.map(limitText),
    from: fromTexts(route),
    backends: `${targets.join(", ")}${rewrite ? ` as ${rewrite.text}` : ""}`,
    bounds: `${sizeText(bodyBytes)}, ${timeText(timeoutMs)}`,
  };
}

const sizeText = (bytes: number) =>
  bytes > 0 && bytes % MIB === 0 ? `${bytes / MIB} MiB` : bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} bytes`;

const MIB = 1024 ** 2;

const timeText = (ms: number) => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`);

/** What a client must show, one text for each alternative. */
export const requirementTexts = (requirement: Requirement): string[] =>
  requirement.kind === "public" ? ["nothing: anyone may call it"] : requirement.alternatives.map(alternativeText);

function alternativeText({ jwt, apiKey, clientCertificate }: Alternative): string {
  const parts: string[] = [];
  if (jwt) {
    const claims = Object.entries(jwt.claims).map(([claim, values]) => `claim ${claim} = ${values.join(" or ")}`);
    const scopes = jwt.scopes.length === 0 ? [] : [`${jwt.scopes.length === 1 ? "scope" : "scopes"} ${jwt.scopes.join(", ")}`];
    const needed = [...scopes, ...claims];
    parts.push(`token of ${jwt.providers.join(" or ")}${needed.length === 0 ? "" : ` with ${needed.join(" and ")}`}`);
  }
  if (apiKey) parts.push(apiKey.plans ? `API key on plan ${apiKey.plans.join(" or ")}` : "API key");
  if (clientCertificate) {
    const names = clientCertificate.subjectAltNames;
    parts.push(`client certificate${names ? ` for ${names.join(" or ")}` : ""}`);
  }
  return parts.join(" and ");
}

/** `20 per second for each client address, bursts of 40`. */
export function limitText({ requests, per, burst, key }: RateLimit): string {
  const counted = {
    gateway: "together",
    clientIp: "for each client address",
    consumer: "for each consumer",
    jwtClaim: `for each value of claim ${key.kind === "jwtClaim" ? key.claim : ""}`,
    header: `for each value of header ${key.kind === "header" ? key.header : ""}`,
  }[key.kind];
  return `${requests} per ${per} ${counted}${burst === requests ? "" : `, bursts of ${burst}`}`;
}

function fromTexts({ access, cors }: Route): string[] {
  const texts: string[] = [];
  if (access.allowCidrs.length > 0) texts.push(`only ${access.allowCidrs.join(", ")}`);
  if (access.denyCidrs.length > 0) texts.push(`not ${access.denyCidrs.join(", ")}`);
  if (cors)
    texts.push(
      `CORS: ${cors.anyOrigin ? "every origin" : cors.allowOrigins.join(", ")}${cors.allowCredentials ? " with credentials" : ""}`,
    );
  return texts;
}

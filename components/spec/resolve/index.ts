import { createHash } from "node:crypto";
import type { Backend, GatewayModel, JwtProvider, Route } from "../model.ts";
import { awsSettings } from "../schema/aws.ts";
import { azureSettings } from "../schema/azure.ts";
import type { GatewayDocument } from "../schema/document.ts";
import { gcpSettings } from "../schema/gcp.ts";
import { localSettings } from "../schema/local.ts";
import type { RawFault } from "../shape.ts";
import { suggestion } from "../suggest.ts";
import { resolveAccess, resolveConsumers, resolveCors, resolveHeaders, resolveJwtProvider } from "./access.ts";
import { resolveBackend } from "./backends.ts";
import { type FileReader, ResolveContext } from "./context.ts";
import { resolvePlans, resolveRateLimits, resolveRequestLimits } from "./limits.ts";
import { resolveObservability } from "./observability.ts";
import { checkRateLimitKeys } from "./requirements.ts";
import { resolveRoutes } from "./routes.ts";
import { resolveFrontTls } from "./tls.ts";

/** Turns a document that has the right shape into the model; every contradiction in it is a fault, and then there is no model. */
export function resolveModel(document: GatewayDocument, read: FileReader): { model: GatewayModel | undefined; faults: RawFault[] } {
  const ctx = new ResolveContext(read);
  const plans = resolvePlans(document.plans, ctx);
  const consumers = resolveConsumers(document.consumers, Object.keys(plans), ctx);
  const providers = mapValues(document.jwt.providers, (provider, name) => resolveJwtProvider(name, provider, ctx));
  const backends = mapValues(document.backends, (backend, name) => resolveBackend(name, backend, ctx));
  const limits = resolveRequestLimits(document.limits, ctx);
  const rateLimits = resolveRateLimits(document.rateLimit, ["rateLimit"]);
  checkRateLimitKeys(rateLimits, (index) => (Array.isArray(document.rateLimit) ? ["rateLimit", index] : ["rateLimit"]), "gateway", ctx);
  const routes = resolveRoutes(
    document.routes,
    {
      backends,
      providers,
      plans: Object.keys(plans),
      consumers: Object.keys(consumers),
      clientCertificates: document.tls.clientValidation !== undefined,
      bodyBytes: limits.bodyBytes,
      cors: document.cors && resolveCors(document.cors, ["cors"], ctx),
    },
    ctx,
  );
  checkUse(document, routes, backends, providers, ctx);
  const local = localSettings.parse(document.local ?? {});
  checkLocal(document, local, ctx);
  const content: Omit<GatewayModel, "digest"> = {
    name: document.name,
    hostname: document.hostname,
    tls: resolveFrontTls(document.tls, ctx),
    http: document.http,
    clientIp: document.clientIp,
    jwtProviders: providers,
    apiKeys: routes.some(asksForApiKey) ? { header: document.apiKeys.header } : undefined,
    plans,
    consumers,
    access: resolveAccess(document.access, ["access"], ctx),
    rateLimits,
    limits,
    headers: resolveHeaders(document.headers, ["headers"], ctx),
    backends,
    routes,
    waf: document.waf,
    ddos: document.ddos,
    edge: document.edge,
    dns: { zone: document.dns.zone },
    observability: resolveObservability(document.observability, document.apiKeys.header, ctx),
    aws: awsSettings.parse(document.aws ?? {}),
    azure: azureSettings.parse(document.azure ?? {}),
    gcp: gcpSettings.parse(document.gcp ?? {}),
    local,
  };
  if (ctx.faults.length > 0) return { model: undefined, faults: ctx.faults };
  const digest = createHash("sha256").update(JSON.stringify(content)).digest("hex");
  return { model: deepFreeze({ ...content, digest }), faults: [] };
}

const asksForApiKey = (route: Route) =>
  route.requirement.kind === "anyOf" && route.requirement.alternatives.some((item) => item.apiKey !== undefined);

/** What is declared and never used is a forgotten wire, and often the one that should have protected something. */
function checkUse(
  document: GatewayDocument,
  routes: readonly Route[],
  backends: Readonly<Record<string, Backend>>,
  providers: Readonly<Record<string, JwtProvider>>,
  ctx: ResolveContext,
): void {
  // While routes have faults of their own they may be missing here; saying "unused" then would be noise.
  if (routes.length < Object.keys(document.routes).length) return;
  const usedBackends = new Set(
    Object.values(document.routes).flatMap((route) => [route.backend, ...(route.backends ?? []).map((target) => target.name)]),
  );
  for (const name of Object.keys(backends)) {
    if (!usedBackends.has(name)) ctx.fault(["backends", name], "no route leads to this backend", "remove it, or name it in a route");
  }
  const alternatives = routes.flatMap((route) => (route.requirement.kind === "anyOf" ? route.requirement.alternatives : []));
  const usedProviders = new Set(alternatives.flatMap((item) => item.jwt?.providers ?? []));
  for (const name of Object.keys(providers)) {
    if (!usedProviders.has(name))
      ctx.fault(["jwt", "providers", name], "no route requires a token of this provider", `remove it, or require it: { jwt: ${name} }`);
  }
  if (Object.keys(document.consumers).length > 0 && !alternatives.some((item) => item.apiKey)) {
    ctx.fault(
      ["consumers"],
      "no route requires an API key, so that consumers and their plans would limit nothing",
      "require apiKey on a route, or remove the consumers",
    );
  }
}

function checkLocal(document: GatewayDocument, local: GatewayModel["local"], ctx: ResolveContext): void {
  if (document.local === undefined) return;
  const provider = local.issuer?.provider;
  const providers = Object.keys(document.jwt.providers);
  if (provider !== undefined && !providers.includes(provider)) {
    ctx.fault(
      ["local", "issuer", "provider"],
      `there is no JWT provider "${provider}"`,
      suggestion(provider, providers, "declare it under jwt.providers"),
    );
  }
  const ports = new Map<number, string>();
  const claim = (port: number, path: readonly string[]) => {
    const taken = ports.get(port);
    if (taken !== undefined) ctx.fault(path, `port ${port} is already used by ${taken}`, "choose another port");
    ports.set(port, path.join("."));
  };
  claim(local.httpsPort, ["local", "httpsPort"]);
  if (document.http === "redirect") claim(local.httpPort, ["local", "httpPort"]);
  claim(local.adminPort, ["local", "adminPort"]);
  for (const [name, service] of Object.entries(local.services)) claim(service.port, ["local", "services", name, "port"]);
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}

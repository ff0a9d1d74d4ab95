import type { GatewayModel, Route } from "../model.ts";
import { awsSettings } from "../schema/aws.ts";
import { azureSettings } from "../schema/azure.ts";
import type { GatewayDocument } from "../schema/document.ts";
import { gcpSettings } from "../schema/gcp.ts";
import { localSettings } from "../schema/local.ts";
import type { RawFault } from "../shape.ts";
import { resolveAccess } from "./access.ts";
import { resolveBackend } from "./backends.ts";
import { canonical, digestOf } from "./canonical.ts";
import { resolveConsumers } from "./consumers.ts";
import { type FileReader, type Judged, ResolveContext } from "./context.ts";
import { resolveCors } from "./cors.ts";
import { checkKeyHeader, resolveHeaders, type TakenHeaders } from "./headers.ts";
import { resolveInternal } from "./internal.ts";
import { resolveJwtProvider } from "./jwt.ts";
import { resolvePlans, resolveRateLimits, resolveRequestLimits } from "./limits.ts";
import { checkLocal } from "./local.ts";
import { checkHostname, checkNames } from "./names.ts";
import { resolveObservability } from "./observability.ts";
import { checkRateLimitKeys } from "./requirements.ts";
import { resolveRoutes } from "./routes.ts";
import { resolveFrontTls } from "./tls.ts";
import { checkUse } from "./usage.ts";

export interface ResolveOptions {
  /** What was left out of the document because its shape is wrong; faults that may follow from that are not reported. */
  readonly judged?: Judged;
  /** True when routes of an OpenAPI document could not be imported, so that nobody knows what they would have used. */
  readonly incomplete?: boolean;
}

/** Turns a document that has the right shape into the model; every contradiction in it is a fault, and then there is no model. */
export function resolveModel(
  document: GatewayDocument,
  read: FileReader,
  options: ResolveOptions = {},
): { model: GatewayModel | undefined; faults: RawFault[] } {
  const ctx = new ResolveContext(read, document, options.judged);
  checkHostname(document.hostname, ctx);
  checkNames(document, ctx);
  const keyHeader = document.apiKeys.header;
  checkKeyHeader(keyHeader, ["apiKeys", "header"], ctx);
  const tls = resolveFrontTls(document.tls, ctx);
  const providers = mapValues(document.jwt.providers, (provider, name) => resolveJwtProvider(name, provider, keyHeader, ctx));
  const takenHeaders = headersTaken(document);
  const plans = resolvePlans(document.plans, ctx);
  const consumers = resolveConsumers(document.consumers, ctx);
  const access = resolveAccess(document.access, ["access"], ctx);
  const rateLimits = resolveRateLimits(document.rateLimit, ["rateLimit"]);
  checkRateLimitKeys(rateLimits, (index) => (Array.isArray(document.rateLimit) ? ["rateLimit", index] : ["rateLimit"]), "gateway", [], ctx);
  const cors = document.cors && resolveCors(document.cors, ["cors"], ctx);
  const limits = resolveRequestLimits(document.limits, ctx);
  const headers = resolveHeaders(document.headers, ["headers"], takenHeaders, ctx);
  const backends = mapValues(document.backends, (backend, name) => resolveBackend(name, backend, document.hostname, ctx));
  const surroundings = {
    backends,
    providers,
    clientValidation: tls.clientValidation,
    bodyBytes: limits.bodyBytes,
    urlBytes: limits.urlBytes,
    cors,
    access,
    takenHeaders,
  };
  const routes = resolveRoutes(document.routes, surroundings, ctx);
  const observability = resolveObservability(document.observability, keyHeader, ctx);
  const local = localSettings.parse(document.local ?? {});
  checkLocal(document, local, ctx);
  const internal = resolveInternal(document, ctx);
  checkUse(document, options.incomplete ?? false, ctx);
  if (ctx.faults.length > 0) return { model: undefined, faults: ctx.faults };
  const content: Omit<GatewayModel, "digest"> = canonical({
    name: document.name,
    hostname: document.hostname,
    tls,
    http: document.http,
    clientIp: document.clientIp,
    jwtProviders: providers,
    apiKeys: routes.some(asksForApiKey) ? { header: keyHeader } : undefined,
    plans,
    consumers,
    access: access.lists,
    rateLimits,
    limits,
    headers,
    backends,
    routes,
    waf: document.waf,
    ddos: document.ddos,
    edge: document.edge,
    dns: { zone: document.dns.zone },
    observability,
    internal,
    aws: awsSettings.parse(document.aws ?? {}),
    azure: azureSettings.parse(document.azure ?? {}),
    gcp: gcpSettings.parse(document.gcp ?? {}),
    local,
  });
  return { model: Object.freeze({ ...content, digest: digestOf(content) }), faults: [] };
}

const asksForApiKey = (route: Route) =>
  route.requirement.kind === "anyOf" && route.requirement.alternatives.some((item) => item.apiKey !== undefined);

function headersTaken(document: GatewayDocument): TakenHeaders {
  const claims = Object.entries(document.jwt.providers).flatMap(([name, provider]) =>
    Object.keys(provider.claimToHeaders).map((header) => [header, ["jwt", "providers", name, "claimToHeaders", header]] as const),
  );
  return { apiKey: document.apiKeys.header, claims: new Map(claims) };
}

function mapValues<A, B>(record: Readonly<Record<string, A>>, map: (value: A, key: string) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
}

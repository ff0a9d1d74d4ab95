import type { Cloud } from "../../components/backends/contract.ts";
import { judge } from "../../components/backends/judge.ts";
import type { Fault } from "../../components/spec/faults.ts";
import { loadDocument } from "../../components/spec/load.ts";
import type { GatewayModel } from "../../components/spec/model.ts";
import { tidy } from "./tidy.ts";

/** What a cloud keeps of a document: the document without what it refuses. */
export interface Accepted {
  /** Undefined when nothing is left that could be tried. */
  readonly model: GatewayModel | undefined;
  readonly value: Record<string, unknown>;
  /** Refusals met on the way, the document's own faults left out. */
  readonly refused: readonly Fault[];
  /** The document's faults met at the start, before any cloud was asked. */
  readonly invalid: readonly Fault[];
}

const ROUNDS = 40;

/** Takes out of a document what a cloud refuses, fault by fault, until it accepts the rest. */
export async function acceptedBy(cloud: Cloud, document: Record<string, unknown>): Promise<Accepted> {
  const value = structuredClone(document);
  const refused: Fault[] = [];
  const invalid: Fault[] = [];
  const met = new Map<string, number>();
  let asked = false;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { model, faults } = await loadDocument({ file: "document.json", text: JSON.stringify(value), read: noFiles });
    const refusals = model ? judge(cloud, model).faults : [];
    if (model && refusals.length === 0) return { model, value, refused, invalid };
    if (model) {
      asked = true;
      refused.push(...refusals);
    } else if (!asked) invalid.push(...faults);
    takeOut(cloud, value, model ? refusals : faults, met);
    tidy(value);
  }
  return { model: undefined, value, refused, invalid };
}

const noFiles = (): never => {
  throw new Error("documents of this proof name no files");
};

type Fields = Record<string, unknown>;

/** Changes the document at the places of the faults; the more often a place is at fault, the more around it goes. */
function takeOut(cloud: Cloud, value: Fields, faults: readonly Fault[], met: Map<string, number>): void {
  for (const { path, remedy } of new Map(faults.map((fault) => [fault.path, fault])).values()) {
    const times = met.get(path) ?? 0;
    met.set(path, times + 1);
    if (!followed(value, remedy, times) && !substitute(cloud, value, path, times)) remove(value, path, times);
  }
  const routes = value.routes as Fields;
  const backend =
    Object.entries((value.backends ?? {}) as Record<string, Fields>).find(([, { protocol }]) => protocol !== "grpc")?.[0] ?? "left";
  if (Object.keys(routes).length > 0) return;
  value.backends ??= {};
  (value.backends as Fields)[backend] ??= { url: "https://left.example.com" };
  routes.left = { path: "/left", methods: ["GET"], backend, public: true };
}

/** Does what the remedy says, where it names a setting of the cloud's own section; every other time only, so that the field itself goes as well. */
function followed(value: Fields, remedy: string, times: number): boolean {
  const azure = value.azure as Fields;
  const deviation = /azure\.accept: \[(\w+)\]/.exec(remedy)?.[1];
  const loose = /aws\.http\.accept: \[(\w+)\]/.exec(remedy)?.[1];
  const aws = value.aws as Fields;
  if (loose !== undefined && times < 2)
    aws.http = { accept: [...new Set([...((aws.http as { accept?: string[] } | undefined)?.accept ?? []), loose])] };
  else if (deviation !== undefined) azure.accept = [...new Set([...((azure.accept ?? []) as string[]), deviation])];
  else if (times % 2 === 0) return false;
  else if (/azure\.tier/.test(remedy)) azure.tier = TIERS.find((tier) => new RegExp(`\\b${tier}\\b`).test(remedy)) ?? "Premium";
  else if (/aws\.flavour: rest/.test(remedy)) (value.aws as Fields).flavour = "rest";
  else if (/edge: none/.test(remedy)) delete value.edge;
  else return false;
  return true;
}

const TIERS = ["Premium", "Standard", "Developer", "PremiumV2"];

/** Fields that have to have a value get another one. */
function substitute(cloud: Cloud, value: Fields, path: string, times: number): boolean {
  const tls = value.tls as Fields;
  const azure = value.azure as Fields;
  const aws = value.aws as Fields;
  const [first, name = "", field = ""] = path.split(".");
  const route = first === "routes" ? ((value.routes as Record<string, Fields>)[name] ?? undefined) : undefined;
  if (path === "http") value.http = value.http === "refuse" ? "redirect" : "refuse";
  else if (path === "tls.certificate.source" && cloud !== "azure") tls.certificate = { source: cloud === "local" ? "internal" : "managed" };
  else if (path.startsWith("tls.certificate") || path.startsWith("azure.certificate")) {
    if (times % 2 === 0) {
      tls.certificate = { source: "managed" };
      azure.certificate = KEY_VAULT;
    } else {
      tls.certificate = { source: "internal" };
      delete azure.certificate;
    }
  } else if (path === "tls.hsts" && times === 0) delete tls.hsts;
  else if (path === "tls.hsts" && times === 1 && allInside(value)) aws.network = { ...NETWORK, bridge: "alb" };
  else if (path === "tls.hsts" || (first === "headers" && cloud === "aws" && times > 0) || (path === "errors" && cloud === "aws")) {
    value.edge = "cdn";
    aws.flavour = "rest";
  } else if (path === "routes" && cloud === "aws" && times === 0) exactOnly(value);
  else if (path === "routes" && cloud === "aws") aws.flavour = "rest";
  else if (path === "hostname") value.dns = { zone: zoneOf(cloud, String(value.hostname)) };
  else if (/^backends\.[^.]+\.(url|tls)$/.test(path) && aws.network !== undefined && cloud === "aws" && times === 0)
    aws.network = { ...NETWORK, bridge: "nlb" };
  else if (path === "dns.zone" && cloud === "local") delete value.dns;
  else if (path === "dns.zone") value.dns = { zone: zoneOf(cloud, String(value.hostname)) };
  else if (first === "limits") {
    value.limits = times % 2 === 0 ? { url: "4KiB", headers: "4KiB", body: "1MiB" } : { url: "10KiB", headers: "10KiB", body: 10_000_000 };
    for (const one of Object.values(value.routes as Record<string, Fields>)) delete one.bodyLimit;
  } else if (path === "tls.clientValidation.mode" && times === 0)
    (tls.clientValidation as Fields).mode = (tls.clientValidation as Fields).mode === "Required" ? "Optional" : "Required";
  else if (path.startsWith("azure.tier")) azure.tier = ["Premium", "Standard", "Developer"][times % 3];
  else if (path.startsWith("azure.accept"))
    azure.accept = ["approximateLimits", "keyCache", "platformCiphers", "publicRoots", "sharedTrust"];
  else if (path.startsWith("aws.flavour")) aws.flavour = "rest";
  else if (route && (/^retries/.test(field) || field === "cors") && times === 0) route[field.replace(/\W.*/, "")] = null;
  else if (route && field === "timeout" && times === 0) route.timeout = "9s";
  else if (route && field.startsWith("bodyLimit") && times === 0) delete route.bodyLimit;
  else if (first === "aws" && name === "network" && times === 0) aws.network = NETWORK;
  else return false;
  return true;
}

/** HTTP APIs are trusted with exact paths only. */
function exactOnly(value: Fields): void {
  const routes = value.routes as Record<string, Fields>;
  for (const [name, { path }] of Object.entries(routes)) if (/[{*]/.test(String(path))) delete routes[name];
}

const zoneOf = (cloud: Cloud, hostname: string): string => {
  const domain = hostname.split(".").slice(1).join(".");
  if (cloud === "gcp") return "shop";
  return cloud === "azure"
    ? `/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/dns/providers/Microsoft.Network/dnsZones/${domain}`
    : domain;
};

const KEY_VAULT = {
  keyVaultSecretId: "https://shop-certs.vault.azure.net/secrets/api-cert",
  keyVaultId: "/subscriptions/00000000-1111-4222-8333-444444444444/resourceGroups/certs/providers/Microsoft.KeyVault/vaults/shop-certs",
};

const allInside = (value: Fields): boolean =>
  Object.values((value.backends ?? {}) as Record<string, Fields>).every(
    ({ network }) => network !== undefined && (network as Fields).type !== "public",
  );

const NETWORK = { vpcId: "vpc-0123456789abcdef0", subnetIds: ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"] };

/** Fields an entry cannot be without; the entry goes with them. */
const NEEDED = new Set([
  "path",
  "methods",
  "grpc",
  "backend",
  "backends",
  "require",
  "public",
  "url",
  "issuer",
  "audiences",
  "jwksUri",
  "jwks",
]);

/** Removes what stands at the path, or the nearest thing around it. */
function remove(value: Fields, path: string, times: number): void {
  const keys = path.match(/[^.[\]]+/g) ?? [];
  const places: [Fields, string][] = [];
  let at: unknown = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !(key in at)) break;
    places.push([at as Fields, key]);
    at = (at as Fields)[key];
  }
  let depth = places.length - 1 - Math.max(0, times - 1);
  const first = places[0]?.[1] ?? "";
  // What stands for a route's requirements never goes alone: the route would be left open.
  if (first === "routes" && (places[2]?.[1] === "require" || NEEDED.has(places[2]?.[1] ?? ""))) depth = Math.min(depth, 1);
  if (first === "backends" && depth >= 2 && NEEDED.has(places[2]?.[1] ?? "")) depth = 1;
  if (first === "jwt" && depth >= 3 && NEEDED.has(places[3]?.[1] ?? "")) depth = 2;
  if (["routes", "backends"].includes(first)) depth = Math.max(depth, 1);
  if (depth < 0 || depth >= places.length) return;
  const [parent, key] = places[depth] as [Fields, string];
  if (depth === 0 && KEPT.has(key)) return;
  if (Array.isArray(parent) && parent.length > 1) parent.splice(Number(key), 1);
  else if (Array.isArray(parent)) drop(places, depth - 1);
  else delete parent[key];
  if (first === "backends" && depth === 1) dropRoutesTo(value, key);
  if (first === "jwt" && depth === 2) dropRoutesOf(value, key);
}

const KEPT = new Set(["name", "hostname", "tls", "routes", "backends", "http", "azure", "aws", "gcp", "local"]);

function drop(places: readonly [Fields, string][], depth: number): void {
  const place = places[depth];
  if (place) delete place[0][place[1]];
}

function dropRoutesTo(value: Fields, backend: string): void {
  const routes = value.routes as Record<string, Fields>;
  for (const [name, { backend: one, backends = [] }] of Object.entries(routes))
    if (one === backend || (backends as Fields[]).some((entry) => entry.name === backend)) delete routes[name];
}

function dropRoutesOf(value: Fields, provider: string): void {
  const routes = value.routes as Record<string, Fields>;
  for (const [name, { require = [] }] of Object.entries(routes))
    if ((require as Fields[]).some(({ jwt }) => [jwt].flat().includes(provider))) delete routes[name];
}

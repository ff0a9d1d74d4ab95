import ipaddr from "ipaddr.js";
import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { AccessLists, Consumer, Cors, HeaderChanges, JwtProvider, Method } from "../model.ts";
import type { accessLists, consumer, cors, jwtProvider } from "../schema/access.ts";
import type { headers } from "../schema/routes.ts";
import { suggestion } from "../suggest.ts";
import type { ResolveContext } from "./context.ts";
import { resolveTrust } from "./tls.ts";
import { milliseconds } from "./units.ts";
import { parseHttpsUrl } from "./url.ts";

export function resolveAccess(
  lists: z.output<typeof accessLists> | undefined,
  path: readonly PathPart[],
  ctx: ResolveContext,
): AccessLists {
  if (lists === undefined) return { allowCidrs: [], denyCidrs: [] };
  const resolve = (field: "allowCidrs" | "denyCidrs") => [
    ...new Set(lists[field].map((text, index) => canonicalCidr(text, [...path, field, index], ctx)).filter((text) => text !== undefined)),
  ];
  return { allowCidrs: resolve("allowCidrs"), denyCidrs: resolve("denyCidrs") };
}

function canonicalCidr(text: string, path: readonly PathPart[], ctx: ResolveContext): string | undefined {
  const block = parseCidr(text);
  if (block === undefined) {
    const hint = ipaddr.isValid(text)
      ? `write a single address as ${text}${text.includes(":") ? "/128" : "/32"}`
      : "give a block such as 192.0.2.0/24 or 2001:db8::/32";
    ctx.fault(path, `"${text}" is not a CIDR block`, hint);
    return undefined;
  }
  const { network, bits } = block;
  if (bits === 0) {
    ctx.fault(
      path,
      `"${text}" is every address`,
      path.includes("denyCidrs")
        ? "deny smaller blocks; a gateway nobody may reach is better not deployed"
        : "leave allowCidrs out to allow every address",
    );
    return undefined;
  }
  const canonical = `${network}/${bits}`;
  if (canonical !== text.toLowerCase() && ipaddr.parse(text.split("/")[0] ?? "").toString() !== network) {
    ctx.fault(path, `"${text}" has address bits set beyond its /${bits}`, `write ${canonical}`);
    return undefined;
  }
  return canonical;
}

function parseCidr(text: string): { network: string; bits: number } | undefined {
  if (!/^[0-9a-fA-F.:]+\/[0-9]{1,3}$/.test(text)) return undefined;
  // ipaddr.js reads 010.1.1.1 and 10.1 the way inet_aton does; a document must not mean two things.
  if (!text.includes(":") && !/^(0|[1-9][0-9]{0,2})(\.(0|[1-9][0-9]{0,2})){3}\//.test(text)) return undefined;
  try {
    const [address, bits] = ipaddr.parseCIDR(text);
    const network = address.kind() === "ipv4" ? ipaddr.IPv4.networkAddressFromCIDR(text) : ipaddr.IPv6.networkAddressFromCIDR(text);
    return { network: network.toString(), bits };
  } catch {
    return undefined;
  }
}

export function resolveCors(rules: z.output<typeof cors>, path: readonly PathPart[], ctx: ResolveContext): Cors {
  if (rules.allowAnyOrigin && rules.allowOrigins.length > 0)
    ctx.fault([...path, "allowOrigins"], "has no meaning with allowAnyOrigin: true", "keep one of the two");
  if (rules.allowAnyOrigin && rules.allowCredentials)
    ctx.fault(
      [...path, "allowCredentials"],
      "credentials cannot be allowed to every origin",
      "list the origins in allowOrigins, or leave allowCredentials out",
    );
  if (!rules.allowAnyOrigin && rules.allowOrigins.length === 0)
    ctx.fault(
      [...path, "allowOrigins"],
      "no origin is allowed",
      "list origins such as https://shop.example.com, or leave cors out to switch it off",
    );
  return {
    allowOrigins: [...new Set(rules.allowOrigins.map(canonicalOrigin))],
    anyOrigin: rules.allowAnyOrigin,
    allowMethods: sortMethods(rules.allowMethods),
    allowHeaders: [...new Set(rules.allowHeaders)].sort(),
    exposeHeaders: [...new Set(rules.exposeHeaders)].sort(),
    allowCredentials: rules.allowCredentials,
    maxAgeSeconds: Math.floor(milliseconds(rules.maxAge) / 1000),
  };
}

// Browsers leave the default port out of Origin.
const canonicalOrigin = (origin: string) => origin.replace(/^(https:\/\/[^:]+):443$/, "$1").replace(/^(http:\/\/[^:]+):80$/, "$1");

const METHOD_ORDER: readonly Method[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

export function sortMethods(methods: readonly Method[]): Method[] {
  return METHOD_ORDER.filter((method) => methods.includes(method));
}

export function resolveJwtProvider(name: string, provider: z.output<typeof jwtProvider>, ctx: ResolveContext): JwtProvider {
  const path = ["jwt", "providers", name];
  const clockSkewMs = milliseconds(provider.clockSkew);
  if (clockSkewMs > 60_000) ctx.fault([...path, "clockSkew"], `"${provider.clockSkew}" is too long`, "allowed: 60s or less");
  for (const header of Object.keys(provider.claimToHeaders)) checkHeaderTarget(header, [...path, "claimToHeaders", header], ctx);
  return {
    name,
    issuer: provider.issuer,
    audiences: [...new Set(provider.audiences)],
    keys: resolveKeys(provider, path, ctx),
    algorithms: [...new Set(provider.algorithms)],
    scopes: [...new Set(provider.scopes)],
    claimToHeaders: provider.claimToHeaders,
    clockSkewSeconds: Math.floor(clockSkewMs / 1000),
    forward: provider.forward,
  };
}

function resolveKeys(provider: z.output<typeof jwtProvider>, path: readonly PathPart[], ctx: ResolveContext): JwtProvider["keys"] {
  if (provider.jwksUri !== undefined && provider.jwks !== undefined)
    ctx.fault([...path, "jwks"], "jwks and jwksUri are both given", "keep one of the two");
  if (provider.jwks !== undefined) {
    if (provider.jwksTls !== undefined) ctx.fault([...path, "jwksTls"], "has no meaning without jwksUri", "remove it");
    const text = ctx.text(provider.jwks, [...path, "jwks"]);
    return { kind: "inline", jwks: text === undefined ? "" : checkedJwks(text, [...path, "jwks"], ctx) };
  }
  if (provider.jwksUri === undefined) {
    ctx.fault([...path, "jwksUri"], "is missing: the provider has no keys", "give jwksUri, or the keys themselves in jwks");
    return { kind: "inline", jwks: "" };
  }
  parseHttpsUrl(provider.jwksUri, [...path, "jwksUri"], ctx);
  const trust = resolveTrust({ ...provider.jwksTls }, [...path, "jwksTls"], ctx);
  return { kind: "remote", uri: provider.jwksUri, trust };
}

/** Public, asymmetric keys only: a symmetric key in a JWKS would let every reader of it sign tokens. */
function checkedJwks(text: string, path: readonly PathPart[], ctx: ResolveContext): string {
  let keys: unknown;
  try {
    keys = (JSON.parse(text) as { keys?: unknown }).keys;
  } catch {
    ctx.fault(path, "is not JSON", 'give a JSON Web Key Set: {"keys": [...]}');
    return "";
  }
  if (!Array.isArray(keys) || keys.length === 0) {
    ctx.fault(path, "has no keys", 'give a JSON Web Key Set with at least one key: {"keys": [...]}');
    return "";
  }
  keys.forEach((key: unknown, index) => {
    const jwk = (typeof key === "object" && key !== null ? key : {}) as Record<string, unknown>;
    const where = `key ${index + 1}`;
    if (!["RSA", "EC", "OKP"].includes(String(jwk.kty)))
      ctx.fault(path, `${where} has key type "${String(jwk.kty)}"`, "allowed: RSA, EC and OKP public keys");
    else if (["d", "p", "q", "k"].some((part) => part in jwk))
      ctx.fault(path, `${where} holds private material`, "publish only the public part; replace this key, it has been written in the open");
  });
  return JSON.stringify({ keys });
}

export function resolveConsumers(
  consumers: Readonly<Record<string, z.output<typeof consumer>>>,
  plans: readonly string[],
  ctx: ResolveContext,
): Record<string, Consumer> {
  const seen = new Map<string, string>();
  return Object.fromEntries(
    Object.entries(consumers).map(([name, entry]) => {
      const path = ["consumers", name];
      const twin = seen.get(name.toLowerCase());
      if (twin !== undefined)
        ctx.fault(path, `is the consumer "${twin}" in another spelling`, "keep one of the two; names differ in more than capitals");
      seen.set(name.toLowerCase(), name);
      if (entry.plan !== undefined && !plans.includes(entry.plan))
        ctx.fault([...path, "plan"], `there is no plan "${entry.plan}"`, suggestion(entry.plan, plans, "declare it under plans"));
      if (entry.keepPreviousKey && entry.keyGeneration === 1)
        ctx.fault(
          [...path, "keepPreviousKey"],
          "there is no key before generation 1",
          "raise keyGeneration first, or remove keepPreviousKey",
        );
      return [name, { name, plan: entry.plan, keyGeneration: entry.keyGeneration, keepPreviousKey: entry.keepPreviousKey }];
    }),
  );
}

/** Headers that belong to the connection, to the gateway's own handling or to a client's credentials; no document may write them. */
const RESERVED = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "te",
  "trailer",
  "proxy-connection",
  "expect",
  "authorization",
  "proxy-authorization",
  "x-request-id",
  "traceparent",
  "tracestate",
  "forwarded",
  "strict-transport-security",
  "server",
  "www-authenticate",
  "retry-after",
]);

const reserved = (header: string) =>
  RESERVED.has(header) ||
  header.startsWith("x-gateway-") ||
  header.startsWith("x-forwarded-") ||
  header.startsWith("x-envoy-") ||
  header.startsWith("access-control-");

function checkHeaderTarget(header: string, path: readonly PathPart[], ctx: ResolveContext): void {
  if (reserved(header)) ctx.fault(path, `the header "${header}" is the gateway's own or the connection's`, "choose another header name");
}

export function resolveHeaders(
  changes: z.output<typeof headers> | undefined,
  path: readonly PathPart[],
  ctx: ResolveContext,
): HeaderChanges {
  const none = { set: {}, add: {}, remove: [] };
  if (changes === undefined) return { request: none, response: none };
  for (const direction of ["request", "response"] as const) {
    const rules = changes[direction];
    for (const header of [...Object.keys(rules.set), ...Object.keys(rules.add)]) {
      checkHeaderTarget(header, [...path, direction, header in rules.set ? "set" : "add", header], ctx);
      if (header in rules.set && header in rules.add)
        ctx.fault([...path, direction, "add", header], "is both set and added", "keep one of the two");
    }
    rules.remove.forEach((header, index) => {
      checkHeaderTarget(header, [...path, direction, "remove", index], ctx);
      if (header in rules.set || header in rules.add)
        ctx.fault(
          [...path, direction, "remove", index],
          `"${header}" is both removed and given`,
          "keep one of the two; set replaces what was there",
        );
    });
  }
  return changes;
}

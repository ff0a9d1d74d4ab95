import { isIP } from "node:net";
import type { z } from "zod";
import type { Backend } from "../model.ts";
import type { backend } from "../schema/backends.ts";
import type { ResolveContext } from "./context.ts";
import { resolveCircuitBreaker, resolveRetries } from "./limits.ts";
import { resolveBackendTls } from "./tls.ts";
import { milliseconds } from "./units.ts";
import { parseHttpsUrl } from "./url.ts";

const LONGEST_TIMEOUT_MS = 3_600_000;

export function resolveBackend(name: string, entry: z.output<typeof backend>, ctx: ResolveContext): Backend {
  const path = ["backends", name];
  const url = parseHttpsUrl(entry.url, [...path, "url"], ctx) ?? { host: "", port: 443, path: "/" };
  if (/[?]/.test(entry.url)) ctx.fault([...path, "url"], "has a query", "remove it; a backend URL ends with its base path");
  if (entry.protocol === "grpc" && url.path !== "/") ctx.fault([...path, "url"], "a gRPC backend has no base path", "remove the path");
  const timeoutMs = checkedTimeout(entry.timeout, [...path, "timeout"], ctx);
  if (entry.network.type !== "public") {
    entry.network.addresses.forEach((address, index) => {
      if (isIP(address) === 0)
        ctx.fault([...path, "network", "addresses", index], `"${address}" is not an IP address`, "give an IPv4 or IPv6 address");
    });
  }
  return {
    name,
    host: url.host,
    port: url.port,
    basePath: url.path.replace(/\/+$/, ""),
    protocol: entry.protocol,
    tls: resolveBackendTls(entry.tls, url.host, [...path, "tls"], ctx),
    network: entry.network,
    preserveHost: entry.preserveHost,
    timeoutMs,
    connectTimeoutMs: checkedTimeout(entry.connectTimeout, [...path, "connectTimeout"], ctx),
    retries: entry.retries && resolveRetries(entry.retries, timeoutMs, [...path, "retries"], ctx),
    circuitBreaker: entry.circuitBreaker && resolveCircuitBreaker(entry.circuitBreaker),
    healthCheck: entry.healthCheck && { path: entry.healthCheck.path, intervalMs: milliseconds(entry.healthCheck.interval) },
  };
}

export function checkedTimeout(text: string, path: readonly (string | number)[], ctx: ResolveContext): number {
  const ms = milliseconds(text);
  if (ms > LONGEST_TIMEOUT_MS) ctx.fault(path, `"${text}" is too long`, "allowed: 1h or less");
  return ms;
}

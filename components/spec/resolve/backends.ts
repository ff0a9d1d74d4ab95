import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { z } from "zod";
import type { PathPart } from "../faults.ts";
import type { Backend } from "../model.ts";
import type { backend } from "../schema/backends.ts";
import { show } from "../show.ts";
import type { ResolveContext } from "./context.ts";
import { resolveCircuitBreaker, resolveRetries } from "./limits.ts";
import { resolveBackendTls } from "./tls.ts";
import { boundedMilliseconds } from "./units.ts";
import { parseHttpsUrl } from "./url.ts";

type BackendDocument = z.output<typeof backend>;

export function resolveBackend(name: string, entry: BackendDocument, hostname: string, ctx: ResolveContext): Backend {
  const path = ["backends", name];
  const url = resolveUrl(entry, hostname, path, ctx);
  const timeoutMs = boundedMilliseconds(entry.timeout, "1ms", "1h", [...path, "timeout"], ctx);
  const connectTimeoutMs = boundedMilliseconds(entry.connectTimeout, "1ms", "5m", [...path, "connectTimeout"], ctx);
  if (connectTimeoutMs > timeoutMs)
    ctx.fault(
      [...path, "connectTimeout"],
      `"${entry.connectTimeout}" is longer than the whole request may take (timeout: ${entry.timeout})`,
      "make it shorter, or raise timeout",
      [[...path, "timeout"]],
    );
  return {
    name,
    host: url.host,
    port: url.port,
    basePath: url.path.replace(/\/+$/, ""),
    protocol: entry.protocol,
    tls: resolveBackendTls(entry.tls, url.host, [...path, "tls"], ctx),
    network: resolveNetwork(entry.network, [...path, "network"], ctx),
    preserveHost: entry.preserveHost,
    timeoutMs,
    connectTimeoutMs,
    retries: entry.retries && resolveRetries(entry.retries, timeoutMs, [...path, "retries"], ctx),
    circuitBreaker: entry.circuitBreaker && resolveCircuitBreaker(entry.circuitBreaker, [...path, "circuitBreaker"], ctx),
    healthCheck: entry.healthCheck && {
      path: entry.healthCheck.path,
      intervalMs: boundedMilliseconds(entry.healthCheck.interval, "1s", "5m", [...path, "healthCheck", "interval"], ctx),
    },
  };
}

function resolveUrl(entry: BackendDocument, hostname: string, path: readonly PathPart[], ctx: ResolveContext) {
  const at = [...path, "url"];
  const url = parseHttpsUrl(entry.url, at, ctx) ?? { host: "", port: 443, path: "/" };
  const written = entry.url.replace(/^[a-z]+:\/\/[^/?#]*/i, "");
  if (entry.url.includes("?")) ctx.fault(at, "has a query", "remove it; a backend URL ends with its base path");
  if (/(^|\/)(\.|%2e){1,2}(\/|$)/i.test(written)) ctx.fault(at, "has a dot segment in its base path", "write the path it stands for");
  if (/\/\/|%2f|%5c|\\|%00/i.test(written))
    ctx.fault(at, "has an empty segment or an escaped separator in its base path", "write plain segments, such as /base");
  if (entry.protocol === "grpc" && url.path !== "/")
    ctx.fault(at, "a gRPC backend has no base path", "remove the path", [[...path, "protocol"]]);
  const ownAddresses = entry.network.type !== "public" && entry.network.addresses.length > 0;
  if (url.host === hostname && url.port === 443 && !ownAddresses)
    ctx.fault(at, `"${url.host}" is the gateway itself, so that requests would go in circles`, "give the service's own host name", [
      ["hostname"],
      [...path, "network"],
    ]);
  return url;
}

function resolveNetwork(network: BackendDocument["network"], path: readonly PathPart[], ctx: ResolveContext): Backend["network"] {
  if (network.type === "public") return { type: "public" };
  const addresses = network.addresses.flatMap((address, index) => {
    const at = [...path, "addresses", index];
    // isIP knows one spelling of an IPv4 address; ipaddr.js reads 010.1.1.1 and 10.1 the way inet_aton does.
    if (isIP(address) === 0 || address.includes("%")) {
      ctx.fault(at, `${show(address)} is not an IP address`, "give an IPv4 or IPv6 address");
      return [];
    }
    const canonical = ipaddr.process(address).toString();
    if (network.addresses.slice(0, index).some((other) => isIP(other) !== 0 && ipaddr.process(other).toString() === canonical))
      ctx.fault(at, `${show(address)} is listed twice`, "keep one of the two");
    return [canonical];
  });
  return { type: network.type, addresses };
}

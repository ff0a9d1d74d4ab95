import type { Field } from "../reader.ts";
import { headerOf, readDuration } from "../values.ts";
import type { KubeObject } from "./objects.ts";

const UNITS: Readonly<Record<string, string>> = { Second: "second", Minute: "minute", Hour: "hour" };

/** BackendTrafficPolicy: limits, time limits, retries. */
export function readTraffic({ spec }: KubeObject): { fields: Record<string, unknown> } {
  if (spec === undefined) return { fields: {} };
  const fields: Record<string, unknown> = {};
  const limits = readLimits(spec.map("rateLimit"));
  if (limits.length > 0) fields.rateLimit = limits.length === 1 ? limits[0] : limits;
  const timeouts = spec.map("timeout");
  const http = timeouts?.map("http");
  const whole = http === undefined ? undefined : readDuration(http, "requestTimeout");
  if (whole !== undefined) fields.timeout = whole;
  http?.leaveAll(
    ["connectionIdleTimeout", "maxConnectionDuration", "maxStreamDuration"],
    "behaviour",
    "details of connections",
    "see timeout of the backend",
  );
  timeouts?.leaveAll(["tcp"], "behaviour", "the time limit of opening a connection", "say connectTimeout of the backend");
  const retry = spec.map("retry");
  if (retry !== undefined) fields.retries = readRetry(retry);
  spec.leaveAll(["circuitBreaker"], "behaviour", "how many requests a backend gets at a time", "say circuitBreaker of the backend");
  spec.leaveAll(["healthCheck"], "behaviour", "how endpoints are found healthy", "say healthCheck and circuitBreaker of the backend");
  spec.leaveAll(
    ["loadBalancer", "proxyProtocol", "tcpKeepalive", "connection", "dns", "http2", "useClientProtocol"],
    "behaviour",
    "how Envoy speaks to endpoints",
    "nothing to do where the backend has a load balancer of its own",
  );
  spec.leaveAll(["faultInjection"], "behaviour", "faults made on purpose", "nothing to do");
  spec.leaveAll(["responseOverride"], "behaviour", "answers of its own to errors", "errors are problem+json (RFC 9457)");
  spec.leaveAll(["compression"], "behaviour", "compression at the gateway", "have the services compress");
  return { fields };
}

function readRetry(retry: Field): Record<string, unknown> {
  const attempts = retry.number("numRetries") ?? 2;
  if (attempts < 1 || attempts > 5) retry.at("numRetries")?.leave("behaviour", "the number of further tries", "1 to 5 are made");
  retry.leaveAll(["retryOn"], "behaviour", "what is repeated", "say on of retries: connectFailure, unavailable, gatewayError");
  const each = retry.map("perRetry");
  const perTryTimeout = each === undefined ? undefined : readDuration(each, "timeout");
  each?.leaveAll(["backOff"], "behaviour", "the time between tries", "nothing to do");
  retry.leaveAll(["numAttemptsPerPriority"], "behaviour", "how tries are spread over endpoints", "nothing to do");
  return { attempts: Math.max(1, Math.min(5, Math.floor(attempts))), ...(perTryTimeout === undefined ? {} : { perTryTimeout }) };
}

/** Rules of a rate limit. Without selectors everything is counted together; `Distinct` counts each value apart. */
function readLimits(rateLimit: Field | undefined): Record<string, unknown>[] {
  const type = rateLimit?.text("type");
  const kinds = ["local", "global"].filter((kind) => rateLimit?.has(kind));
  if (type !== undefined && !kinds.includes(type.toLowerCase()))
    rateLimit?.at("type")?.leave("unknown", "the type and the rules do not go together", "say rateLimit");
  return kinds.flatMap((kind) => {
    const owner = rateLimit?.map(kind);
    owner?.leaveAll(["shared"], "operation", "one count for all routes under the policy", "say rateLimit of the gateway");
    return (owner?.maps("rules") ?? []).flatMap((rule) => {
      const limit = rule.map("limit");
      const [requests, per] = [limit?.number("requests"), UNITS[limit?.text("unit") ?? ""]];
      const key = keyOf(rule);
      rule.leaveAll(["cost", "shared"], "behaviour", "requests that cost more than one", "every request counts as one");
      if (requests === undefined || requests < 1 || per === undefined || key === undefined) {
        rule.leave(
          "protection",
          "a rate limit with another period or selector than a document has",
          "say rateLimit with per second, minute or hour",
        );
        return [];
      }
      rule.remark(
        "protection",
        "each route of the document counts by itself, where one limit counted several together",
        "say rateLimit of the gateway, or plans, for one limit over all routes",
      );
      return { requests: Math.floor(requests), per, key };
    });
  });
}

function keyOf(rule: Field): string | undefined {
  const [selector, ...others] = rule.maps("clientSelectors");
  if (selector === undefined) return "gateway";
  if (others.length > 0) return undefined;
  const source = selector.map("sourceCIDR");
  const [header, ...more] = selector.maps("headers");
  if (source !== undefined && header === undefined) {
    const all = ["0.0.0.0/0", "::/0"].includes(source.text("value") ?? "");
    return source.text("type") === "Distinct" && all ? "clientIp" : undefined;
  }
  if (source === undefined && header !== undefined && more.length === 0 && header.text("type") === "Distinct" && !header.has("invert")) {
    const name = headerOf(header.text("name") ?? "");
    return name === undefined ? undefined : `header:${name}`;
  }
  return undefined;
}

import type { z } from "zod";
import type { Observability } from "../model.ts";
import type { observability } from "../schema/observability.ts";
import { show } from "../show.ts";
import { parseUrl } from "../url.ts";
import type { ResolveContext } from "./context.ts";
import { isLoopback } from "./url.ts";

const CREDENTIAL_HEADERS = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie", "x-gateway-client-cert"]);

const PATH = ["observability"];

export function resolveObservability(entry: z.output<typeof observability>, apiKeyHeader: string, ctx: ResolveContext): Observability {
  const { accessLogs, alarms } = entry;
  accessLogs.headers.forEach((header, index) => {
    const at = [...PATH, "accessLogs", "headers", index];
    if (CREDENTIAL_HEADERS.has(header) || header === apiKeyHeader)
      ctx.fault(at, `"${header}" carries credentials`, "remove it; credentials are never logged");
    else if (!accessLogs.enabled) ctx.fault(at, "is never logged: accessLogs.enabled is false", "remove it, or switch access logs on");
  });
  if (alarms && !entry.metrics)
    ctx.fault([...PATH, "alarms"], "alarms watch metrics, which are off", "set observability.metrics to true, or remove the alarms", [
      [...PATH, "metrics"],
    ]);
  alarms?.notify.forEach((address, index) => {
    const at = [...PATH, "alarms", "notify", index];
    if (alarms.notify.indexOf(address) !== index) ctx.fault(at, `${show(address)} is listed twice`, "keep one of the two");
    if (address.startsWith("https:")) checkEndpoint(address, at, ctx);
  });
  return {
    accessLogs: accessLogs.enabled ? { retentionDays: accessLogs.retentionDays, headers: [...new Set(accessLogs.headers)] } : undefined,
    metrics: entry.metrics,
    tracing: resolveTracing(entry.tracing, ctx),
    alarms,
  };
}

function resolveTracing(tracing: z.output<typeof observability>["tracing"], ctx: ResolveContext): Observability["tracing"] {
  if (tracing === false) return undefined;
  if (tracing === true) return { samplingPercent: 5, endpoint: undefined };
  if (tracing.endpoint !== undefined) checkEndpoint(tracing.endpoint, [...PATH, "tracing", "endpoint"], ctx);
  return { samplingPercent: tracing.samplingPercent, endpoint: tracing.endpoint };
}

/** An address something is sent to: https, except to this machine itself, and no credentials in it. */
function checkEndpoint(text: string, path: readonly (string | number)[], ctx: ResolveContext): void {
  const url = parseUrl(text);
  if (url === null) {
    ctx.fault(path, `${show(text)} is not a URL`, "give an https URL");
    return;
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname))
    ctx.fault(path, "is plain HTTP to another machine", `use https://${url.host}, or a collector on this machine`);
  if (url.username !== "" || url.password !== "")
    ctx.fault(path, "holds a user name or password", "remove it; credentials never stand in a URL");
}

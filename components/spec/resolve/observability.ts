import type { z } from "zod";
import type { Observability } from "../model.ts";
import type { observability } from "../schema/observability.ts";
import type { ResolveContext } from "./context.ts";

const CREDENTIAL_HEADERS = new Set(["authorization", "proxy-authorization", "cookie", "set-cookie", "x-gateway-client-cert"]);

export function resolveObservability(entry: z.output<typeof observability>, apiKeyHeader: string, ctx: ResolveContext): Observability {
  const { accessLogs, tracing, alarms } = entry;
  accessLogs.headers.forEach((header, index) => {
    if (CREDENTIAL_HEADERS.has(header) || header === apiKeyHeader)
      ctx.fault(
        ["observability", "accessLogs", "headers", index],
        `"${header}" carries credentials`,
        "remove it; credentials are never logged",
      );
  });
  return {
    accessLogs: accessLogs.enabled ? { retentionDays: accessLogs.retentionDays, headers: [...new Set(accessLogs.headers)] } : undefined,
    metrics: entry.metrics,
    tracing:
      tracing === false
        ? undefined
        : tracing === true
          ? { samplingPercent: 5, endpoint: undefined }
          : { samplingPercent: tracing.samplingPercent, endpoint: tracing.endpoint },
    alarms,
  };
}

import type { GatewayModel } from "../../spec/model.ts";
import { contextKey } from "./authorizer-policy.ts";

/** Fields of the access log: what happened, how long it took, who it was. No header, query or body stands in it; declared headers come through the authorizer. */
const FIELDS = {
  time: "$context.requestTime",
  requestId: "$context.requestId",
  traceId: "$context.xrayTraceId",
  clientIp: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  resource: "$context.resourcePath",
  protocol: "$context.protocol",
  host: "$context.domainName",
  tlsVersion: "$context.tlsVersion",
  cipherSuite: "$context.cipherSuite",
  status: "$context.status",
  error: "$context.error.responseType",
  responseBytes: "$context.responseLength",
  latencyMs: "$context.responseLatency",
  backendStatus: "$context.integration.status",
  backendLatencyMs: "$context.integration.latency",
  firewall: "$context.wafResponseCode",
  authorizerStatus: "$context.authorizer.status",
  authorizerLatencyMs: "$context.authorizer.latency",
  decision: "$context.authorizer.decision",
  reason: "$context.authorizer.reason",
  subject: "$context.authorizer.subject",
  consumer: "$context.authorizer.consumer",
} as const;

/** Format of a REST stage's access log: one JSON object a line. */
export function accessLog(model: GatewayModel): string {
  const headers = (model.observability.accessLogs?.headers ?? []).map(
    (header) => [`header.${header}`, `$context.authorizer.log_${contextKey(header)}`] as const,
  );
  return JSON.stringify({ ...FIELDS, ...Object.fromEntries(headers) });
}

/** Format of an HTTP API's access log. */
export function httpAccessLog(): string {
  return JSON.stringify({
    time: FIELDS.time,
    requestId: FIELDS.requestId,
    clientIp: FIELDS.clientIp,
    method: FIELDS.method,
    resource: "$context.routeKey",
    protocol: FIELDS.protocol,
    host: FIELDS.host,
    tlsVersion: FIELDS.tlsVersion,
    status: FIELDS.status,
    error: FIELDS.error,
    responseBytes: FIELDS.responseBytes,
    latencyMs: FIELDS.latencyMs,
    backendStatus: FIELDS.backendStatus,
    backendLatencyMs: FIELDS.backendLatencyMs,
    subject: "$context.authorizer.claims.sub",
  });
}

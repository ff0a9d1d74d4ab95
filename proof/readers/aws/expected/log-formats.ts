import type { GatewayModel } from "../../../../components/spec/model.ts";
import type { Shape } from "../../shape.ts";

/** What both flavours' logs say of every request. No header, query or body: they may hold credentials. */
const COMMON = {
  time: "$context.requestTime",
  requestId: "$context.requestId",
  clientIp: "$context.identity.sourceIp",
  method: "$context.httpMethod",
  protocol: "$context.protocol",
  host: "$context.domainName",
  tlsVersion: "$context.tlsVersion",
  status: "$context.status",
  error: "$context.error.responseType",
  responseBytes: "$context.responseLength",
  latencyMs: "$context.responseLatency",
  backendStatus: "$context.integration.status",
  backendLatencyMs: "$context.integration.latency",
} as const;

/** A REST API's access log: what happened, how long it took, who it was and why it was decided so; and the headers the document names. */
export function restLogFormat({ observability }: GatewayModel): Shape {
  const headers = (observability.accessLogs?.headers ?? []).map((name) => [
    `header.${name}`,
    `$context.authorizer.log_h_${name.replaceAll("-", "_")}`,
  ]);
  return {
    ...COMMON,
    traceId: "$context.xrayTraceId",
    resource: "$context.resourcePath",
    cipherSuite: "$context.cipherSuite",
    firewall: "$context.wafResponseCode",
    authorizerStatus: "$context.authorizer.status",
    authorizerLatencyMs: "$context.authorizer.latency",
    decision: "$context.authorizer.decision",
    reason: "$context.authorizer.reason",
    subject: "$context.authorizer.subject",
    consumer: "$context.authorizer.consumer",
    ...Object.fromEntries(headers),
  };
}

/** An HTTP API's access log. */
export const httpLogFormat = (): Shape => ({ ...COMMON, resource: "$context.routeKey", subject: "$context.authorizer.claims.sub" });

import type { GatewayModel } from "../../../spec/model.ts";
import { IDENTITY } from "./filter-names.ts";
import { FILES, inFolder } from "./layout.ts";
import { type JsonObject, typed } from "./values.ts";

/** A JSON line per request. Paths stand without their query, which may hold secrets; header values only where the document names the header. */
export function accessLogs({ observability }: GatewayModel, folder: string): JsonObject[] {
  const { accessLogs } = observability;
  if (accessLogs === undefined) return [];
  const headers = Object.fromEntries(accessLogs.headers.map((name) => [name, `%REQ(${name})%`]));
  return [
    {
      name: "envoy.access_loggers.file",
      typed_config: typed("envoy.extensions.access_loggers.file.v3.FileAccessLog", {
        path: inFolder(folder, FILES.accessLog),
        log_format: {
          json_format: { ...FIELDS, ...(accessLogs.headers.length > 0 ? { headers } : {}) },
          formatters: [
            {
              name: "envoy.formatter.req_without_query",
              typed_config: typed("envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"),
            },
          ],
        },
      }),
    },
  ];
}

const FIELDS: JsonObject = {
  time: "%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%",
  requestId: "%RESP(x-request-id)%",
  trace: "%REQ(traceparent)%",
  clientIp: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  tls: "%DOWNSTREAM_TLS_VERSION%",
  protocol: "%PROTOCOL%",
  method: "%REQ(:method)%",
  host: "%REQ(:authority)%",
  path: "%REQ_WITHOUT_QUERY(:path)%",
  route: "%ROUTE_NAME%",
  status: "%RESPONSE_CODE%",
  reason: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  consumer: `%REQ(${IDENTITY.consumer})%`,
  issuer: `%REQ(${IDENTITY.issuer})%`,
  subject: `%REQ(${IDENTITY.subject})%`,
  clientCertificate: "%DOWNSTREAM_PEER_FINGERPRINT_256%",
  requestBytes: "%BYTES_RECEIVED%",
  responseBytes: "%BYTES_SENT%",
  durationMs: "%DURATION%",
  backend: "%UPSTREAM_CLUSTER%",
  endpoint: "%UPSTREAM_HOST%",
  backendMs: "%RESPONSE_DURATION%",
  attempts: "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
};

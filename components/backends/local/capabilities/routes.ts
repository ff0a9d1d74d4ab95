import type { GatewayModel } from "../../../spec/model.ts";
import { composed, everywhere, native, type Restriction, refused } from "../../capabilities.ts";

/** What a rewrite can refer to: RE2 numbers nine groups. */
const MOST_REWRITE_GROUPS = 9;

const rewriteGroups: Restriction = {
  rule: "a rewritten path has at most nine parameters, a prefix's rest included",
  check: (model, use) => {
    const route = model.routes.find(({ name }) => name === use.subject);
    const groups = route
      ? route.path.segments.filter((segment) => "parameter" in segment).length + (route.path.kind === "prefix" ? 1 : 0)
      : 0;
    return groups > MOST_REWRITE_GROUPS
      ? {
          reason: `the path has ${groups} parameters`,
          remedy: `use at most ${MOST_REWRITE_GROUPS} parameters in the path of a route with rewrite`,
        }
      : undefined;
  },
};

const tracingEndpoint: Restriction = {
  rule: "an endpoint is declared",
  check: ({ observability }: GatewayModel) =>
    observability.tracing?.endpoint === undefined
      ? {
          reason: "there is no tracing service here that traces could go to",
          remedy: "give observability.tracing.endpoint, the OTLP/HTTP URL of a collector",
        }
      : undefined,
};

/** Where requests go. */
export const ROUTES = {
  "route.exact": everywhere(native("Route table: matcher tree over literal starts of paths, then the few routes of that start")),
  "route.template": everywhere(native("Route table: regular expression (RE2), a parameter is one segment")),
  "route.prefix": everywhere(native("Route table: prefix")),
  "route.methods": everywhere(
    native(
      "Route table: 405 with Allow",
      "an unknown method is answered 400 over HTTP/1.1; where two templates overlap, Allow names the methods of the more specific one",
    ),
  ),
  "route.rewrite": everywhere(native("regex_rewrite"), rewriteGroups),
  "route.headers": everywhere(native("Header mutation filters; the gateway's response headers are on refusals too")),
  "route.weights": everywhere(native("Weighted clusters; backends with different base paths share by runtime fraction")),
  "route.grpc": everywhere(native("Route table; HTTP/2 to the backend, refusals as grpc-status")),
  "route.timeout": everywhere(native("Route timeout", "counted from the end of the request's body")),
} as const;

/** How the gateway talks to backends. */
export const BACKENDS = {
  "backend.tls.public": everywhere(
    native("Envoy TLS with the machine's public roots, or those of Node where the machine has none; name checked"),
  ),
  "backend.tls.internal": everywhere(native("Envoy TLS with the stack's own authority; name checked")),
  "backend.tls.ca": everywhere(native("Envoy TLS with the declared authorities; name checked")),
  "backend.tls.pinned": everywhere(
    native("Envoy TLS: verify_certificate_hash of this one certificate, which must be within its validity; no name"),
  ),
  "backend.tls.unverified": everywhere(native("Envoy TLS without validation, a finding in every plan")),
  "backend.tls.serverName": everywhere(
    native("SNI and subject alternative name; an IP address is compared with IP names and not sent as SNI"),
  ),
  "backend.clientCertificate.internal": everywhere(composed("Certificate of the stack's own authority, by secret discovery")),
  "backend.clientCertificate.imported": everywhere(native("Secret discovery from one watched file")),
  "backend.private": everywhere(native("Envoy connects itself, to the declared addresses or to what the name resolves to on this host")),
  "backend.onPremises": everywhere(native("Envoy connects itself to the declared addresses")),
  "backend.preserveHost": everywhere(native("No host rewrite")),
  "backend.retries": everywhere(native("Retry policy; idempotent methods by retriable_request_headers")),
  "backend.circuitBreaker": everywhere(
    native(
      "Outlier detection on consecutive 5xx, and thresholds on requests",
      "limits and counts are this gateway's own; one request more per worker may pass at the same time",
    ),
  ),
  "backend.healthCheck": everywhere(native("HTTP health check: three failures take an endpoint out, two successes bring it back")),
} as const;

/** What people see of it. */
export const OBSERVE = {
  "observe.accessLogs": everywhere(
    composed(
      "JSON lines in logs/access.log of the state directory, paths without query; the agent rotates them and keeps them for the declared days",
    ),
  ),
  "observe.logHeaders": everywhere(native("Request headers in the access log")),
  "observe.metrics": everywhere(native("Prometheus at /metrics on the loopback port local.adminPort")),
  "observe.tracing": everywhere(native("OpenTelemetry over OTLP/HTTP; spans hold the request's URL"), tracingEndpoint),
  "observe.alarms": everywhere(
    refused("nobody is here to raise an alarm", "leave observability.alarms out and let your monitoring watch /metrics, or choose a cloud"),
  ),
} as const;

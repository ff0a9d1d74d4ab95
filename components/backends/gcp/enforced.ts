import type * as pulumi from "@pulumi/pulumi";
import type { ControlId } from "../controls.ts";
import type { GcpBuild } from "./build.ts";

/** What Envoy behind ESPv2 keeps, wherever it runs. */
const BY_ENVOY: readonly ControlId[] = [
  "tls.hsts",
  "tls.clientValidation.names",
  "tls.clientValidation.hashes",
  "host.only",
  "request.path",
  "request.size",
  "request.headers",
  "errors.problem",
  "access.allow",
  "access.deny",
  "access.route",
  "cors",
  "cors.perRoute",
  "route.exact",
  "route.template",
  "route.prefix",
  "route.methods",
  "route.rewrite",
  "route.headers",
  "route.weights",
  "route.timeout",
  "require.jwt",
  "require.jwt.inlineKeys",
  "require.jwt.privateKeyServer",
  "require.jwt.algorithms",
  "require.jwt.scopes",
  "require.jwt.claims",
  "require.jwt.providers",
  "require.jwt.claimToHeaders",
  "require.jwt.forward",
  "require.jwt.strip",
  "require.apiKey",
  "require.apiKey.plans",
  "require.any",
  "require.all",
  "backend.tls.public",
  "backend.tls.internal",
  "backend.tls.ca",
  "backend.tls.pinned",
  "backend.tls.unverified",
  "backend.tls.serverName",
  "backend.clientCertificate.internal",
  "backend.clientCertificate.imported",
  "backend.private",
  "backend.onPremises",
  "backend.preserveHost",
  "backend.retries",
  "backend.circuitBreaker",
  "backend.healthCheck",
  "observe.accessLogs",
  "observe.logHeaders",
];

/** Notes that Envoy, with its configuration, keeps these controls. */
export function noteSidecar(b: GcpBuild, resources: readonly pulumi.Resource[]): void {
  for (const resource of resources) b.enforced.note(resource, ...BY_ENVOY);
  const [service] = resources;
  if (service !== undefined) b.enforced.note(service, "observe.tracing");
}

import { Service } from "@pulumi/gcp/projects/service.js";
import { storedServices } from "../../pki/distribution/deliver.ts";
import type { GcpBuild } from "./build.ts";

/** APIs of the project, in the order they are enabled. Destroying the gateway leaves them on: others may use them. */
export function enableApis(b: GcpBuild): Service[] {
  return names(b).map(
    (api) => new Service(`${b.name}-api-${api.split(".")[0]}`, { project: b.project, service: api, disableOnDestroy: false }, b.opts()),
  );
}

function names({ model, variant }: GcpBuild): string[] {
  return [
    "servicemanagement.googleapis.com",
    "servicecontrol.googleapis.com",
    "endpoints.googleapis.com",
    "compute.googleapis.com",
    "iam.googleapis.com",
    "certificatemanager.googleapis.com",
    "monitoring.googleapis.com",
    "logging.googleapis.com",
    ...(variant === "cloud-run" ? ["run.googleapis.com", "storage.googleapis.com"] : []),
    ...(variant === "cloud-run" || storedServices(model).length > 0 ? ["secretmanager.googleapis.com"] : []),
    ...(model.tls.clientValidation ? ["networksecurity.googleapis.com"] : []),
    ...(model.apiKeys ? ["apikeys.googleapis.com"] : []),
    ...(model.dns.zone !== undefined ? ["dns.googleapis.com"] : []),
    ...(model.observability.tracing ? ["cloudtrace.googleapis.com"] : []),
  ];
}

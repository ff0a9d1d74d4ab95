import { Service as EndpointsService } from "@pulumi/gcp/endpoints/service.js";
import { ServiceIamMember } from "@pulumi/gcp/endpoints/serviceIamMember.js";
import { Service as ProjectService } from "@pulumi/gcp/projects/service.js";
import type * as pulumi from "@pulumi/pulumi";
import type { GcpBuild } from "./build.ts";
import { openapiDefinition } from "./definition/openapi.ts";
import { endpointsName } from "./needs.ts";

export interface Endpoints {
  readonly service: EndpointsService;
  /** What has to be there before ESPv2 asks Service Control and before a key is used. */
  readonly ready: readonly pulumi.Resource[];
}

/**
 * The Endpoints service from one OpenAPI document. Its name would be unusable for 30 days after a delete, so that a destroy leaves it by default
 * and the next deployment takes it over.
 */
export function endpoints(b: GcpBuild, identity: pulumi.Input<string>): Endpoints {
  const name = endpointsName(b.model);
  const service = new EndpointsService(
    `${b.name}-endpoints`,
    {
      project: b.project,
      serviceName: name,
      openapiConfig: JSON.stringify(openapiDefinition(b.model)),
      deletionPolicy: b.model.gcp.endpoints.onDestroy === "keep" ? "ABANDON" : "DELETE",
    },
    b.opts(),
  );
  b.enforced.note(
    service,
    "route.exact",
    "route.template",
    "route.prefix",
    "route.methods",
    "route.timeout",
    "require.jwt",
    "require.apiKey",
  );
  const enabled = new ProjectService(
    `${b.name}-endpoints-enabled`,
    { project: b.project, service: service.serviceName, disableOnDestroy: false },
    b.opts(),
  );
  const member = new ServiceIamMember(
    `${b.name}-endpoints-controller`,
    { serviceName: service.serviceName, role: "roles/servicemanagement.serviceController", member: identity },
    b.opts(),
  );
  return { service, ready: [enabled, member] };
}

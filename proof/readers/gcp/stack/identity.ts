import { is, maybe, object, text } from "../../grammar.ts";
import type { Place, Roles } from "./roles.ts";

/** The account the gateway runs under, and its rights wherever it runs. */
export function identityRoles({ model, name, project, endpoints, member }: Place): Roles {
  return {
    identity: {
      type: "gcp:serviceaccount/account:Account",
      needed: true,
      control: "require.any",
      grammar: object({ accountId: is(`${name}-gateway`), displayName: maybe(text()), project: is(project) }),
    },
    "endpoints-controller": {
      type: "gcp:endpoints/serviceIamMember:ServiceIamMember",
      needed: true,
      control: "require.any",
      grammar: object({ serviceName: is(endpoints), role: is("roles/servicemanagement.serviceController"), member: is(member) }),
    },
    "identity-cloudtrace-agent": {
      type: "gcp:projects/iAMMember:IAMMember",
      needed: model.observability.tracing !== undefined,
      control: "observe.tracing",
      grammar: object({ project: is(project), role: is("roles/cloudtrace.agent"), member: is(member) }),
    },
  };
}

import { IAMMember } from "@pulumi/gcp/projects/iammember.js";
import { Account } from "@pulumi/gcp/serviceaccount/account.js";
import { IAMMember as AccountIamMember } from "@pulumi/gcp/serviceaccount/iammember.js";
import * as pulumi from "@pulumi/pulumi";
import type { GcpBuild } from "./build.ts";

export interface Identity {
  readonly account: Account;
  readonly member: pulumi.Output<string>;
  readonly rights: readonly pulumi.Resource[];
}

/** The service account the gateway runs as; it can report, trace and read the one service's configuration, and nothing else. */
export function identity(b: GcpBuild): Identity {
  const account = new Account(
    `${b.name}-identity`,
    { project: b.project, accountId: accountId(b.name), displayName: `Secure gateway ${b.name}` },
    b.opts(),
  );
  const member = pulumi.interpolate`serviceAccount:${account.email}`;
  const roles = b.model.observability.tracing ? ["cloudtrace.agent"] : [];
  const rights: pulumi.Resource[] = roles.map(
    (role) =>
      new IAMMember(`${b.name}-identity-${role.replace(".", "-")}`, { project: b.project, role: `roles/${role}`, member }, b.opts()),
  );
  if (b.variant === "gke")
    rights.push(
      new AccountIamMember(
        `${b.name}-identity-workload`,
        {
          serviceAccountId: account.name,
          role: "roles/iam.workloadIdentityUser",
          member: `serviceAccount:${b.project}.svc.id.goog[${b.model.gcp.gke?.namespace ?? ""}/${b.name}]`,
        },
        b.opts(),
      ),
    );
  return { account, member, rights };
}

/** Account ids have 6 to 30 characters. */
const accountId = (name: string): string => `${name.slice(0, 22).replace(/-+$/, "")}-gateway`;

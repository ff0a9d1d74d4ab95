import { createHash } from "node:crypto";
import { StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { type CertificateEntry, certificatesOf } from "./certificates.ts";
import { nameOfUrn } from "./events.ts";
import { type MaintenanceOptions, withSession } from "./maintenance.ts";
import { isRecord } from "./project.ts";
import type { Session } from "./session.ts";

/** A stack's state at one moment; nothing in it is decrypted. */
export interface Snapshot {
  /** SHA-256 over the resources and what is pending; the same digest means that nothing has touched the state. `none` when there is no state. */
  readonly digest: string;
  readonly resources: readonly { readonly type: string; readonly name: string }[];
  readonly certificates: readonly CertificateEntry[];
}

const EMPTY: Snapshot = { digest: "none", resources: [], certificates: [] };

/** Reads a stack's state. A stack that does not exist yet has an empty one. @throws OperationError */
export function readSnapshot(options: MaintenanceOptions): Promise<Snapshot> {
  return withSession(options, snapshotOf);
}

/** The state through an open session. */
export async function snapshotOf(session: Session): Promise<Snapshot> {
  let text: string;
  try {
    ({ stdout: text } = await session.run(["stack", "export"]));
  } catch (error) {
    if (error instanceof StackNotFoundError) return EMPTY;
    throw error;
  }
  const exported: unknown = JSON.parse(text);
  const deployment = isRecord(exported) && isRecord(exported.deployment) ? exported.deployment : {};
  const resources = Array.isArray(deployment.resources) ? deployment.resources.filter(isRecord) : [];
  if (resources.length === 0 && deployment.pending_operations === undefined) return EMPTY;
  // When a resource was looked at last is no part of what it is.
  const lasting = resources.map(({ created: _created, modified: _modified, ...resource }) => resource);
  const digest = createHash("sha256")
    .update(JSON.stringify([lasting, deployment.pending_operations ?? []]))
    .digest("hex");
  return {
    digest,
    resources: resources.map(({ type, urn }) => ({ type: String(type), name: nameOfUrn(String(urn)) })),
    certificates: certificatesOf(exported),
  };
}

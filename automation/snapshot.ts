import { StackNotFoundError } from "@pulumi/pulumi/automation/index.js";
import { specialSigKey } from "@pulumi/pulumi/runtime/rpc.js";
import { digest } from "../components/digest.ts";
import { nameOfUrn } from "../components/urn.ts";
import { type CertificateEntry, certificatesOf } from "./certificates.ts";
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
  return {
    digest: digest(JSON.stringify([resources.map(essence), deployment.pending_operations ?? []])),
    resources: resources.map(({ type, urn }) => ({ type: String(type), name: nameOfUrn(String(urn)) })),
    certificates: certificatesOf(exported),
  };
}

/** What an operation that changes nothing may write differently: what it was told by the program, and secrets under a new salt; when a secret was changed shows in `modified`. */
function essence({ dependencies: _d, propertyDependencies: _p, ...resource }: Record<string, unknown>): unknown {
  return withoutSecrets(resource);
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isRecord(value)) return value;
  if (Object.hasOwn(value, specialSigKey) && Object.hasOwn(value, "ciphertext")) return "[secret]";
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, withoutSecrets(entry)]));
}

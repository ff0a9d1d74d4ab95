import { type MaintenanceOptions, withSession } from "./maintenance.ts";
import type { Session } from "./session.ts";

/** A stack's outputs by name. */
export type Outputs = Readonly<Record<string, unknown>>;

/** What stands in the place of a secret. */
export const MASK = "[secret]";

export interface ReadOptions extends MaintenanceOptions {
  /** Decrypt secrets instead of masking them. @default false */
  readonly showSecrets?: boolean;
}

/** The outputs of the last deployment. @throws OperationError (`no-stack` when there was none). */
export function readOutputs(options: ReadOptions): Promise<Outputs> {
  return withSession(options, (session) => outputsOf(session, options.showSecrets));
}

/** Outputs through an open session. */
export async function outputsOf(session: Session, showSecrets = false): Promise<Outputs> {
  const { stdout } = await session.run(["stack", "output", "--json", ...(showSecrets ? ["--show-secrets"] : [])]);
  return JSON.parse(stdout) as Outputs;
}

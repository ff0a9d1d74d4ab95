import type { AcmeStatus } from "./acme/keeper.ts";
import type { EnvoyStatus } from "./envoy.ts";
import type { ServiceStatus } from "./service.ts";

/**
 * What the provider asks an agent: `status`; `converge`: read the description again and make it so; `renew`: try now for the certificate
 * of an ACME authority, if one is due; `stop`: let requests finish, end
 * everything, end; `release`: end and leave Envoy and the services running, for a successor to take over.
 */
export type Command = "status" | "converge" | "renew" | "stop" | "release";

export interface AgentStatus {
  readonly pid: number;
  /** Digest of the agent's own code. */
  readonly code: string;
  readonly envoy: EnvoyStatus;
  readonly services: Readonly<Record<string, ServiceStatus>>;
  /** Where an ACME authority issues the certificate of the front door. */
  readonly acme?: AcmeStatus;
}

/** One line of JSON for one line with the command. */
export type Reply = { readonly status: AgentStatus } | { readonly error: string; readonly status: AgentStatus };

/** Argument by which the agent of a folder is told from all others. */
export const agentArgument = (directory: string): string => `--directory=${directory}`;

import type { Deployment } from "@pulumi/pulumi/automation/workspace.js";
import { nameOfUrn, typeOfUrn } from "../components/urn.ts";
import { isRecord } from "./project.ts";

/** A resource whose creation was interrupted: nobody knows whether it exists. */
export interface InterruptedCreation {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
}

/** Providers whose creations can simply be made again: they adopt what is there, or made nothing outside the state. */
const REPEATABLE = ["localgateway:", "tls:", "random:", "pulumi:"];

/**
 * Takes interrupted creations that can simply be repeated out of a state. The engine keeps them for ever otherwise and warns every time.
 *
 * @returns the state to import when something was taken out, and the creations that people have to look after.
 */
export function repairPending(deployment: Deployment): {
  readonly repaired: Deployment | undefined;
  readonly open: readonly InterruptedCreation[];
} {
  const state: unknown = deployment.deployment;
  const pending: unknown[] = isRecord(state) && Array.isArray(state.pending_operations) ? state.pending_operations : [];
  const creations = pending.flatMap((operation) => interruptedCreation(operation) ?? []);
  const repeatable = new Set(creations.filter(({ type }) => REPEATABLE.some((prefix) => type.startsWith(prefix))).map(({ urn }) => urn));
  const open = creations.filter(({ urn }) => !repeatable.has(urn));
  if (repeatable.size === 0) return { repaired: undefined, open };
  const left = pending.filter((operation) => !repeatable.has(interruptedCreation(operation)?.urn ?? ""));
  return { repaired: { ...deployment, deployment: { ...(state as object), pending_operations: left } }, open };
}

function interruptedCreation(operation: unknown): InterruptedCreation | undefined {
  if (!isRecord(operation) || operation.type !== "creating" || !isRecord(operation.resource)) return undefined;
  const urn = String(operation.resource.urn);
  return { urn, type: typeOfUrn(urn), name: nameOfUrn(urn) };
}

import { setTimeout as sleep } from "node:timers/promises";
import type { EnvoyAdmin } from "../host/envoy-admin.ts";
import { isAlive, type ProcessIdentity, terminate } from "../machine/processes.ts";

/** How long Envoy gets to end after SIGTERM. */
export const END_MS = 2000;

/**
 * Ends an Envoy: it takes no new connections, open requests get `drainMs`, and it ends as soon as there are none. Without its
 * administration interface it can only be told to end.
 */
export async function drainAndEnd(process: ProcessIdentity, admin: EnvoyAdmin | undefined, drainMs: number): Promise<void> {
  const until = Date.now() + drainMs;
  try {
    await admin?.drain();
    while (admin && Date.now() < until && isAlive(process) && (await admin.activeRequests()) > 0) await sleep(50);
  } catch {
    // It does not answer any more: nothing is left to wait for.
  } finally {
    admin?.close();
  }
  await terminate(process, END_MS);
}

/** A connection to the administration interface of a running Envoy that outlives the socket's name; undefined when it does not answer. */
export async function hold(admin: EnvoyAdmin): Promise<EnvoyAdmin | undefined> {
  try {
    await admin.serverInfo();
    return admin;
  } catch {
    admin.close();
    return undefined;
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { ResourceError } from "../resources/kind.ts";
import type { EnvoyAdmin } from "./envoy-admin.ts";
import { logSince, logSize } from "./envoy-log.ts";
import { reasonOf } from "./reason.ts";
import type { RenderedFile } from "./render.ts";

const POLL_MS = 15;
const ACCEPT_MS = 15_000;
const UNUSED_MS = 300;

/** How Envoy's subscriptions stand at a moment, to tell later what a change has done to them. */
export interface Standpoint {
  /** Length of Envoy's log. */
  readonly log: number;
  /** Updates that were refused or could not be read, by subscription. */
  readonly refused: number;
}

/** @param admin of the running Envoy */
export async function standpoint(directory: string, admin: EnvoyAdmin): Promise<Standpoint> {
  return { log: logSize(directory), refused: refusals(await subscriptions(admin)) };
}

/**
 * Waits until Envoy uses this content of a discovery file wherever it used the content before, and everything it brings is warm.
 *
 * @param before version of the content before; undefined for a file that was not there
 * @throws ResourceError with Envoy's reason when it refuses the content
 */
export async function untilAccepted(
  directory: string,
  admin: EnvoyAdmin,
  file: RenderedFile,
  before: string | undefined,
  from: Standpoint,
  signal: AbortSignal,
): Promise<void> {
  // Nobody can have referred to a file that was not there.
  if (file.discovery === undefined || before === undefined) return;
  const until = Date.now() + ACCEPT_MS;
  for (;;) {
    signal.throwIfAborted();
    const stats = await subscriptions(admin);
    const versions = versionsIn(stats);
    const unused = ![...versions.values()].includes(before);
    if (usesOnly(versions, file.discovery.version, before) && isWarm(stats)) return;
    if (refusals(stats) > from.refused) throw refusal(directory, from, [file]);
    // A file nobody refers to is read when somebody does.
    if (unused && isWarm(stats) && Date.now() > until - ACCEPT_MS + UNUSED_MS) return;
    if (Date.now() > until)
      throw new ResourceError(`Envoy did not take in ${file.path} within ${ACCEPT_MS / 1000} s; its log is logs/envoy.log in ${directory}`);
    await sleep(POLL_MS);
  }
}

/** Files whose content Envoy does not use, while it uses content of which no file is left. */
export async function notInUse(admin: EnvoyAdmin, files: Iterable<RenderedFile>): Promise<string[]> {
  const discovery = [...files].flatMap(({ path, discovery: found }) => (found ? [{ path, version: found.version }] : []));
  const used = new Set(versionsIn(await subscriptions(admin)).values());
  const foreign = [...used].some((version) => !discovery.some((file) => file.version === version));
  return foreign ? discovery.filter(({ version }) => !used.has(version)).map(({ path }) => path) : [];
}

/** What Envoy said about content it refused. */
export const refusal = (directory: string, from: Standpoint, files: Iterable<RenderedFile>): ResourceError =>
  new ResourceError(
    `Envoy refuses this configuration: ${reasonOf(logSince(directory, from.log).split("\n"), files) ?? "it does not say why"}`,
  );

const subscriptions = (admin: EnvoyAdmin) =>
  admin.stats("(version_text|update_rejected|update_failure|init_fetch_timeout|warming_clusters|total_listeners_warming)$");

const versionsIn = (stats: ReadonlyMap<string, string>) => new Map([...stats].filter(([name]) => name.endsWith(".version_text")));

const refusals = (stats: ReadonlyMap<string, string>) =>
  [...stats].filter(([name]) => /\.update_(rejected|failure)$/.test(name)).reduce((sum, [, value]) => sum + Number(value), 0);

const isWarm = (stats: ReadonlyMap<string, string>) =>
  Number(stats.get("cluster_manager.warming_clusters") ?? 0) + Number(stats.get("listener_manager.total_listeners_warming") ?? 0) === 0;

function usesOnly(versions: ReadonlyMap<string, string>, wanted: string, before: string): boolean {
  const used = [...versions.values()];
  return used.includes(wanted) && (before === wanted || !used.includes(before));
}

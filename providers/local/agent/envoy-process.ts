import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyAdmin } from "../host/envoy-admin.ts";
import { logSince } from "../host/envoy-log.ts";
import { filesOnDisk } from "../host/files-on-disk.ts";
import { LAYOUT } from "../host/layout.ts";
import { reasonOf } from "../host/reason.ts";
import { isAlive } from "../machine/processes.ts";
import { startApart } from "./apart.ts";
import { plainEnvironment } from "./environment.ts";
import { type EnvoyInstance, envoyArgument } from "./envoy-record.ts";
import type { Watched } from "./watched.ts";

/** Envoy ended while it started, or did not get ready; the message says why. */
export class EnvoyFailed extends Error {}

/** How often Envoy writes access logs to disk: what a kill can lose. */
const LOG_FLUSH_MS = 1000;
const LIVE_MS = 30_000;

/** Starts Envoy in its folder; relative paths of the configuration start there. */
export function startEnvoy(directory: string, instance: EnvoyInstance): Promise<Watched> {
  return startApart({
    command: instance.launch.envoy,
    args: argumentsOf(directory, instance),
    cwd: directory,
    env: plainEnvironment(),
    log: join(directory, LAYOUT.envoyLog),
  });
}

function argumentsOf(directory: string, { baseId, epoch, launch }: EnvoyInstance): string[] {
  const drainSeconds = Math.max(1, Math.ceil(launch.drainMs / 1000));
  return [
    ...["-c", envoyArgument(directory)],
    ...["--base-id", String(baseId), "--restart-epoch", String(epoch)],
    ...["--socket-path", LAYOUT.hotRestartSocket, "--socket-mode", "600"],
    ...["--drain-time-s", String(drainSeconds), "--parent-shutdown-time-s", String(drainSeconds + 1), "--drain-strategy", "immediate"],
    ...(launch.workers > 0 ? ["--concurrency", String(launch.workers)] : []),
    ...["--file-flush-interval-msec", String(LOG_FLUSH_MS)],
    ...["--log-level", "info", "--log-format-escaped"],
  ];
}

/** Waits until that very Envoy says that it is live. @throws EnvoyFailed */
export async function untilLive(directory: string, instance: EnvoyInstance, watched: Watched, logOffset: number): Promise<void> {
  const admin = new EnvoyAdmin(directory, instance.launch.adminSocket);
  const until = Date.now() + LIVE_MS;
  let ended: string | undefined;
  void watched.ended.then((how) => {
    ended = how;
  });
  while (Date.now() < until) {
    if (ended !== undefined || !isAlive(watched.identity))
      throw new EnvoyFailed(`Envoy did not start: ${reasonIn(directory, logOffset) ?? ended ?? "it ended"}`);
    const info = await admin.serverInfo().catch(() => undefined);
    const options = info?.command_line_options;
    if (info?.state === "LIVE" && options?.base_id === String(instance.baseId) && options.restart_epoch === instance.epoch) return;
    await sleep(20);
  }
  throw new EnvoyFailed(
    `Envoy was not live within ${LIVE_MS / 1000} s: ${reasonIn(directory, logOffset) ?? `see ${join(directory, LAYOUT.envoyLog)}`}`,
  );
}

/** Why Envoy ended or did not get live, as its log has it. */
const reasonIn = (directory: string, offset: number): string | undefined =>
  reasonOf(logSince(directory, offset).split("\n"), filesOnDisk(directory).values());

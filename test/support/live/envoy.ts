import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { FILES } from "../../../components/backends/local/envoy/layout.ts";
import { findEnvoy } from "../../../tools/setup/envoy.ts";

/** An Envoy of a test. */
export interface RunningEnvoy {
  readonly process: ChildProcess;
  log(): string;
  stop(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

export async function startEnvoy(folder: string): Promise<RunningEnvoy> {
  const found = await findEnvoy();
  if (found === undefined) throw new Error("these tests need Envoy: run npm start once, which provides it");
  const child = spawn(
    found.command,
    [
      "-c",
      "bootstrap.json",
      "--disable-hot-restart",
      "--concurrency",
      "1",
      "--log-level",
      "warning",
      "--drain-time-s",
      "2",
      "--drain-strategy",
      "immediate",
      "--file-flush-interval-msec",
      "50",
    ],
    { cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
  );
  running.add(child);
  let log = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    log += chunk.toString();
  });
  const ended = new Promise<void>((done) => {
    child.once("exit", () => {
      running.delete(child);
      done();
    });
  });
  return {
    process: child,
    log: () => log,
    async stop() {
      if (child.exitCode === null) child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 5000);
      await ended;
      clearTimeout(killer);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function ready(adminPort: number, envoy: RunningEnvoy): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (envoy.process.exitCode !== null) throw new Error(`Envoy ended:\n${envoy.log()}`);
    const answer = await fetch(`http://127.0.0.1:${adminPort}/ready`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
  throw new Error(`Envoy did not become ready:\n${envoy.log()}`);
}

/** A page of the admin interface, which listens on a socket in the gateway's folder. */
export function adminPage(folder: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: join(folder, FILES.adminSocket), path, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("error", reject);
      response.once("end", () => resolve(Buffer.concat(chunks).toString()));
    });
    asked.once("error", reject);
    asked.end();
  });
}

/** Whose counters tell that a file was read. */
const READERS: Readonly<Record<string, string>> = {
  [FILES.clusters]: "cluster_manager.cds",
  [FILES.listeners]: "listener_manager.lds",
  [FILES.routes]: "http.https.rds.gateway",
};

/**
 * Notes what Envoy has read so far; what it gives back waits until files written since are in use.
 *
 * @throws when Envoy refuses one, with its messages.
 */
export async function taken(folder: string, envoy: RunningEnvoy): Promise<(changed: readonly string[]) => Promise<void>> {
  const before = await counters(folder);
  const log = envoy.log().length;
  return async (changed) => {
    const readers = changed.flatMap((file) => READERS[file] ?? []);
    for (let attempt = 0; ; attempt++) {
      const now = await counters(folder);
      const more = (reader: string, name: string) => (now[`${reader}.${name}`] ?? 0) > (before[`${reader}.${name}`] ?? 0);
      if (readers.some((reader) => more(reader, "update_rejected") || more(reader, "update_failure")))
        throw new Error(`Envoy refused the configuration:\n${envoy.log().slice(log)}`);
      const read = readers.every((reader) => more(reader, "update_success"));
      if (read && now["listener_manager.total_listeners_warming"] === 0 && now["cluster_manager.warming_clusters"] === 0) break;
      if (attempt === 200) throw new Error(`Envoy did not read ${changed.join(", ")}:\n${envoy.log().slice(log)}`);
      await sleep(25);
    }
    // Workers hear of it a moment later; secrets have no counter all their users share.
    await sleep(changed.some((file) => !(file in READERS)) ? 500 : 250);
  };
}

async function counters(folder: string): Promise<Record<string, number>> {
  const text = await adminPage(folder, "/stats?filter=(update_|warming)");
  return Object.fromEntries(
    text.split("\n").flatMap((line) => {
      const [, name, value] = /^(\S+): (\d+)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, Number(value)]];
    }),
  );
}

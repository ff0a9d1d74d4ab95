import { randomInt } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Launch } from "../host/description.ts";
import { LAYOUT } from "../host/layout.ts";
import { listFolder, readJson, writeAtomic } from "../machine/files.ts";
import { commandLine, isAlive, type ProcessIdentity, withArgument } from "../machine/processes.ts";

/** One run of Envoy. A hot restart keeps the base id and counts the epoch up. */
export interface EnvoyInstance {
  readonly baseId: number;
  readonly epoch: number;
  readonly launch: Launch;
  /** Undefined between the decision to start it and its start. */
  readonly process?: ProcessIdentity;
}

/** What an agent knows about the Envoys of its folder, kept so that its successor knows too. */
export interface EnvoyRecord {
  readonly current?: EnvoyInstance;
  /** Older ones that still finish their requests. */
  readonly older: readonly EnvoyInstance[];
}

/** Argument by which Envoy's processes of a folder are told from all others. */
export const envoyArgument = (directory: string): string => join(directory, LAYOUT.bootstrap);

/** The record as the machine confirms it. */
export interface Findings extends EnvoyRecord {
  /** Those that have ended. */
  readonly dead: readonly EnvoyInstance[];
  /** Processes of this folder that are in no record. */
  readonly strays: readonly ProcessIdentity[];
}

/** Reads the record and looks after it: a process that was started just before the agent was killed is found by its arguments. */
export function readEnvoyRecord(directory: string): Findings {
  const { current, older = [] } = readJson<EnvoyRecord>(join(directory, LAYOUT.envoyRecord)) ?? {};
  const known = [current, ...older].flatMap((instance) => instance?.process ?? []);
  const strays = withArgument(envoyArgument(directory)).filter(
    (found) => !known.some((one) => one.pid === found.pid && one.started === found.started),
  );
  const unnoted = current && current.process === undefined ? strays.find(({ pid }) => belongsTo(pid, current)) : undefined;
  const found = current && { ...current, ...(unnoted ? { process: unnoted } : {}) };
  return {
    ...(found && runs(found) ? { current: found } : {}),
    older: older.filter(runs),
    dead: [...(found ? [found] : []), ...older].filter((instance) => !runs(instance)),
    strays: strays.filter((stray) => stray !== unnoted),
  };
}

const runs = ({ process }: EnvoyInstance): boolean => process !== undefined && isAlive(process);

export const writeEnvoyRecord = (directory: string, record: EnvoyRecord): void =>
  writeAtomic(join(directory, LAYOUT.envoyRecord), JSON.stringify(record));

/** A base id that no Envoy on this machine uses, as far as can be seen. */
export function newBaseId(): number {
  for (;;) {
    const baseId = randomInt(1, 200_000_000);
    if (!existsSync(sharedMemory(baseId))) return baseId;
  }
}

/** Removes what an Envoy leaves behind for hot restarts: the shared memory and the sockets of its base id. */
export function removeHotRestartState(directory: string, { baseId, epoch }: EnvoyInstance): void {
  rmSync(sharedMemory(baseId), { force: true });
  for (const name of listFolder(join(directory, LAYOUT.run))) {
    const number = Number(/^hot_(?:udp_)?(?:child|parent)_(\d+)$/.exec(name)?.[1]);
    if (number >= baseId * 10 && number <= baseId * 10 + epoch) rmSync(join(directory, LAYOUT.run, name), { force: true });
  }
}

/** Where Linux keeps Envoy's shared memory. Envoy multiplies the base id by ten, for the sockets of up to ten epochs. */
const sharedMemory = (baseId: number) => `/dev/shm/envoy_shared_memory_${baseId}0`;

/** True for the process that was to become this instance. */
function belongsTo(pid: number, { baseId, epoch }: EnvoyInstance): boolean {
  const words = commandLine(pid);
  const after = (option: string) => words[words.indexOf(option) + 1];
  return after("--base-id") === String(baseId) && after("--restart-epoch") === String(epoch);
}

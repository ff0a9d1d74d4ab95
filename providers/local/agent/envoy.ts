import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Launch, launchDigest } from "../host/description.ts";
import { EnvoyAdmin } from "../host/envoy-admin.ts";
import { logSize } from "../host/envoy-log.ts";
import { isAlive, signal, terminate } from "../machine/processes.ts";
import { drainAndEnd, END_MS, hold } from "./envoy-drain.ts";
import { EnvoyFailed, startEnvoy, untilLive } from "./envoy-process.ts";
import { type EnvoyInstance, newBaseId, readEnvoyRecord, removeHotRestartState, writeEnvoyRecord } from "./envoy-record.ts";
import { adopt, Backoff, type Watched } from "./watched.ts";

const run = promisify(execFile);

interface Running {
  readonly instance: EnvoyInstance;
  readonly watched: Watched;
}

/** What the agent says about Envoy. */
export interface EnvoyStatus {
  /** Undefined while none runs. */
  readonly pid?: number;
  readonly epoch?: number;
  /** Every process of Envoy, those that finish their last requests included. */
  readonly pids: readonly number[];
  /** Digest of how the running one was started. */
  readonly launch?: string;
  /** How often it ended by itself since the agent started. */
  readonly ends: number;
  /** Why it does not run, or why the last start failed. */
  readonly problem?: string;
}

/** Keeps one Envoy running in a folder: starts it, starts it again when it ends, replaces it without dropping connections. */
export class EnvoySupervisor {
  readonly #directory: string;
  readonly #log: (message: string) => void;
  readonly #backoff = new Backoff();
  #current: Running | undefined;
  #older: readonly Running[] = [];
  #wanted: Launch | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** A successor is being started; whoever ends meanwhile is not started again before that is settled. */
  #replacing = false;
  /** The running one has given up its administration interface to a successor that failed. */
  #adminLost = false;
  #ends = 0;
  #problem: string | undefined;

  constructor(directory: string, log: (message: string) => void) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Takes over what an agent before this one has started. */
  async takeOver(): Promise<void> {
    const { current, older, dead, strays } = readEnvoyRecord(this.#directory);
    for (const stray of strays) {
      this.#log(`Envoy process ${stray.pid} of this folder is in no record and is ended`);
      await terminate(stray, END_MS);
    }
    this.#older = older.flatMap((instance) => (instance.process ? [{ instance, watched: adopt(instance.process) }] : []));
    for (const one of this.#older) this.#forgetWhenEnded(one);
    const used = new Set([current, ...older].map((instance) => instance?.baseId));
    for (const instance of dead) if (!used.has(instance.baseId)) removeHotRestartState(this.#directory, instance);
    if (current?.process === undefined) return;
    this.#log(`goes on with Envoy process ${current.process.pid}`);
    this.#current = { instance: current, watched: adopt(current.process) };
    this.#startAgainWhenEnded(this.#current);
  }

  /** Makes Envoy run as wanted. @throws EnvoyFailed when it does not get live; one that runs goes on running then */
  async ensure(launch: Launch): Promise<void> {
    this.#wanted = launch;
    clearTimeout(this.#retry);
    const running = this.#running();
    if (running === undefined) {
      this.#backoff.reset();
      return this.#begin(launch);
    }
    if (launchDigest(running.instance.launch) !== launchDigest(launch) || this.#adminLost) await this.#replace(running, launch);
    this.#problem = undefined;
  }

  status(): EnvoyStatus {
    const running = this.#running();
    return {
      ...(running
        ? { pid: running.watched.identity.pid, epoch: running.instance.epoch, launch: launchDigest(running.instance.launch) }
        : {}),
      pids: [...this.#older, ...(running ? [running] : [])].map(({ watched }) => watched.identity.pid),
      ends: this.#ends,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  /** Has Envoy open its log files again, after they were renamed. */
  reopenLogs(): void {
    for (const { watched } of [...this.#older, ...(this.#current ? [this.#current] : [])]) signal(watched.identity, "SIGUSR1");
  }

  /** Lets open requests finish for the time given, then ends Envoy and removes what it left. */
  async stop(): Promise<void> {
    this.#wanted = undefined;
    clearTimeout(this.#retry);
    const [current, older] = [this.#current, this.#older];
    this.#current = undefined;
    if (current) {
      const { drainMs, adminSocket } = current.instance.launch;
      await drainAndEnd(current.watched.identity, new EnvoyAdmin(this.#directory, adminSocket), drainMs);
    }
    await Promise.all(older.map(({ watched }) => terminate(watched.identity, END_MS)));
    for (const { instance } of [...older, ...(current ? [current] : [])]) removeHotRestartState(this.#directory, instance);
  }

  #running(): Running | undefined {
    return this.#current && isAlive(this.#current.watched.identity) ? this.#current : undefined;
  }

  /** A first Envoy, or one after all others have ended. */
  async #begin(launch: Launch): Promise<void> {
    const last = this.#current;
    this.#current = undefined;
    await Promise.all(this.#older.map(({ watched }) => terminate(watched.identity, END_MS)));
    if (last) removeHotRestartState(this.#directory, last.instance);
    const next = await this.#start({ baseId: newBaseId(), epoch: 0, launch }, (running) => {
      this.#current = running;
      this.#backoff.started();
      this.#startAgainWhenEnded(running);
    });
    this.#adminLost = false;
    this.#problem = undefined;
    this.#log(`Envoy process ${next.watched.identity.pid} is live`);
  }

  /** Starts a successor next to the running one, which stops only when the successor is live. */
  async #replace(running: Running, launch: Launch): Promise<void> {
    this.#replacing = true;
    try {
      await Promise.all(this.#older.map(({ watched }) => terminate(watched.identity, launch.drainMs + END_MS)));
      const { baseId, epoch } = running.instance;
      const handsOver = await this.#handsOver(running, launch);
      const successor = handsOver ? { baseId, epoch: epoch + 1, launch } : { baseId: newBaseId(), epoch: 0, launch };
      const admin = handsOver ? undefined : await hold(new EnvoyAdmin(this.#directory, running.instance.launch.adminSocket, true));
      const next = await this.#start(successor, () => {}).catch((error) => {
        admin?.close();
        this.#adminLost = true;
        this.#note();
        throw error;
      });
      this.#older = [running];
      this.#current = next;
      this.#adminLost = false;
      this.#note();
      this.#startAgainWhenEnded(next);
      this.#forgetWhenEnded(running);
      this.#log(`Envoy process ${next.watched.identity.pid} has taken over from process ${running.watched.identity.pid}`);
      if (!handsOver) void drainAndEnd(running.watched.identity, admin, running.instance.launch.drainMs);
    } finally {
      this.#replacing = false;
      if (this.#running() === undefined) this.#startLater();
    }
  }

  /** True when the running Envoy can hand its sockets to a successor: it answers, and both speak the same hot restart protocol. */
  async #handsOver(running: Running, launch: Launch): Promise<boolean> {
    if (this.#adminLost) return false;
    try {
      const info = await new EnvoyAdmin(this.#directory, running.instance.launch.adminSocket).serverInfo();
      // Envoy 1.40 writes it to standard error.
      const { stdout, stderr } = await run(launch.envoy, ["--hot-restart-version"]);
      return `${stdout}${stderr}`.trim() === info.hot_restart_version;
    } catch {
      return false;
    }
  }

  /** Starts an Envoy and waits until it is live. @param started called as soon as the process is there */
  async #start(instance: EnvoyInstance, started: (running: Running) => void): Promise<Running> {
    const offset = logSize(this.#directory);
    const replaced = this.#current ? [this.#current] : [];
    this.#note(instance, [...replaced, ...this.#older]);
    try {
      const watched = await startEnvoy(this.#directory, instance);
      const running = { instance: { ...instance, process: watched.identity }, watched };
      this.#note(running.instance, [...replaced, ...this.#older]);
      started(running);
      await untilLive(this.#directory, instance, watched, offset).catch(async (error) => {
        if (replaced.length > 0) await terminate(watched.identity, END_MS);
        throw error;
      });
      return running;
    } catch (error) {
      this.#problem = error instanceof EnvoyFailed ? error.message : `Envoy cannot be started: ${(error as Error).message}`;
      this.#log(this.#problem);
      throw new EnvoyFailed(this.#problem);
    }
  }

  #startAgainWhenEnded(running: Running): void {
    void running.watched.ended.then((how) => {
      if (this.#current !== running) return;
      this.#ends += 1;
      this.#log(`Envoy process ${running.watched.identity.pid} is gone: ${how}`);
      if (!this.#replacing) this.#startLater();
    });
  }

  #startLater(): void {
    this.#retry = setTimeout(() => {
      if (this.#wanted === undefined || this.#running() !== undefined) return;
      this.#begin(this.#wanted).catch(() => {
        // Noted as the problem; the end of that process leads to the next attempt.
      });
    }, this.#backoff.ended());
  }

  #forgetWhenEnded(old: Running): void {
    void old.watched.ended.then(() => {
      this.#older = this.#older.filter((one) => one !== old);
      if (old.instance.baseId !== this.#current?.instance.baseId) removeHotRestartState(this.#directory, old.instance);
      this.#note();
    });
  }

  /** Keeps on disk which processes there are, for an agent after this one. */
  #note(current = this.#current?.instance, older: readonly Running[] = this.#older): void {
    if (current === undefined && older.length === 0) return;
    writeEnvoyRecord(this.#directory, { ...(current ? { current } : {}), older: older.map(({ instance }) => instance) });
  }
}

import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type ServiceDescription, sha256 } from "../host/description.ts";
import { LAYOUT } from "../host/layout.ts";
import { readJson, writeAtomic } from "../machine/files.ts";
import { isAlive, type ProcessIdentity, signal, terminate, withVariable } from "../machine/processes.ts";
import { plainEnvironment } from "./environment.ts";
import { adopt, Backoff, start, type Watched } from "./watched.ts";

/** Folder of its files, in a service's environment. */
export const FILES_VARIABLE = "FILES_DIR";

/** How long a service gets to end after SIGTERM. */
const END_MS = 5000;

/** What the agent says about a service. */
export interface ServiceStatus {
  /** Undefined while it does not run. */
  readonly pid?: number;
  /** Digest of what the running one was started with, files included. */
  readonly digest?: string;
  readonly ends: number;
  readonly problem?: string;
}

interface ServiceRecord {
  readonly process?: ProcessIdentity;
  /** Digest of command, folder and environment. */
  readonly program: string;
  readonly files: string;
}

export const serviceDigest = (service: ServiceDescription): string => sha256(programDigest(service) + filesDigest(service));
const programDigest = ({ command, cwd, env }: ServiceDescription) => sha256(JSON.stringify([command, cwd, Object.entries(env).sort()]));
const filesDigest = ({ files }: ServiceDescription) => sha256(JSON.stringify(Object.entries(files).sort()));

/** Keeps one service running: starts it again when it ends, and when what it was started with has changed. */
export class ServiceSupervisor {
  readonly #directory: string;
  readonly #name: string;
  readonly #log: (message: string) => void;
  readonly #backoff = new Backoff();
  #record: ServiceRecord | undefined;
  #watched: Watched | undefined;
  #wanted: ServiceDescription | undefined;
  #retry: NodeJS.Timeout | undefined;
  #ends = 0;
  #problem: string | undefined;

  constructor(directory: string, name: string, log: (message: string) => void) {
    this.#directory = directory;
    this.#name = name;
    this.#log = log;
  }

  /** Takes over what an agent before this one has started. */
  async takeOver(): Promise<void> {
    const record = readJson<ServiceRecord>(this.#file(LAYOUT.serviceRecord(this.#name)));
    const found = withVariable(FILES_VARIABLE, this.#file(LAYOUT.serviceFiles(this.#name)));
    const process = record?.process ?? (found.length === 1 ? found[0] : undefined);
    // Its children carry the same variable and end with it.
    const known = process !== undefined && isAlive(process) ? process : undefined;
    if (record === undefined || known === undefined) {
      return this.#endStrays();
    }
    this.#log(`goes on with process ${known.pid} of service ${this.#name}`);
    this.#record = { ...record, process: known };
    this.#watch(adopt(known));
  }

  async ensure(service: ServiceDescription): Promise<void> {
    this.#wanted = service;
    clearTimeout(this.#retry);
    const running = this.#running();
    if (running && this.#record?.program === programDigest(service)) {
      if (this.#record.files === filesDigest(service)) return;
      if (service.onFileChange === "SIGHUP") {
        // In this order: who is killed in between sends the signal once more.
        signal(running.identity, "SIGHUP");
        this.#note({ ...this.#record, files: filesDigest(service) });
        return;
      }
    }
    this.#backoff.reset();
    await this.#end();
    await this.#start(service);
  }

  status(): ServiceStatus {
    const running = this.#running();
    return {
      ...(running && this.#record ? { pid: running.identity.pid, digest: sha256(this.#record.program + this.#record.files) } : {}),
      ends: this.#ends,
      ...(this.#problem === undefined ? {} : { problem: this.#problem }),
    };
  }

  async stop(): Promise<void> {
    this.#wanted = undefined;
    clearTimeout(this.#retry);
    await this.#end();
    rmSync(this.#file(LAYOUT.serviceRecord(this.#name)), { force: true });
  }

  #running(): Watched | undefined {
    return this.#watched && isAlive(this.#watched.identity) ? this.#watched : undefined;
  }

  async #start(service: ServiceDescription): Promise<void> {
    const record = { program: programDigest(service), files: filesDigest(service) };
    this.#note(record);
    const [program = "", ...args] = service.command;
    try {
      await this.#endStrays();
      if (!existsSync(service.cwd)) throw new Error("there is no such folder");
      const watched = await start({
        command: program === "node" ? process.execPath : program,
        args,
        cwd: service.cwd,
        env: plainEnvironment({ ...service.env, [FILES_VARIABLE]: this.#file(LAYOUT.serviceFiles(this.#name)) }),
        log: this.#file(LAYOUT.serviceLog(this.#name)),
      });
      this.#note({ ...record, process: watched.identity });
      this.#problem = undefined;
      this.#backoff.started();
      this.#watch(watched);
    } catch (error) {
      this.#problem = `${program} cannot be started in ${service.cwd}: ${(error as Error).message}`;
      this.#log(`Service ${this.#name}: ${this.#problem}`);
    }
  }

  #watch(watched: Watched): void {
    this.#watched = watched;
    void watched.ended.then((how) => {
      if (this.#watched !== watched) return;
      this.#ends += 1;
      this.#problem = how;
      const wait = this.#backoff.ended();
      this.#log(`Service ${this.#name}, process ${watched.identity.pid}: ${how}; it is started again in ${wait} ms`);
      this.#retry = setTimeout(() => {
        if (this.#wanted !== undefined && this.#running() === undefined) void this.#start(this.#wanted);
      }, wait);
    });
  }

  async #end(): Promise<void> {
    const running = this.#running();
    this.#watched = undefined;
    if (running) await terminate(running.identity, END_MS);
    await this.#endStrays();
  }

  /** Ends what the service has started and left behind: it would go on holding ports. */
  async #endStrays(): Promise<void> {
    await Promise.all(withVariable(FILES_VARIABLE, this.#file(LAYOUT.serviceFiles(this.#name))).map((stray) => terminate(stray, END_MS)));
  }

  #note(record: ServiceRecord): void {
    this.#record = record;
    writeAtomic(this.#file(LAYOUT.serviceRecord(this.#name)), JSON.stringify(record));
  }

  readonly #file = (relative: string) => join(this.#directory, relative);
}

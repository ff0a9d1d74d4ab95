import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { type Description, type Quota, readDescription } from "../host/description.ts";
import { LAYOUT } from "../host/layout.ts";
import type { AcmeKeeper } from "./acme/keeper.ts";
import { codeDigest } from "./code.ts";
import { EnvoySupervisor } from "./envoy.ts";
import { rotateLogs } from "./logs.ts";
import type { AgentStatus, Command, Reply } from "./protocol.ts";
import { ServiceSupervisor } from "./service.ts";

const LOG_CHECK_MS = 60_000;
const FOLDER_CHECK_MS = 5000;

interface Quotas {
  configure(quotas: readonly Quota[]): void;
  close(): void;
}

/** Runs what a folder's description asks for, and goes on doing so. One per folder. */
export class Agent {
  readonly #directory: string;
  readonly #code = codeDigest();
  readonly #log = (message: string) => process.stdout.write(`${new Date().toISOString()} ${message}\n`);
  readonly #envoy: EnvoySupervisor;
  readonly #services = new Map<string, ServiceSupervisor>();
  readonly #onEnd: () => void;
  #quotas: Quotas | undefined;
  #acme: AcmeKeeper | undefined;
  #retentionDays = 0;
  /** Commands are carried out one after the other. */
  #queue: Promise<unknown> = Promise.resolve();
  #ending = false;

  /** @param onEnd called when the agent has nothing more to do */
  constructor(directory: string, onEnd: () => void) {
    this.#directory = directory;
    this.#onEnd = onEnd;
    this.#envoy = new EnvoySupervisor(directory, this.#log);
  }

  /** Takes over what is running, and goes on from there. Commands that come meanwhile wait. */
  async begin(): Promise<void> {
    this.#log(`agent process ${process.pid} begins`);
    this.#queue = this.#takeOver();
    setInterval(() => this.#rotate(), LOG_CHECK_MS);
    this.#watchFolder();
    await this.answer("converge");
  }

  async answer(command: Command): Promise<Reply> {
    if (command === "status") return { status: this.#status() };
    const work = this.#queue.then(() => this.#carryOut(command));
    this.#queue = work.catch(() => {});
    try {
      await work;
      return { status: this.#status() };
    } catch (error) {
      return { error: (error as Error).message, status: this.#status() };
    }
  }

  async #carryOut(command: Command): Promise<void> {
    if (this.#ending) throw new Error("The agent is ending");
    if (command === "converge") return this.#converge();
    if (command === "renew") return this.#acme?.renew();
    if (command !== "stop" && command !== "release") throw new Error(`The agent knows no command "${command}"`);
    this.#ending = true;
    this.#log(command === "stop" ? "stops Envoy and the services" : "leaves Envoy and the services to its successor");
    if (command === "stop") {
      await this.#envoy.stop();
      await Promise.all([...this.#services.values()].map((service) => service.stop()));
    }
    this.#quotas?.close();
    this.#acme?.close();
    // Let the answer leave first.
    setTimeout(this.#onEnd, 20);
  }

  async #takeOver(): Promise<void> {
    await this.#envoy.takeOver();
    for (const name of this.#recordedServices()) await this.#service(name).takeOver();
  }

  async #converge(): Promise<void> {
    const description = readDescription(this.#directory);
    if (description === undefined) return;
    this.#retentionDays = description.logRetentionDays;
    await this.#convergeQuotas(description);
    await this.#convergeServices(description);
    await this.#convergeAcme(description);
    await this.#envoy.ensure(description.launch);
  }

  async #convergeAcme({ acme }: Description): Promise<void> {
    if (acme === undefined && this.#acme === undefined) return;
    const { AcmeKeeper } = await import("./acme/keeper.ts");
    this.#acme ??= new AcmeKeeper(this.#directory, this.#log);
    await this.#acme.ensure(acme);
  }

  async #convergeServices({ services }: Description): Promise<void> {
    const gone = [...this.#services].filter(([name]) => !Object.hasOwn(services, name));
    for (const [name, service] of gone) {
      await service.stop();
      this.#services.delete(name);
    }
    await Promise.all(Object.entries(services).map(([name, service]) => this.#service(name).ensure(service)));
  }

  async #convergeQuotas({ quotas }: Description): Promise<void> {
    if (quotas.length === 0 && this.#quotas === undefined) return;
    this.#quotas ??= await this.#serveQuotas();
    this.#quotas.configure(quotas);
  }

  async #serveQuotas(): Promise<Quotas> {
    const { Counters } = await import("./quota/counters.ts");
    const { Journal } = await import("./quota/journal.ts");
    const { serveQuotas } = await import("./quota/service.ts");
    const journal = new Journal(join(this.#directory, LAYOUT.quotaJournal));
    const counters = new Counters(journal);
    const server = await serveQuotas(LAYOUT.quotaSocket, counters);
    return {
      configure: (quotas) => counters.configure(quotas),
      close() {
        server.close();
        counters.flush();
        journal.close();
      },
    };
  }

  #service(name: string): ServiceSupervisor {
    const service = this.#services.get(name) ?? new ServiceSupervisor(this.#directory, name, this.#log);
    this.#services.set(name, service);
    return service;
  }

  /** Services that an agent before this one has started. */
  #recordedServices(): string[] {
    return readdirSync(join(this.#directory, LAYOUT.run)).flatMap((name) => /^service-(.+)\.json$/.exec(name)?.[1] ?? []);
  }

  #rotate(): void {
    const own = new Set(
      [LAYOUT.envoyLog, LAYOUT.agentLog, ...[...this.#services.keys()].map(LAYOUT.serviceLog)].map((path) => basename(path)),
    );
    try {
      rotateLogs(
        this.#directory,
        this.#retentionDays,
        () => this.#envoy.reopenLogs(),
        (name) => own.has(name),
      );
    } catch (error) {
      this.#log(`logs cannot be put aside: ${(error as Error).message}`);
    }
  }

  /** A folder that somebody has removed takes its gateway with it: there is nothing left to run it from. */
  #watchFolder(): void {
    const { ino } = statSync(this.#directory);
    let missing = 0;
    setInterval(() => {
      const there = existsSync(join(this.#directory, LAYOUT.description)) && statSync(this.#directory).ino === ino;
      missing = there ? 0 : missing + 1;
      if (missing < 2 || this.#ending) return;
      this.#log("the gateway's folder is gone");
      void this.answer("stop");
    }, FOLDER_CHECK_MS);
  }

  #status(): AgentStatus {
    return {
      pid: process.pid,
      code: this.#code,
      envoy: this.#envoy.status(),
      services: Object.fromEntries([...this.#services].map(([name, service]) => [name, service.status()])),
      ...(this.#acme === undefined ? {} : { acme: this.#acme.status() }),
    };
  }
}

/** Removes the agent's own sockets. */
export function removeSockets(): void {
  for (const socket of [LAYOUT.agentSocket, LAYOUT.quotaSocket, LAYOUT.acmeSocket]) rmSync(socket, { force: true });
}

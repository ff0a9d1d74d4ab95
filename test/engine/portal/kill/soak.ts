import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readSnapshot } from "../../../../automation/snapshot.ts";
import { parseStackFile } from "../../../../automation/stack-file.ts";
import type { OperationSummary, StoredEvent } from "../../../../portal/service.ts";
import type { PostgresServer } from "../../../support/postgres.ts";
import { DOCUMENT, PortalLab, until } from "../support.ts";
import { CallFailed, PortalProcess } from "./portal-process.ts";

export type Victim = "runner" | "portal" | "postgres";

export interface Point {
  readonly victim: Victim | "nothing";
  /** Milliseconds after the operation was asked for. */
  readonly afterMs: number;
  readonly kind: string;
  readonly state: string;
  readonly seconds: number;
  readonly events: number;
  /** Whether there was something to kill at that moment. */
  readonly hit: boolean;
}

const STACK = "one";
const ENDED = new Set(["succeeded", "failed", "cancelled", "lost"]);

/** A portal whose processes are killed at chosen moments, and what must be true afterwards. */
export class Soak {
  readonly lab: PortalLab;
  readonly #postgres: PostgresServer | undefined;
  #portal: PortalProcess;
  #round = 0;

  private constructor(lab: PortalLab, portal: PortalProcess, postgres: PostgresServer | undefined) {
    this.lab = lab;
    this.#portal = portal;
    this.#postgres = postgres;
  }

  /** @param postgres a server; without one the database is embedded, and goes with the portal */
  static async open(postgres?: PostgresServer): Promise<Soak> {
    const lab = await PortalLab.open();
    const portal = await PortalProcess.start(lab.options({ databaseUrl: postgres?.url ?? "" }));
    const soak = new Soak(lab, portal, postgres);
    await portal.createStack({ name: STACK, cloud: "aws", document: DOCUMENT });
    return soak;
  }

  async close(): Promise<void> {
    await this.#portal.kill();
    this.lab.close();
  }

  /** Runs one operation, kills something in its midst (or nothing), and waits until everything is as it should be again. */
  async point(victim: Victim | "nothing", afterMs: number): Promise<Point> {
    const began = Date.now();
    this.#round++;
    const kind = this.#round % 4 === 0 ? "destroy" : "up";
    const value = String(this.#round);
    this.lab.items(STACK, {
      a: { value, delayMs: 200 },
      b: { value: "same", delayMs: 100 },
      [`c${this.#round % 3}`]: { value, delayMs: 300 },
    });
    const plan = await this.#portal.requestPlan(STACK, kind);
    if (plan.state === "waiting for approval") await this.#portal.review(plan.id, plan.digest);
    const { id } = await this.#portal.apply(plan.id);

    const seen: StoredEvent[] = [];
    const reading = this.#read(id, seen);
    await sleep(afterMs);
    const hit = victim !== "nothing" && (await this.#kill(victim, id));
    await reading;
    const end = await this.#again(() => this.#portal.operation(id));
    await this.#settled();
    await this.#check(id, seen, end);
    return { victim, afterMs, kind, state: end.state, seconds: (Date.now() - began) / 1000, events: seen.length, hit };
  }

  async #kill(victim: Victim, operation: string): Promise<boolean> {
    if (victim === "runner") return this.#killRunner(operation);
    if (victim === "portal") {
      await this.#portal.kill();
      this.#portal = await PortalProcess.start(this.lab.options({ databaseUrl: this.#postgres?.url ?? "" }));
      return true;
    }
    assert.ok(this.#postgres, "there is no server to kill");
    await this.#postgres.kill();
    await sleep(500);
    await this.#postgres.boot();
    return true;
  }

  #killRunner(operation: string): boolean {
    const folder = join(this.lab.folder, ".gateway", "portal", "operations", operation);
    if (!existsSync(folder)) return false;
    const attempts = readdirSync(folder).sort((a, b) => Number(b) - Number(a));
    const file = join(folder, attempts[0] ?? "", "runner.json");
    if (!existsSync(file)) return false;
    const { pid } = JSON.parse(readFileSync(file, "utf8")) as { pid: number };
    try {
      process.kill(pid, "SIGKILL");
      return true;
    } catch {
      return false;
    }
  }

  /** Reads events to the last, and goes on where it was whenever it is cut off. */
  async #read(id: string, seen: StoredEvent[]): Promise<void> {
    const deadline = Date.now() + 300_000;
    while (Date.now() < deadline) {
      try {
        seen.push(...(await this.#portal.events(id, seen.length, 1000)));
      } catch (error) {
        if (!(error instanceof CallFailed)) throw error;
        await sleep(200);
      }
      const last = seen.at(-1)?.event;
      if (last !== undefined && !("kind" in last) && last.type === "state" && ENDED.has(last.state)) return;
    }
    assert.fail(`operation ${id} has not ended; its last event is ${JSON.stringify(seen.at(-1))}`);
  }

  /** Asks until the portal and its database are there again. */
  async #again<T>(ask: () => Promise<T>): Promise<T> {
    for (let tries = 0; ; tries++) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof CallFailed) || (error.code !== "unavailable" && error.code !== "killed") || tries > 200) throw error;
        await sleep(200);
      }
    }
  }

  /** Waits for what the portal does by itself afterwards. */
  async #settled(): Promise<void> {
    await until(
      async () => (await this.#again(() => this.#portal.operations(STACK))).items.every(({ state }) => ENDED.has(state)),
      "operations never ended",
      120_000,
    );
  }

  async #check(id: string, seen: readonly StoredEvent[], end: OperationSummary): Promise<void> {
    assert.deepEqual(
      seen.map(({ sequence }) => sequence),
      seen.map((_, index) => index + 1),
      "the events have a gap or come twice",
    );
    assert.deepEqual(await this.#again(() => this.#portal.events(id, 0, 5000)), seen, "another reader sees other events");
    assert.equal(end.state, "succeeded", JSON.stringify(end.error));

    const { project } = this.lab.options();
    const stackFile = parseStackFile(STACK, join(this.lab.folder, "Pulumi.one.yaml"), "config: {}\n", "it");
    const snapshot = await readSnapshot({ project, stack: STACK, engine: this.lab.engine, stackFile });
    const inState = snapshot.resources.filter(({ type }) => type === "probe:index:Item").map(({ name }) => name);
    assert.deepEqual(inState.sort(), this.#world(), `the state and the world differ:\n${this.lab.journal(STACK).slice(-40).join("\n")}`);
    const locks = join(this.lab.folder, ".gateway", "state", ".pulumi", "locks");
    assert.deepEqual(existsSync(locks) ? filesBelow(locks) : [], [], "a lock was left");
  }

  /** What exists, by what the provider has done: each thing once for every time it was created and not deleted. What is gone may be deleted again. */
  #world(): string[] {
    const counts = new Map<string, number>();
    for (const line of this.lab.journal(STACK)) {
      const [verb = "", name = "", phase] = line.split(" ");
      if (phase !== "end" || verb === "update") continue;
      counts.set(name, Math.max(0, (counts.get(name) ?? 0) + (verb === "create" ? 1 : -1)));
    }
    return [...counts].flatMap(([name, count]) => Array.from({ length: count }, () => name)).sort();
  }
}

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(join(folder, entry.name)) : entry.name.endsWith(".json") ? [entry.name] : [],
  );

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import type { EngineLocation, Patience } from "../../../automation/engine.ts";
import type { OperationEvent } from "../../../automation/events.ts";
import { type OperationKind, startOperation } from "../../../automation/operation.ts";
import type { Program } from "../../../automation/program.ts";
import { openProject, type Project } from "../../../automation/project.ts";
import { findPulumi } from "../../../tools/setup/pulumi.ts";

/** An item the probe provider makes. */
export interface Item {
  readonly value?: string;
  readonly delayMs?: number;
  readonly fail?: string;
}

class ProbeItem extends pulumi.CustomResource {
  constructor(name: string, inputs: Item & { readonly journal: string }) {
    super("probe:index:Item", name, { ...inputs });
  }
}

/** A project in a temporary folder with its own state, and a provider that does as told. */
export class Lab {
  readonly project: Project;
  readonly journalFile: string;
  items: Readonly<Record<string, Item>> = {};
  /** Thrown by the program before it makes anything. */
  stumble: Error | undefined;
  readonly #folder: string;
  readonly #engine: EngineLocation;

  private constructor(folder: string, engine: EngineLocation) {
    this.#folder = folder;
    this.#engine = engine;
    this.project = openProject(folder);
    this.journalFile = join(folder, "journal");
  }

  static async open(): Promise<Lab> {
    const engine = await findPulumi();
    assert.ok(engine, "the Pulumi CLI is missing: run `npm start` or `npm test`");
    const folder = mkdtempSync(join(tmpdir(), "gateway-lab-"));
    mkdirSync(join(folder, "stacks"));
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      `name: lab\nruntime: nodejs\nstackConfigDir: stacks\nplugins: { providers: [{ name: probe, path: ${join(import.meta.dirname, "probe")} }] }\n`,
    );
    writeFileSync(join(folder, "stacks", "Pulumi.one.yaml"), "config:\n  lab:greeting: hello\n");
    return new Lab(folder, engine);
  }

  get engine(): EngineLocation {
    return this.#engine;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  start(kind: OperationKind, patience?: Patience) {
    return startOperation({
      kind,
      project: this.project,
      stack: "one",
      engine: this.#engine,
      program: this.#program(),
      ...(patience === undefined ? {} : { patience }),
    });
  }

  /** Runs an operation to its end. */
  async run(kind: OperationKind) {
    const operation = this.start(kind);
    const events: OperationEvent[] = [];
    for await (const event of operation.events) events.push(event);
    return { events, result: await operation.result };
  }

  /** Waits until the provider has noted a line. */
  async journalHas(line: string): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      if (existsSync(this.journalFile) && readFileSync(this.journalFile, "utf8").includes(`${line}\n`)) return;
      await sleep(50);
    }
    assert.fail(`the journal never had "${line}"`);
  }

  journal(): string[] {
    return existsSync(this.journalFile) ? readFileSync(this.journalFile, "utf8").trimEnd().split("\n") : [];
  }

  /** Process of the engine that holds the lease. */
  engineProcess(): number {
    return JSON.parse(readFileSync(join(this.project.privateFolder, "locks", "stack-one"), "utf8")).helper.pid;
  }

  #program(): Program {
    return {
      check: async () => {},
      load: async () => async () => {
        if (this.stumble) throw this.stumble;
        const made = Object.entries(this.items).map(([name, item]) => new ProbeItem(name, { ...item, journal: this.journalFile }));
        return { count: made.length, greeting: new pulumi.Config("lab").require("greeting"), hidden: pulumi.secret("s3cret") };
      },
    };
  }
}

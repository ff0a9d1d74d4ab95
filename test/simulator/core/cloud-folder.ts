import { randomBytes } from "node:crypto";
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Fault, takeFault } from "./faults.ts";
import type { JournalEntry } from "./journal.ts";
import { digest, stableJson, type Values } from "./values.ts";

/** A resource as the simulated cloud keeps it. */
export interface StoredResource {
  readonly type: string;
  readonly id: string;
  readonly name: string;
  readonly urn: string;
  readonly inputs: Values;
  readonly outputs: Values;
  /** What its identifiers are made from; another one after a replacement. */
  readonly seed: string;
  /** Milliseconds since the epoch, in the simulated cloud's time. */
  readonly createdAt: number;
}

interface Settings {
  /** How far the simulated cloud's clock is ahead of this machine's, in milliseconds. */
  readonly clockAheadMs: number;
  /** How long every write takes, in milliseconds. */
  readonly latencyMs: number;
}

interface Hold {
  readonly until: number;
  readonly resource: StoredResource;
}

/**
 * The simulated cloud: a folder, so that separate runs of the CLI, each with plugin processes of its own, see the same cloud.
 * It is test equipment: nothing in it is protected.
 */
export class CloudFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    for (const part of ["resources", "holds", "writing"]) mkdirSync(join(path, part), { recursive: true });
  }

  get settings(): Settings {
    return { clockAheadMs: 0, latencyMs: 0, ...(read<Partial<Settings>>(join(this.path, "settings.json")) ?? {}) };
  }

  configure(settings: Partial<Settings>): void {
    this.#locked(() => write(join(this.path, "settings.json"), { ...this.settings, ...settings }));
  }

  now(): Date {
    return new Date(Date.now() + this.settings.clockAheadMs);
  }

  /** Moves the simulated cloud's clock forward. */
  advance({ days = 0, hours = 0, minutes = 0 }: { days?: number; hours?: number; minutes?: number }): void {
    this.configure({ clockAheadMs: this.settings.clockAheadMs + ((days * 24 + hours) * 60 + minutes) * 60_000 });
  }

  /** A number no other call of this cloud gets. */
  serial(): number {
    return this.#locked(() => {
      const file = join(this.path, "serial.json");
      const next = (read<number>(file) ?? 0) + 1;
      write(file, next);
      return next;
    });
  }

  get(type: string, id: string): StoredResource | undefined {
    return read<StoredResource>(this.#resource(type, id));
  }

  all(type: string): StoredResource[] {
    return files(join(this.path, "resources", folder(type))).flatMap((file) => read<StoredResource>(file) ?? []);
  }

  /** Every resource of every type. */
  everything(): StoredResource[] {
    const root = join(this.path, "resources");
    return readdirSync(root).flatMap((type) => files(join(root, type)).flatMap((file) => read<StoredResource>(file) ?? []));
  }

  put(resource: StoredResource): void {
    mkdirSync(join(this.path, "resources", folder(resource.type)), { recursive: true });
    write(this.#resource(resource.type, resource.id), resource);
  }

  remove(type: string, id: string): void {
    rmSync(this.#resource(type, id), { force: true });
  }

  /** What a rule keeps a name for after the resource is gone. */
  held(type: string, key: string): StoredResource | undefined {
    const hold = read<Hold>(this.#hold(type, key));
    return hold && hold.until > this.now().getTime() ? hold.resource : undefined;
  }

  hold(type: string, key: string, days: number, resource: StoredResource): void {
    write(this.#hold(type, key), { until: this.now().getTime() + days * 86_400_000, resource });
  }

  release(type: string, key: string): void {
    rmSync(this.#hold(type, key), { force: true });
  }

  /** Takes the exclusive right to write under a key; undefined when another write, of any process, holds it. */
  beginWriting(key: string): (() => void) | undefined {
    const file = join(this.path, "writing", digest(key));
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
    } catch {
      const owner = Number(readOrUndefined(file));
      if (!owner || alive(owner)) return undefined;
      writeFileSync(file, String(process.pid));
    }
    return () => rmSync(file, { force: true });
  }

  addFault(fault: Fault): void {
    const file = join(this.path, "faults.json");
    this.#locked(() => write(file, [...(read<Fault[]>(file) ?? []), fault]));
  }

  clearFaults(): void {
    rmSync(join(this.path, "faults.json"), { force: true });
  }

  /** The fault that strikes this operation, if any; counts the operation. */
  strike(operation: string, type: string, name: string): Fault | undefined {
    const file = join(this.path, "faults.json");
    if (!existsSync(file)) return undefined;
    return this.#locked(() => {
      const { fault, rest } = takeFault(read<Fault[]>(file) ?? [], operation, type, name);
      write(file, rest);
      return fault;
    });
  }

  note(entry: JournalEntry): void {
    appendFileSync(join(this.path, "journal.jsonl"), `${JSON.stringify(entry)}\n`);
  }

  journal(): JournalEntry[] {
    const text = readOrUndefined(join(this.path, "journal.jsonl")) ?? "";
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as JournalEntry);
  }

  #resource(type: string, id: string): string {
    return join(this.path, "resources", folder(type), `${digest(id).slice(0, 32)}.json`);
  }

  #hold(type: string, key: string): string {
    return join(this.path, "holds", `${digest(`${type}\n${key}`).slice(0, 32)}.json`);
  }

  /** Reads and writes what several processes count in. */
  #locked<T>(work: () => T): T {
    const file = join(this.path, "lock");
    const deadline = Date.now() + 10_000;
    for (;;) {
      try {
        writeFileSync(file, String(process.pid), { flag: "wx" });
        break;
      } catch {
        const owner = Number(readOrUndefined(file));
        if (owner && !alive(owner)) rmSync(file, { force: true });
        else if (Date.now() > deadline) throw new Error(`the simulated cloud in ${this.path} is locked by process ${owner}`);
        else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
      }
    }
    try {
      return work();
    } finally {
      rmSync(file, { force: true });
    }
  }
}

/** File names of types keep to characters every file system has. */
const folder = (type: string): string => type.replace(/[^A-Za-z0-9.-]/g, "_");

function files(path: string): string[] {
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith(".json"))
    .sort()
    .map((file) => join(path, file));
}

function readOrUndefined(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

function read<T>(file: string): T | undefined {
  const text = readOrUndefined(file);
  return text === undefined ? undefined : (JSON.parse(text) as T);
}

function write(file: string, value: unknown): void {
  const next = `${file}.${randomBytes(4).toString("hex")}`;
  writeFileSync(next, stableJson(value));
  renameSync(next, file);
}

function alive(process_: number): boolean {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

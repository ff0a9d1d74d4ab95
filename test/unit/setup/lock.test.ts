import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { type Owner, tryLock, withLock } from "../../../tools/setup/lock.mjs";
import { isRunning, startOf } from "../../../tools/setup/process.mjs";

const MODULE = join(import.meta.dirname, "../../../tools/setup/lock.mjs");

describe("the set-up lock", () => {
  let folder: string;
  let path: string;
  const children: ChildProcess[] = [];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "gateway-lock-"));
    path = join(folder, "locks", "work");
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  const node = (script: string): ChildProcess => {
    const child = spawn(
      process.execPath,
      ["--input-type=module", "-e", `import { tryLock, withLock } from ${JSON.stringify(MODULE)};\n${script}`],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    children.push(child);
    return child;
  };
  const holder = async (script = "") => {
    const child = node(
      `const lock = tryLock(${JSON.stringify(path)}, "testing"); ${script}; console.log("held"); setInterval(() => {}, 1000);`,
    );
    await once(child.stdout as NodeJS.ReadableStream, "data");
    return child;
  };
  const stopped = async (child: ChildProcess) => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  const taken = () => {
    const lock = tryLock(path);
    assert.ok(!("owner" in lock), "the lock is not free");
    return lock;
  };
  const refused = (): Owner => {
    const lock = tryLock(path);
    assert.ok("owner" in lock, "the lock was free");
    return lock.owner;
  };

  it("is held once, names its owner and is free again afterwards", () => {
    const lock = tryLock(path, "testing");
    assert.ok(!("owner" in lock));
    const { pid, host, started, purpose } = refused();
    assert.deepEqual(
      { pid, host, started, purpose },
      { pid: process.pid, host: hostname(), started: startOf(process.pid), purpose: "testing" },
    );
    lock.release();
    taken().release();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  it("is taken over when its owner was killed, and left alone while the owner lives", async () => {
    const child = await holder();
    assert.equal(refused().pid, child.pid);
    await stopped(child);
    taken().release();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  it("stays taken while the program that does the work runs, although its owner was killed", async () => {
    const worker = spawn("sleep", ["60"]);
    children.push(worker);
    const child = await holder(`lock.share(${worker.pid})`);
    await stopped(child);
    assert.equal(refused().helper?.pid, worker.pid);
    await stopped(worker);
    taken().release();
  });

  it("is taken over when its owner's number now belongs to another process", () => {
    taken();
    const owner = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...owner, token: "old", started: "0" }));
    taken().release();
  });

  it("is left alone when its owner is on another host", () => {
    taken();
    const owner = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...owner, host: "elsewhere", pid: 999_999_999 }));
    assert.equal(refused().host, "elsewhere");
  });

  it("is taken over although a process was killed while taking it over", async () => {
    const dead = await holder();
    await stopped(dead);
    const { token } = JSON.parse(readFileSync(path, "utf8")) as Owner;
    writeFileSync(`${path}.${token}.dead`, JSON.stringify({ token: "claim", pid: dead.pid, host: hostname() }));
    taken().release();
    assert.deepEqual(readdirSync(join(folder, "locks")), []);
  });

  it("says what to do about a file it cannot read", () => {
    taken().release();
    writeFileSync(path, "not JSON");
    assert.throws(() => tryLock(path), {
      message: `The lock file ${path} cannot be read: delete it if no other command of this project is running.`,
    });
  });

  it("lets one after the other through, also when some are killed", async () => {
    const counter = join(folder, "counter");
    writeFileSync(counter, "0");
    const script = (die: boolean) => `
      import { readFileSync, writeFileSync } from "node:fs";
      for (let i = 0; i < 5; i++) await withLock(${JSON.stringify(path)}, async () => {
        const before = Number(readFileSync(${JSON.stringify(counter)}, "utf8"));
        await new Promise((resolve) => setTimeout(resolve, 5));
        writeFileSync(${JSON.stringify(counter)}, String(before + 1));
        ${die ? 'process.kill(process.pid, "SIGKILL")' : ""}
      });`;
    await Promise.all([false, true, false, true, false].map((die) => once(node(script(die)), "exit")));
    assert.equal(readFileSync(counter, "utf8"), "17");
  }).timeout(60_000);

  it("tells who is waiting whom it waits for, once", async () => {
    const first = taken();
    const told: number[] = [];
    const second = withLock(path, () => "done", { waiting: ({ pid }) => told.push(pid) });
    await new Promise((resolve) => setTimeout(resolve, 600));
    first.release();
    assert.equal(await second, "done");
    assert.deepEqual(told, [process.pid]);
  });

  it("sees an ended process that nobody has collected as ended", async () => {
    const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "inherit"] });
    children.push(parent);
    const [line] = await once(parent.stdout, "data");
    await new Promise((resolve) => setTimeout(resolve, 400));
    assert.equal(isRunning(Number(String(line))), false);
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { OperationError } from "../../../automation/errors.ts";
import type { OperationEvent } from "../../../automation/events.ts";
import type { Operation } from "../../../automation/operation.ts";
import { childrenOf, isRunning } from "../../../tools/setup/process.mjs";
import { Lab } from "./support.ts";

/** The error an operation ends with. */
async function failure(operation: Operation): Promise<OperationError> {
  const error = await operation.result.then(
    () => assert.fail("the operation should have failed"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OperationError, String(error));
  return error;
}

const notes = (events: readonly OperationEvent[]) => events.flatMap((event) => (event.kind === "note" ? [event.message] : []));
const warnings = (events: readonly OperationEvent[]) =>
  events.flatMap((event) => (event.kind === "message" && event.severity === "warning" ? [event.text] : []));

describe("operations that go wrong", function () {
  this.timeout(60_000);
  let lab: Lab;
  beforeEach(async () => {
    lab = await Lab.open();
  });
  afterEach(async () => {
    lab.items = {};
    lab.close();
  });

  /** Nothing may be left that the next operation would have to care for. */
  const leavesNothingBehind = () => {
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "work")), []);
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "locks")), []);
  };

  it("says which resource failed and what its provider said", async () => {
    lab.items = { good: {}, bad: { fail: "quota of gateways exceeded" } };
    const error = await failure(lab.start("up"));
    assert.equal(error.code, "provider");
    assert.equal(error.message, "bad (probe:index:Item) failed: quota of gateways exceeded");
    assert.deepEqual(error.failures, [{ type: "probe:index:Item", name: "bad", message: "quota of gateways exceeded" }]);
    leavesNothingBehind();
  });

  it("says that a stack was never deployed", async () => {
    const error = await failure(lab.start("destroy"));
    assert.deepEqual([error.code, error.message], ["no-stack", 'Stack "one" has not been deployed']);
    leavesNothingBehind();
  });

  it("refuses a second operation on the same stack and names the first", async () => {
    lab.items = { slow: { delayMs: 3000 } };
    const first = lab.start("up");
    await lab.journalHas("create slow begin");
    const error = await failure(lab.start("up"));
    assert.deepEqual(
      [error.code, error.message, error.remedy],
      [
        "locked",
        `Stack "one" is busy: process ${process.pid} is running \`gateway up -s one\` on it`,
        "wait until it has finished, or stop it",
      ],
    );
    assert.deepEqual((await first.result).changes, { create: 2 });
    leavesNothingBehind();
  });

  it("leaves the lock of a state that a live engine holds alone", async () => {
    const engine = spawn("sleep", ["60"], { argv0: "pulumi" });
    try {
      await once(engine, "spawn");
      const folder = join(lab.project.privateFolder, "state", ".pulumi", "locks", "organization", "lab", "one");
      await lab.run("up");
      mkdirSync(folder, { recursive: true });
      const lock = { pid: engine.pid, username: "ann", hostname: "elsewhere", timestamp: "2026-11-21T12:00:00Z" };
      writeFileSync(join(folder, "a.json"), JSON.stringify(lock));
      const error = await failure(lab.start("up"));
      assert.equal(error.code, "locked");
      assert.equal(
        error.message,
        `The state of stack "one" is locked by ann@elsewhere (process ${engine.pid}, since 2026-11-21T12:00:00Z)`,
      );
      assert.equal(readdirSync(folder).length, 1);
    } finally {
      engine.kill("SIGKILL");
    }
  });

  it("goes on after its engine was killed in the middle of a creation", async () => {
    lab.items = { slow: { delayMs: 5000 } };
    const operation = lab.start("up");
    await lab.journalHas("create slow begin");
    process.kill(lab.engineProcess(), "SIGKILL");
    const error = await failure(operation);
    assert.deepEqual(
      [error.code, error.message, error.remedy],
      ["lost", "The engine was killed before it had finished", "run the same command again: it takes up where this one stopped"],
    );
    leavesNothingBehind();

    lab.items = { slow: {} };
    const { events, result } = await lab.run("up");
    assert.equal(notes(events).length, 1);
    assert.match(notes(events)[0] ?? "", /^The state was left locked by process \d+, which no longer runs; clearing the lock\.$/);
    assert.equal(warnings(events).length, 1);
    assert.match(warnings(events)[0] ?? "", /^The creation of slow \(probe:index:Item\) was interrupted earlier, /);
    assert.deepEqual(result.changes.create, 1);
  });

  it("stops when asked, after finishing what it was doing", async () => {
    lab.items = { slow: { delayMs: 2000 } };
    const operation = lab.start("up");
    await lab.journalHas("create slow begin");
    operation.cancel();
    const error = await failure(operation);
    assert.deepEqual([error.code, error.message], ["cancelled", "The operation was stopped before it had finished"]);
    assert.deepEqual(lab.journal(), ["create slow begin", "create slow end"]);
    leavesNothingBehind();
    assert.deepEqual((await lab.run("up")).result.changes, { same: 2 });
  });

  it("kills an engine that does not stop in time", async () => {
    lab.items = { stuck: { delayMs: 60_000 } };
    const operation = lab.start("up", { stop: 500, kill: 500 });
    await lab.journalHas("create stuck begin");
    const processes = [lab.engineProcess(), ...childrenOf(lab.engineProcess())];
    assert.equal(processes.length, 2, "an engine and its plugin");
    const started = Date.now();
    operation.cancel();
    assert.equal((await failure(operation)).code, "cancelled");
    assert.ok(Date.now() - started < 10_000, "it took too long");
    await sleep(200);
    assert.deepEqual(processes.filter(isRunning), []);
  });

  it("says that a passphrase is wrong", async () => {
    await lab.run("up");
    const before = process.env.PULUMI_CONFIG_PASSPHRASE;
    process.env.PULUMI_CONFIG_PASSPHRASE = "something else";
    try {
      const error = await failure(lab.start("up"));
      assert.deepEqual([error.code, error.message], ["secrets", "The passphrase does not fit the stack's secrets"]);
    } finally {
      if (before === undefined) delete process.env.PULUMI_CONFIG_PASSPHRASE;
      else process.env.PULUMI_CONFIG_PASSPHRASE = before;
    }
  });
});

import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { OperationError } from "../../../automation/errors.ts";
import type { Operation } from "../../../automation/operation.ts";
import { isRunning } from "../../../tools/setup/process.mjs";
import { call } from "../../support/live/client.ts";
import { eventually, kill, Lab, type LabGateway } from "./support/lab.ts";

const failure = (operation: Operation): Promise<OperationError> =>
  operation.result.then(
    () => assert.fail("the operation should have failed"),
    (error: OperationError) => error,
  );

describe("what is killed at a gateway on this machine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let gateway: LabGateway;
  before(async () => {
    lab = await Lab.open();
    gateway = await lab.gateway("one");
    gateway.write();
  });
  after(() => lab.close());

  const answers = async () => assert.equal((await call(await gateway.address(), "/products")).status, 200);
  /** One of each, however many attempts it took. */
  const oneOfEach = () => assert.deepEqual([gateway.agents().length, gateway.envoys().length, gateway.services().length], [1, 1, 1]);
  /** Starts an `up` and waits until it works on the gateway's folder. */
  async function upAtWork(): Promise<Operation> {
    const operation = gateway.start("up");
    await eventually("work in the gateway's folder", () => existsSync(join(gateway.directory, "run", "lock")) || undefined);
    return operation;
  }

  it("the CLI in the middle of the first `up`: the next one ends well", async () => {
    const operation = await upAtWork();
    await kill(await gateway.engineProcess());
    const error = await failure(operation);
    assert.deepEqual([error.code, error.message], ["lost", "The engine was killed before it had finished"]);
    await gateway.run("up");
    await answers();
    oneOfEach();
    assert.deepEqual((await gateway.run("up")).changes, { same: 7 });
  });

  it("Envoy: it is started again at once, and the next `up` finds nothing to do", async () => {
    const [before = 0] = gateway.envoys();
    await kill(before);
    const address = await gateway.address();
    await eventually("an answer", async () => (await call(address, "/products")).status === 200 || undefined);
    assert.notEqual(gateway.envoys()[0], before);
    assert.deepEqual((await gateway.run("up")).changes, { same: 7 });
  });

  it("the agent: Envoy serves on, and the next `up` has another agent take over", async () => {
    const [agent = 0] = gateway.agents();
    const before = gateway.envoys();
    await kill(agent);
    await answers();
    assert.deepEqual((await gateway.run("up")).changes, { same: 6, update: 1 });
    assert.deepEqual(gateway.envoys(), before);
    oneOfEach();
    await answers();
  });

  it("the provider in the middle of a change: what ran runs on, and the next `up` ends well", async () => {
    const before = gateway.envoys();
    gateway.write({ http: "refuse" });
    const operation = await upAtWork();
    await kill(await gateway.providerProcess());
    assert.equal((await failure(operation)).code, "provider");
    await answers();
    const { changes } = await gateway.run("up");
    assert.equal(changes.update, 1);
    await answers();
    oneOfEach();
    assert.deepEqual(gateway.envoys(), before);
    await assert.rejects(fetch(`http://127.0.0.1:${gateway.ports.http}/`), (error: { cause?: { code?: string } }) => {
      assert.equal(error.cause?.code, "ECONNREFUSED");
      return true;
    });
    assert.deepEqual((await gateway.run("up")).changes, { same: 7 });
  });

  it("the CLI in the middle of a `destroy`: the next one leaves nothing", async () => {
    const processes = gateway.processes();
    const operation = gateway.start("destroy");
    await kill(await gateway.providerProcess().then(() => gateway.engineProcess()));
    await failure(operation);
    await gateway.run("destroy");
    assert.deepEqual(processes.filter(isRunning), []);
    assert.equal(existsSync(gateway.directory), false);
    assert.deepEqual(readdirSync(join(lab.project.privateFolder, "locks")), []);
  });
});

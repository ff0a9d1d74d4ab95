import assert from "node:assert/strict";
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Topic } from "@pulumi/aws/sns/topic.js";
import { CustomResource } from "@pulumi/pulumi";
import { after, before, describe, it } from "mocha";
import { writes } from "../../simulator/core/journal.ts";
import { changed, counts, Lab } from "../../support/engine.ts";

const REGION = { "aws:region": { value: "eu-central-1" } };
const LOGS = "aws:cloudwatch/logGroup:LogGroup";
const TOPIC = "aws:sns/topic:Topic";

describe("engine against the simulator: what goes wrong", function () {
  this.timeout(120_000);
  let lab: Lab;
  before(async () => {
    lab = await Lab.open({ packages: ["aws"] });
  });
  after(() => lab?.close());

  const program = (names: readonly string[], name?: string) => async () => {
    let previous: LogGroup | undefined;
    for (const each of names) previous = new LogGroup(each, name === undefined ? {} : { name }, previous ? { dependsOn: previous } : {});
    new Topic("alarms", {}, previous ? { dependsOn: previous } : {});
  };

  it("fails the second create of a type, keeps what was made, and goes on from there", async () => {
    const stack = await lab.stack("refused", REGION);
    lab.cloud.addFault({ operation: "create", type: LOGS, nth: 2, message: "ThrottlingException: Rate exceeded" });
    const failed = await stack.tryUp(program(["one", "two"]));
    assert.match(String(failed.error), /ThrottlingException: Rate exceeded/);
    assert.deepEqual(writes(failed.journal), [`create ${LOGS} one`, `create ${LOGS} two ! ThrottlingException: Rate exceeded`]);
    const run = await stack.up(program(["one", "two"]));
    assert.deepEqual(changed(run), [`create ${LOGS} two`, `create ${TOPIC} alarms`]);
    await stack.destroy();
  });

  it("finishes a resource that was made but not ready", async () => {
    const stack = await lab.stack("unready", REGION);
    lab.cloud.addFault({ operation: "create", type: LOGS, kind: "unready", message: "" });
    const failed = await stack.tryUp(program(["one"]));
    assert.match(String(failed.error), /it did not become ready in time/);
    const [half] = stack.state().filter(({ type }) => type === LOGS);
    assert.deepEqual(half?.initErrors, ["it did not become ready in time"]);
    const run = await stack.up(program(["one"]));
    assert.deepEqual(changed(run), [`update ${LOGS} one`, `create ${TOPIC} alarms`]);
    assert.equal(stack.state().filter(({ initErrors }) => initErrors !== undefined && initErrors.length > 0).length, 0);
    await stack.destroy();
  });

  it("finds the resource in its way when the answer to a create was lost", async () => {
    const stack = await lab.stack("lost", REGION);
    lab.cloud.addFault({ operation: "create", type: LOGS, kind: "lost", message: "RequestTimeout: connection reset" });
    const failed = await stack.tryUp(program(["one"], "/shop/gateway"));
    assert.match(String(failed.error), /RequestTimeout: connection reset/);
    assert.equal(lab.cloud.all(LOGS).length, 1);
    const again = await stack.tryUp(program(["one"], "/shop/gateway"));
    assert.match(String(again.error), /ResourceAlreadyExistsException: The specified log group already exists/);
    lab.cloud.remove(LOGS, "/shop/gateway");
    await stack.up(program(["one"], "/shop/gateway"));
    await stack.destroy();
  });

  it("reports a failed delete and deletes on the next try", async () => {
    const stack = await lab.stack("delete", REGION);
    await stack.up(program(["one"]));
    lab.cloud.addFault({ operation: "delete", type: LOGS, message: "OperationAbortedException: try again" });
    assert.match(String((await stack.tryDestroy()).error), /OperationAbortedException: try again/);
    assert.deepEqual(counts(await stack.destroy()), { delete: 1 });
    assert.deepEqual(lab.cloud.everything(), []);
  });

  it("names a type it has no rule for, instead of echoing it", async () => {
    const { Fleet } = await import("@pulumi/aws/gamelift/fleet.js");
    const stack = await lab.stack("unknown", REGION);
    const run = await stack.tryUp(async () => {
      new Fleet("fleet", { ec2InstanceType: "c5.large" });
    });
    assert.match(
      String(run.error),
      /The simulator \(test equipment, not a cloud\) has no rule for the resource type "aws:gamelift\/fleet:Fleet": add one under test\/simulator\/rules\/aws/,
    );
  });

  it("refuses inputs the SDK does not have, and a provider without a region", async () => {
    const stack = await lab.stack("inputs");
    const noRegion = await stack.tryUp(program([]));
    assert.match(String(noRegion.error), /Missing region information: set aws:region in the stack's configuration/);
    const run = await stack.tryUp(
      async () => {
        // Straight to the type: the SDK's own class would not compile with a misspelt input.
        new (class extends CustomResource {})(TOPIC, "topic", { displayname: "x" });
      },
      { config: REGION },
    );
    assert.match(String(run.error), /aws:sns\/topic:Topic has no input "displayname"/);
  });
});

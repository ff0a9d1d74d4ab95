import assert from "node:assert/strict";
import { call } from "../../support/live/client.ts";
import { Lab, type LabGateway } from "./support/lab.ts";

describe("gateways side by side on this machine", function () {
  this.timeout(120_000);
  let lab: Lab;
  let one: LabGateway;
  let two: LabGateway;
  before(async () => {
    lab = await Lab.open();
    one = await lab.gateway("one");
    two = await lab.gateway("two");
    two.write();
  });
  after(() => lab.close());

  it("are brought up at the same time; a second `up` of the same stack is told to wait", async () => {
    one.write();
    const [first, other] = [one.start("up"), two.start("up")];
    await one.engineProcess();
    const refused = await one.fails("up");
    assert.deepEqual(
      [refused.code, refused.message, refused.remedy],
      [
        "locked",
        `Stack "one" is busy: process ${process.pid} is running \`gateway up -s one\` on it`,
        "wait until it has finished, or stop it",
      ],
    );
    assert.deepEqual(
      (await Promise.all([first.result, other.result])).map(({ changes }) => changes),
      [{ create: 7 }, { create: 7 }],
    );
    for (const gateway of [one, two]) assert.equal((await call(await gateway.address(), "/products")).status, 200);
  });

  it("do not take each other's ports: the second is told who has them, and the first runs on", async () => {
    const { https } = one.ports;
    const own = two.ports;
    two.ports = { ...own, https };
    two.write();
    const error = await two.fails("up");
    assert.equal(error.code, "provider");
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${https}.*envoy \\(process ${one.envoys()[0]}\\)`));
    two.ports = own;
    for (const gateway of [one, two]) assert.equal((await call(await gateway.address(), "/products")).status, 200);
  });

  it("do not take each other's folder", async () => {
    two.write({ local: { stateDirectory: one.directory } });
    const error = await two.fails("up");
    assert.equal(error.code, "provider");
    assert.match(error.message, /directory: .* belongs to another gateway, urn:pulumi:one::/);
    assert.equal((await call(await one.address(), "/products")).status, 200);
    two.write();
    await two.run("up");
    assert.equal((await call(await two.address(), "/products")).status, 200);
  });
});

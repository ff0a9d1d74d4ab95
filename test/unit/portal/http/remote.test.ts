import assert from "node:assert/strict";
import { inProcess } from "../../cli/support.ts";
import { pause, startPortal, type TestPortal, token } from "./support.ts";

describe("the command with --portal", () => {
  let portal: TestPortal;
  const before_ = process.env.GATEWAY_PORTAL_TOKEN;
  beforeEach(async () => {
    portal = await startPortal();
    process.env.GATEWAY_PORTAL_TOKEN = token(["viewer", "requester"]);
  });
  afterEach(async () => {
    await portal.close();
    if (before_ === undefined) delete process.env.GATEWAY_PORTAL_TOKEN;
    else process.env.GATEWAY_PORTAL_TOKEN = before_;
  });
  const run = (...args: string[]) => inProcess([...args, "--portal", portal.url]);
  /** Plays the operation that is started next. */
  const play = async () => {
    while (portal.service.operationsOf.size === 0) await pause(5);
    const id = [...portal.service.operationsOf.keys()][0] ?? "";
    portal.service.emit(id, { kind: "note", message: "the engine was started" });
    await pause(20);
    portal.service.end(id);
    return id;
  };

  it("plans, applies and follows an up", async () => {
    const [ran, id] = await Promise.all([run("up", "-s", "shop-dev", "--json"), play()]);
    assert.equal(ran.code, 0, ran.stderr);
    const page = `${portal.url}/operations/${id}`;
    assert.deepEqual(JSON.parse(ran.stdout), { ok: true, stack: "shop-dev", operation: id, changes: {}, page });
    assert.match(ran.stderr, /the engine was started/);
    assert.deepEqual(
      portal.service.calls.filter((call) => !/^(events|operation) /.test(call)),
      ["requestPlan shop-dev up", "apply plan-1"],
    );
  });

  it("starts what needs no plan", async () => {
    const [ran] = await Promise.all([run("preview", "-s", "other"), play()]);
    assert.deepEqual([ran.code, ran.stdout], [0, "preview of other succeeded: no resources\n"]);
  });

  it("says where a plan waits for an approval, and applies nothing", async () => {
    portal.service.planState = "waiting for approval";
    const ran = await run("up", "-s", "shop-dev");
    assert.equal(ran.code, 1);
    assert.equal(
      ran.stdout,
      `The plan waits for somebody's approval: ${portal.url}/plans/plan-1\n  weaker: authentication at /orders\nOnce it is approved, apply it there.\n`,
    );
    assert.deepEqual(portal.service.calls, ["requestPlan shop-dev up"]);
  });

  it("says what the portal refuses, in its words", async () => {
    const unknown = await run("up", "-s", "none");
    assert.deepEqual([unknown.code, unknown.stderr], [1, 'error: There is no stack "none"\nWhat to do: look at the list.\n']);
    process.env.GATEWAY_PORTAL_TOKEN = token(["viewer"]);
    const forbidden = await run("up", "-s", "shop-dev");
    assert.equal(forbidden.code, 1);
    assert.match(forbidden.stderr, /^error: This takes the role requester; viewer has viewer\.\n/);
    delete process.env.GATEWAY_PORTAL_TOKEN;
    const nobody = await run("up", "-s", "shop-dev");
    assert.deepEqual([nobody.code, nobody.stderr.split("\n")[0]], [2, "error: GATEWAY_PORTAL_TOKEN is not set"]);
  });

  it("says when there is no portal at the address", async () => {
    const nothing = await inProcess(["up", "-s", "x", "--portal", "http://127.0.0.1:1"]);
    assert.equal(nothing.code, 1);
    assert.match(nothing.stderr, /^error: The portal http:\/\/127\.0\.0\.1:1 does not answer: /);
    const nonsense = await inProcess(["up", "-s", "x", "--portal", "shop"]);
    assert.deepEqual([nonsense.code, nonsense.stderr.split("\n")[0]], [2, 'error: --portal is "shop"']);
  });
});

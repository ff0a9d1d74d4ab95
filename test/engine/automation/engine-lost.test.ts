import assert from "node:assert/strict";
import * as server from "@pulumi/pulumi/automation/server.js";
import { OperationError } from "../../../automation/errors.ts";
import { Lab } from "./support.ts";

/** What the engine asks the Automation API to run: where the engine listens, and where its monitor of resources does. */
interface RunCall {
  readonly request: { setArgsList(args: string[]): void; setMonitorAddress(address: string): void };
}
const { prototype } = (server as unknown as { LanguageServer: { prototype: { run(call: RunCall, answer: unknown): unknown } } })
  .LanguageServer;

/** Nothing listens there. */
const NOWHERE = "127.0.0.1:1";

describe("a program that loses its engine", () => {
  let lab: Lab;
  before(async () => {
    lab = await Lab.open();
  });
  after(() => lab.close());

  for (const [name, code] of [
    ["UNAVAILABLE", 14],
    ["CANCELLED", 1],
  ] as const)
    it(`does not pass for one that asks for nothing: ${name}`, async () => {
      lab.items = { a: { value: "1" }, b: { value: "1" } };
      lab.stumble = undefined;
      await lab.run("up");
      const before = lab.journal();
      lab.stumble = Object.assign(new Error(`${code} ${name}: No connection established`), { code });
      for (const kind of ["preview", "up"] as const)
        await assert.rejects(
          lab.run(kind),
          (error) => error instanceof OperationError && error.message.includes("No connection established"),
        );
      assert.deepEqual(lab.journal(), before, "nothing was deleted");
      lab.stumble = undefined;
      assert.deepEqual((await lab.run("up")).result.changes, { same: 3 });
    }).timeout(60_000);

  for (const [name, mislead] of [
    ["engine", ({ request }: RunCall) => request.setArgsList([NOWHERE])],
    ["monitor of resources", ({ request }: RunCall) => request.setMonitorAddress(NOWHERE)],
  ] as const)
    it(`deletes nothing when it never reaches the ${name}`, async () => {
      lab.items = { a: { value: "1" }, b: { value: "1" } };
      await lab.run("up");
      const before = lab.journal();
      const { run } = prototype;
      prototype.run = function (call, answer) {
        mislead(call);
        return run.call(this, call, answer);
      };
      try {
        for (const kind of ["preview", "up"] as const)
          await assert.rejects(
            lab.run(kind),
            (error) => error instanceof OperationError && error.code === "lost" && /ECONNREFUSED/.test(error.message),
          );
      } finally {
        prototype.run = run;
      }
      assert.deepEqual(lab.journal(), before);
      assert.deepEqual((await lab.run("up")).result.changes, { same: 3 });
    }).timeout(60_000);
});

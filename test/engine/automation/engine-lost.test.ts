import assert from "node:assert/strict";
import { OperationError } from "../../../automation/errors.ts";
import { Lab } from "./support.ts";

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
});

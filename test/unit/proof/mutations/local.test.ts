import assert from "node:assert/strict";
import { survivorsOf } from "../../../support/proof.ts";

describe("Mutations of plans of this machine", function () {
  this.timeout(120_000);
  it("are all noticed by a policy or a reader", async () => assert.deepEqual(await survivorsOf("local", 45), []));
});

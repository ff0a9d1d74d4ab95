import assert from "node:assert/strict";
import { survivorsOf } from "../../../support/proof.ts";

describe("Mutations of plans of Google Cloud", function () {
  this.timeout(120_000);
  it("are all noticed by a policy or a reader", async () => assert.deepEqual(await survivorsOf("gcp", 45, 3, 30), []));
});

import assert from "node:assert/strict";
import { survivorsOf } from "../../../support/proof.ts";

describe("Mutations of plans of AWS", function () {
  this.timeout(120_000);
  it("are all noticed by a policy or a reader, behind CloudFront", async () => assert.deepEqual(await survivorsOf("aws", 90, 1, 24), []));
  it("are all noticed by a policy or a reader, of an HTTP API", async () => assert.deepEqual(await survivorsOf("aws", 40, 5, 0), []));
});

import assert from "node:assert/strict";
import { readingsOf } from "../../../support/proof.ts";

describe("Documents written for Azure", function () {
  this.timeout(60_000);
  it("are read back as they were asked", async () =>
    assert.deepEqual(await readingsOf("azure"), {
      acme: [],
      "cert-manager": [],
      existing: [],
      "existing-front-door": [],
      "express-route": [],
      "front-door": [],
      mesh: [],
      "premium-v2": [],
      "self-hosted": [],
      services: [],
      "standard-v2": [],
      vpn: [],
    }));
});

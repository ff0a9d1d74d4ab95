import assert from "node:assert/strict";
import { readingsOf } from "../../../support/proof.ts";

describe("Documents written for AWS", function () {
  this.timeout(60_000);
  it("are read back as they were asked", async () =>
    assert.deepEqual(await readingsOf("aws"), {
      "cert-manager": [],
      mesh: [],
      "premises-direct-connect": [],
      "premises-verified": [],
      "premises-vpn": [],
      "private-ca": [],
      services: [],
    }));
});

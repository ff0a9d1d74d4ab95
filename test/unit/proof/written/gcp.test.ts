import assert from "node:assert/strict";
import { readingsOf } from "../../../support/proof.ts";

describe("Documents written for Google Cloud", function () {
  this.timeout(60_000);
  it("are read back as they were asked", async () =>
    assert.deepEqual(await readingsOf("gcp"), {
      authority: [],
      "cert-manager": [],
      gke: [],
      interconnect: [],
      mesh: [],
      services: [],
      vpn: [],
    }));
});

import assert from "node:assert/strict";
import { runParity } from "../../../../proof/parity/run.ts";

describe("Parity of random documents on Azure", function () {
  this.timeout(120_000);
  it("finds every promise exact, stronger or refused", async () => {
    // Seeds that the run of the report does not begin with, so that the two look at different documents.
    const { weakenings, documents } = await runParity({ from: 900_000, documents: { azure: 5 } });
    assert.deepEqual(weakenings, []);
    assert.ok(documents.azure.planned > 0);
  });

  it("finds nothing any more in documents that readers once did not understand", async () => {
    for (const from of [1796, 1827, 2964, 6843, 9743])
      assert.deepEqual((await runParity({ from, documents: { azure: 1 } })).weakenings, [], `seed ${from}`);
  });
});

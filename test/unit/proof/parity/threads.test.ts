import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { proveParity } from "../../../../proof/parity/prove.ts";
import { runParity } from "../../../../proof/parity/run.ts";

describe("A run of the parity proof on several threads", function () {
  this.timeout(120_000);
  const root = mkdtempSync(join(tmpdir(), "parity-"));
  after(() => rmSync(root, { recursive: true }));

  it("writes what one thread finds", async () => {
    assert.equal(await proveParity(root, { from: 900_100, documents: 5, clouds: 0, seconds: 100, workers: 2 }), 0);
    const alone = await runParity({ from: 900_100, documents: { local: 5 } });
    assert.deepEqual(JSON.parse(readFileSync(join(root, "docs/proof/parity.json"), "utf8")), { from: 900_100, ...alone });
    assert.match(readFileSync(join(root, "docs/proof/parity.md"), "utf8"), /\*\*local\*\*: 5 documents/);
  });
});

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browser, takePlanPages } from "../../../tools/screenshots/plan-page.ts";

describe("the plan page in a browser", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "gateway-pictures-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("is drawn light, dark and printed", async function () {
    if (browser() === undefined) {
      process.stdout.write("    skipped: there is no Chromium on this machine; CHROMIUM names one\n");
      this.skip();
    }
    const files = await takePlanPages(process.cwd(), folder, { aws: "aws-dev" });
    assert.deepEqual(
      files,
      ["light", "dark", "print"].map((kind) => join(folder, `aws-${kind}.png`)),
    );
    for (const file of files) assert.equal(readFileSync(file).subarray(1, 4).toString(), "PNG");
    assert.notDeepEqual(readFileSync(files[0] as string), readFileSync(files[1] as string));
  });
});

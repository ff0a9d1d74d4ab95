import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Cloud } from "../../../components/backends/contract.ts";
import { runParity } from "../../../proof/parity-run.ts";
import { scanReport } from "../../../proof/scans.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

/** Azure is read by the report only, which lists what its reader does not cover yet. Seeds that the run of the report does not begin with, so that the two look at different documents. */
const FROM = { aws: [900_000, 2], gcp: [900_000, 2], local: [900_000, 30] } as const satisfies Partial<
  Record<Cloud, readonly [number, number]>
>;

describe("Parity of random documents with what is rendered", function () {
  this.timeout(120_000);
  for (const cloud of ["aws", "gcp", "local"] as const) {
    const [from, documents] = FROM[cloud];
    it(`${cloud}: every promise exact, stronger or refused`, async () => {
      const { weakenings, documents: counted } = await runParity({ from, documents, clouds: documents, seconds: 100 }, [cloud]);
      assert.deepEqual(weakenings, []);
      assert.ok(counted[cloud].planned > 0);
    });
  }
});

describe("The report on checkov", () => {
  it("is the one its records give", () => {
    assert.equal(readFileSync(join(ROOT, "docs", "proof", "checkov.md"), "utf8"), scanReport(ROOT));
  });
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { scanReport } from "../../../proof/scans.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("The report on checkov", () => {
  it("is the one its records give", () => {
    assert.equal(readFileSync(join(ROOT, "docs", "proof", "checkov.md"), "utf8"), scanReport(ROOT));
  });
});

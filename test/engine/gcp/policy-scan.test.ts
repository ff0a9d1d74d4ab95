import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { ensurePythonTool } from "../../../tools/setup/python.ts";
import { terraformOf } from "../../../tools/translate/terraform/index.ts";
import { planOf } from "../../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const DOCUMENTS = ["everything", "imported-certificate", "on-premises-vpn", "client-certificates", "limits"];

/** Checks that are not kept, and why. */
const NOT_KEPT: Readonly<Record<string, string>> = {
  CKV_GCP_62: "The bucket holds Envoy's configuration, which has no secret in it and which nobody but the gateway reads.",
};

/** Every check that had something to judge. */
const EVALUATED = [
  "CKV2_GCP_38",
  "CKV2_GCP_4",
  "CKV_GCP_114",
  "CKV_GCP_117",
  "CKV_GCP_28",
  "CKV_GCP_29",
  "CKV_GCP_4",
  "CKV_GCP_41",
  "CKV_GCP_42",
  "CKV_GCP_46",
  "CKV_GCP_49",
  "CKV_GCP_62",
  "CKV_GCP_78",
];

interface Check {
  readonly check_id: string;
  readonly resource: string;
  readonly file_path: string;
}

describe("Google Cloud policy scan", function () {
  this.timeout(300_000);
  let folder = "";
  let passed: Check[] = [];
  let failed: Check[] = [];
  const inBroken = ({ file_path }: Check) => file_path.includes("broken");

  before(async () => {
    const { python } = await ensurePythonTool(ROOT, "checkov", "checkov, a scanner of deployments (300 MB)");
    folder = mkdtempSync(join(tmpdir(), "gateway-scan-"));
    for (const name of DOCUMENTS) {
      const configuration = terraformOf(await planOf("gcp", { file: join(ROOT, "test", "golden", "gcp", "in", `${name}.yaml`) }));
      write(name, JSON.stringify(configuration));
      if (name === "everything")
        write("broken", JSON.stringify(configuration).replaceAll('"RESTRICTED"', '"COMPATIBLE"').replaceAll('"enforced"', '"inherited"'));
    }
    const args = ["-m", "checkov.main", "-d", folder, "--framework", "terraform_json", "--compact", "--skip-download", "-o", "json"];
    const { stdout } = await promisify(execFile)(python, [...args, "--soft-fail"], { cwd: folder, maxBuffer: 256 * 1024 * 1024 });
    const { results } = JSON.parse(stdout) as { results: { passed_checks?: Check[]; failed_checks: Check[] } };
    failed = results.failed_checks;
    passed = results.passed_checks ?? [];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, text: string) => {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, "gateway.tf.json"), text);
  };

  it("finds no failed check but those listed with a reason, and each of these", () => {
    const ids = new Set(failed.filter((check) => !inBroken(check)).map(({ check_id }) => check_id));
    assert.deepEqual([...ids].sort(), Object.keys(NOT_KEPT).sort());
  });

  it("evaluated what it always evaluates", () => {
    const ids = new Set([...passed, ...failed].map(({ check_id }) => check_id));
    assert.deepEqual([...ids].sort(), EVALUATED);
  });

  it("finds what is weakened on purpose", () => {
    const ids = new Set(failed.filter(inBroken).map(({ check_id }) => check_id));
    assert.ok(ids.has("CKV_GCP_4") && ids.has("CKV_GCP_114"), [...ids].join(" "));
  });
});

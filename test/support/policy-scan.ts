import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { ensurePythonTool } from "../../tools/setup/python.ts";
import { checkGolden } from "./golden.ts";

const ROOT = join(import.meta.dirname, "..", "..");

/** A check that is not kept, why, and where the reason is true of some resources only, of which. */
export interface NotKept {
  readonly reason: string;
  readonly only?: RegExp;
}

export interface PolicyScan {
  readonly title: string;
  readonly framework: "terraform_json" | "arm";
  /** What a file of the framework is called. */
  readonly file: string;
  /** The recorded list of checks is in `policy-scan` below it. */
  readonly golden: string;
  /** Plans in the framework's language, by name. */
  readonly plans: () => Promise<ReadonlyMap<string, unknown>>;
  /** One of the plans, weakened on purpose. */
  readonly broken: (plans: ReadonlyMap<string, unknown>) => unknown;
  /** Checks that have to see what is weakened. */
  readonly weakened: readonly string[];
  readonly notKept: Readonly<Record<string, NotKept>>;
}

interface Check {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
  readonly file_path: string;
}

/** Tests that judge plans by checkov, a scanner that knows nothing of this project. */
export function describePolicyScan({ title, framework, file, golden, plans, broken, weakened, notKept }: PolicyScan): void {
  describe(title, function () {
    this.timeout(300_000);
    let folder = "";
    let passed: Check[] = [];
    let failed: Check[] = [];
    let found: string[] = [];

    before(async () => {
      const { python } = await ensurePythonTool(ROOT, "checkov", "checkov, a scanner of deployments (300 MB)");
      folder = mkdtempSync(join(tmpdir(), "gateway-scan-"));
      const sound = await plans();
      for (const [name, plan] of [...sound, ["broken", broken(sound)] as const]) {
        mkdirSync(join(folder, name));
        writeFileSync(join(folder, name, file), JSON.stringify(plan));
      }
      const args = [
        "-m",
        "checkov.main",
        "-d",
        folder,
        "--framework",
        framework,
        "--compact",
        "--skip-download",
        "-o",
        "json",
        "--soft-fail",
      ];
      const { stdout } = await promisify(execFile)(python, args, { cwd: folder, maxBuffer: 256 * 1024 * 1024 });
      const { results } = JSON.parse(stdout) as { results: { passed_checks?: Check[]; failed_checks: Check[] } };
      const isBroken = ({ file_path }: Check) => file_path.includes("broken");
      passed = (results.passed_checks ?? []).filter((check) => !isBroken(check));
      failed = results.failed_checks.filter((check) => !isBroken(check));
      found = results.failed_checks.filter(isBroken).map(({ check_id }) => check_id);
    });
    after(() => rmSync(folder, { recursive: true, force: true }));

    it("finds no failed check but those listed with a reason", () => {
      const unexplained = failed
        .filter(({ check_id, resource }) => {
          const known = notKept[check_id];
          return known === undefined || (known.only !== undefined && !known.only.test(resource));
        })
        .map(({ check_id, check_name, resource, file_path }) => `${check_id} ${file_path} ${resource}: ${check_name}`);
      assert.deepEqual(unexplained, []);
    });

    it("has no reason left over", () => {
      const met = new Set(failed.map(({ check_id }) => check_id));
      assert.deepEqual(
        Object.keys(notKept).filter((id) => !met.has(id)),
        [],
      );
    });

    it("finds what is weakened on purpose", () =>
      assert.deepEqual(
        weakened.filter((id) => !found.includes(id)),
        [],
      ));

    it("evaluates the checks that are on record", () =>
      checkGolden(
        {
          folder: join(golden, "policy-scan"),
          extension: "txt",
          produce: () =>
            [...new Map([...failed, ...passed].map((check) => [check.check_id, check.check_name]))]
              .sort(([a], [b]) => (a < b ? -1 : 1))
              .map(([id, name]) => `${id}  ${name}${notKept[id] ? `\n    not kept: ${notKept[id].reason}` : ""}`)
              .join("\n"),
        },
        { name: "checks", file: "", text: "" },
      ));
  });
}

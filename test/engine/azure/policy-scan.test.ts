import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { globSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { after, before, describe, it } from "mocha";
import { ensurePythonTool } from "../../../tools/setup/python.ts";
import { type ArmTemplate, armOf } from "../../../tools/translate/arm/template.ts";
import { checkGolden } from "../../support/golden.ts";
import { planOf } from "../../support/plan.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");
const GOLDEN = join(ROOT, "test", "golden", "azure");

/** Checks that are not kept, and why; `only` bounds it to the resources the reason is true of. */
const NOT_KEPT: Readonly<Record<string, { readonly reason: string; readonly only?: RegExp }>> = {
  CKV_AZURE_107: { reason: "A virtual network is the document's choice (azure.network.mode)." },
  CKV_AZURE_109: {
    reason: "API Management reads a vault behind a firewall by its system-assigned identity only, which is there too late.",
  },
  CKV_AZURE_174: { reason: "The gateway serves the public; azure.network.mode: internal closes it." },
  CKV_AZURE_189: { reason: "As CKV_AZURE_109; who reads the vault is decided by its roles." },
  CKV_AZURE_41: { reason: "Front Door and API Management compare the secret; it does not end by itself.", only: /front-door-secret/ },
};

interface Check {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
  readonly file_path: string;
}

describe("Azure policy scan", function () {
  this.timeout(300_000);
  let folder = "";
  let passed: Check[] = [];
  let failed: Check[] = [];
  const inBroken = ({ file_path }: Check) => file_path.includes("broken");

  before(async () => {
    const { python } = await ensurePythonTool(ROOT, "checkov", "checkov, a scanner of deployments (300 MB)");
    folder = mkdtempSync(join(tmpdir(), "gateway-scan-"));
    for (const name of globSync("*.yaml", { cwd: join(GOLDEN, "in") })) {
      const template = armOf(await planOf("azure", { file: join(GOLDEN, "in", name) }));
      write(name.replace(".yaml", ""), template);
      if (name === "premium-front-door.yaml") write("broken", weakened(template));
    }
    const args = ["-m", "checkov.main", "-d", folder, "--framework", "arm", "--compact", "--skip-download", "-o", "json", "--soft-fail"];
    const { stdout } = await promisify(execFile)(python, args, { cwd: folder, maxBuffer: 256 * 1024 * 1024 });
    const { results } = JSON.parse(stdout) as { results: { passed_checks?: Check[]; failed_checks: Check[] } };
    failed = results.failed_checks;
    passed = results.passed_checks ?? [];
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, template: ArmTemplate) => writeFileSync(join(folder, `${name}.json`), JSON.stringify(template));

  it("finds no failed check but those listed with a reason", () => {
    const unexplained = failed
      .filter((check) => !inBroken(check))
      .filter(({ check_id, resource }) => {
        const known = NOT_KEPT[check_id];
        return known === undefined || (known.only !== undefined && !known.only.test(resource));
      })
      .map(({ check_id, check_name, resource, file_path }) => `${check_id} ${file_path} ${resource}: ${check_name}`);
    assert.deepEqual(unexplained, []);
  });

  it("has no reason left over", () => {
    const met = new Set(failed.filter((check) => !inBroken(check)).map(({ check_id }) => check_id));
    assert.deepEqual(
      Object.keys(NOT_KEPT).filter((id) => !met.has(id)),
      [],
    );
  });

  it("finds what is weakened on purpose", () => {
    const found = new Set(failed.filter(inBroken).map(({ check_id }) => check_id));
    assert.deepEqual(
      WEAKENED.filter((id) => !found.has(id)),
      [],
    );
  });

  it("evaluates the checks that are on record", () =>
    checkGolden(
      {
        folder: join(GOLDEN, "policy-scan"),
        extension: "txt",
        produce: () => {
          const known = new Map(
            [...failed, ...passed].filter((check) => !inBroken(check)).map((check) => [check.check_id, check.check_name]),
          );
          return [...known]
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([id, name]) => `${id}  ${name}${NOT_KEPT[id] ? `\n    not kept: ${NOT_KEPT[id].reason}` : ""}`)
            .join("\n");
        },
      },
      { name: "checks", file: "", text: "" },
    ));
});

/** Old TLS, a vault that can be purged: what a scan has to see. */
const WEAKENED = ["CKV_AZURE_173", "CKV_AZURE_110"];

function weakened(template: ArmTemplate): ArmTemplate {
  const copy = JSON.parse(JSON.stringify(template)) as { resources: { type: string; properties: Record<string, unknown> }[] };
  for (const { type, properties } of copy.resources) {
    if (type === "Microsoft.ApiManagement/service")
      (properties.customProperties as Record<string, unknown>)["Microsoft.WindowsAzure.ApiManagement.Gateway.Security.Protocols.Tls10"] =
        true;
    if (type === "Microsoft.KeyVault/vaults") properties.enablePurgeProtection = false;
  }
  return copy as unknown as ArmTemplate;
}

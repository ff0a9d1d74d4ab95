import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { missingPlugins } from "../../../automation/plugins.ts";
import { openProject } from "../../../automation/project.ts";

const ROOT = join(import.meta.dirname, "..", "..", "..");

describe("providers the engine would fetch in the middle of an operation", () => {
  const folder = mkdtempSync(join(tmpdir(), "gateway-plugins-"));
  const home = join(folder, "home");
  const env = { PULUMI_HOME: home };
  before(() => writeFileSync(join(folder, "Pulumi.yaml"), "name: secure-gateway\nruntime: nodejs\n"));
  after(() => rmSync(folder, { recursive: true, force: true }));
  const namesOf = (found: ReturnType<typeof missingPlugins>) => found.map(({ name }) => name).sort();

  it("are those of the SDKs this code depends on, each with what installs it", () => {
    const found = missingPlugins(openProject(folder), ROOT, env);
    assert.deepEqual(namesOf(found), ["acme", "aws", "azure-native", "gcp", "kubernetes", "tls"]);
    const install = (name: string) => found.find((plugin) => plugin.name === name)?.install ?? "";
    assert.match(install("aws"), /^pulumi plugin install resource aws \d+\.\d+\.\d+$/);
    assert.match(
      install("acme"),
      /^pulumi plugin install resource acme \S+ --server github:\/\/api\.github\.com\/pulumiverse\/pulumi-acme$/,
    );
    assert.match(missingPlugins(openProject(folder), ROOT, {})[0]?.install ?? "", /^PULUMI_HOME='.+pulumi-home' pulumi plugin install /);
  });

  it("are not those that are there whole, or that Pulumi.yaml gives by a path", () => {
    const [aws, gcp] = ["aws", "gcp"].map((name) => missingPlugins(openProject(folder), ROOT, env).find((one) => one.name === name));
    for (const plugin of [aws, gcp]) mkdirSync(join(home, "plugins", `resource-${plugin?.name}-v${plugin?.version}`), { recursive: true });
    writeFileSync(join(home, "plugins", `resource-gcp-v${gcp?.version}.partial`), "");
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: secure-gateway\nruntime: nodejs\nplugins: { providers: [{ name: tls, path: providers/tls }] }\n",
    );
    assert.deepEqual(namesOf(missingPlugins(openProject(folder), ROOT, env)), ["acme", "azure-native", "gcp", "kubernetes"]);
  });
});
